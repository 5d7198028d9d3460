"""Recipes as files: round trips, what git shows, differences in words, and what holds in another session."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mouseview.formats import open_dataset
from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import AzimuthSource, CentreSource, Framing, Mode, Recipe, UpSource
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.workflow.recipe_file import (
    Home,
    RecipeFile,
    diff_books,
    fitted_to,
    home_of,
    load_recipe,
    recipe_path,
    save_recipe,
)
from tests.workflow.test_project import PROJECTS

RING = Home("monday", "mm", (("a", (300.0, 0.0, 0.0)), ("b", (0.0, 300.0, 0.0)), ("c", (-300.0, 0.0, 90.0))))
BOOK = RecipeBook(
    "arena, aimed by hand",
    Recipe(
        centre=CentreSource.SESSION,
        point=(1.0, 2.0, 3.0),
        scale=0.009,
        up=UpSource.GROUND,
        up_vector=(0.0, 0.1, 1.0),
        framings=(("a", Framing((1.0, -2.0), 3.5)),),
        measured=(("point", "18 frames"), ("scale", "18 frames"), ("up_vector", "a plane")),
    ),
    (("s1", SampleChange(framings=(("a", Framing()), ("b", Framing(zoom=1.25))))),),
)


def elsewhere(shift: float = 0.0, dataset: str = "tuesday", units: str = "mm") -> Home:
    return Home(dataset, units, tuple((name, (x + shift, y, z)) for name, (x, y, z) in RING.cameras))


@given(PROJECTS.map(lambda project: project.book))
def test_what_is_saved_is_loaded(tmp_path_factory: pytest.TempPathFactory, book: RecipeBook) -> None:
    path = tmp_path_factory.mktemp("recipe") / "mine"
    for home in (None, RING):
        assert load_recipe(save_recipe(book, path, home)) == RecipeFile(book, home)
    assert diff_books(book, book) == ()


@given(PROJECTS, PROJECTS)
def test_books_without_a_difference_lead_to_the_same_results(one: Any, other: Any) -> None:
    first, second = one.book, other.book
    # a neutral framing of the dataset's recipe is none: it differs from nothing
    assume(not any(framing.is_neutral for book in (first, second) for _, framing in book.recipe.framings))
    changes = diff_books(first, second)
    assert (changes == ()) == (first == second)
    assert len(changes) == len(diff_books(second, first))
    assert all(change.before != change.after and change.words for change in changes)


def test_names_get_the_ending_of_recipes() -> None:
    assert [recipe_path(name).name for name in ("mine", "mine.json", "mine.recipe.json", "v1.2")] == [
        "mine.recipe.json",
        "mine.recipe.json",
        "mine.recipe.json",
        "v1.2.recipe.json",
    ]


def test_git_shows_one_line_a_value(tmp_path: Path) -> None:
    other = BOOK.framed_everywhere({"a": Framing((1.0, -2.0), 4.5)})
    before, after = (
        save_recipe(book, tmp_path / name, RING).read_text("utf-8").splitlines()
        for name, book in (("x", BOOK), ("y", other.replace(samples=BOOK.samples)))
    )
    assert [line for line in before if line not in after] == ['     "roll_deg": 3.5,']
    assert len(before) == len(after)
    shuffled = Home(RING.dataset, RING.units, tuple(reversed(RING.cameras)))
    assert save_recipe(BOOK, tmp_path / "z", shuffled).read_bytes() == (tmp_path / "x.recipe.json").read_bytes()


def test_differences_are_words_and_numbers() -> None:
    other = BOOK.replace(name="", recipe=BOOK.recipe.replace(mode=Mode.FORCED_K, scale=None))
    other = other.framed_everywhere({"a": Framing((1.0, -2.0), 4.5)}).framed("s2", {"b": Framing(zoom=2.0)})
    assert [change.words for change in diff_books(BOOK, other)] == [
        "name arena, aimed by hand → none",
        "mode exact-aimed → forced-k",
        "scale 0.009 → from the rig",
        "a: roll 3.5° → 4.5°",
        "s1, a: framing its own → as the recipe",
        "s1, a: aim right 0° → 1°",
        "s1, a: aim down 0° → -2°",
        "s1, a: roll 0° → 4.5°",
        "s2, b: framing as the recipe → its own",
        "s2, b: zoom 1 → 2",
    ]


def test_every_field_of_a_recipe_is_compared() -> None:
    others = {
        "mode": Mode.RAW, "model": "mouse-256", "centre": CentreSource.AXES, "point": (1.0, 2.0, 3.0), "scale": 2.0,
        "session_scale": True, "zoom": 2.0, "views": ("a", "b"), "framings": (("a", Framing(roll_deg=1.0)),),
        "up": UpSource.CAMERAS, "up_vector": (0.0, 1.0, 0.0), "azimuth": AzimuthSource.REFERENCE,
        "azimuth_camera": "a", "measured": (("scale", "a ruler"),),
    }  # fmt: skip
    assert set(others) == {field.name for field in dataclasses.fields(Recipe)}
    for field, value in others.items():
        (change,) = diff_books(RecipeBook(), RecipeBook(recipe=Recipe().replace(**{field: value})))
        assert change.words


def test_numbers_that_differ_never_look_alike() -> None:
    nearly = BOOK.replace(recipe=BOOK.recipe.replace(scale=0.009 + 1e-17))
    (change,) = diff_books(BOOK, nearly)
    before, after = change.words.removeprefix("scale ").split(" → ")
    assert before != after


# ---- documents of others -------------------------------------------------------------------------------------------


def broken(change: Any) -> Any:
    return pytest.param(change, id=str(change))


@pytest.mark.parametrize(
    "change",
    [
        broken({"format": "something"}),
        broken({"version": 2}),
        broken({"version": "1"}),
        broken({"book": None}),
        broken({"book": {"name": "no recipe"}}),
        broken({"book": {"recipe": {"mode": "exact-aimed"}}}),
        broken({"book": {"recipe": {"mode": "magic", "model": "facelift"}}}),
        broken({"book": {"recipe": {"mode": "raw", "model": "facelift", "centr": "axes"}}}),
        broken({"book": {"recipe": {"mode": "raw", "model": "facelift", "scale": 1e400}}}),
        broken({"book": {"recipe": {"mode": "raw", "model": "facelift", "framings": {"a": {"turn": 3}}}}}),
        broken({"made_for": {"dataset": "x", "units": "mm"}}),
        broken({"made_for": {"dataset": "x", "units": "mm", "cameras": {"a": [1, 2]}}}),
        broken({"more": 1}),
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = save_recipe(BOOK, tmp_path / "mine", RING)
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_recipe(path)
    assert caught.value.place == str(path)
    assert caught.value.remedy


@given(st.binary(max_size=60))
def test_any_bytes_end_in_a_message(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("recipe") / "x.recipe.json"
    path.write_bytes(data)
    with pytest.raises(FileFormatError):
        load_recipe(path)


# ---- another session -----------------------------------------------------------------------------------------------


def test_at_home_nothing_changes() -> None:
    assert fitted_to(RecipeFile(BOOK, RING), RING, ["s1"]) == (BOOK, ())


def test_another_session_of_the_same_calibration_keeps_the_numbers_but_no_samples() -> None:
    book, notes = fitted_to(RecipeFile(BOOK, RING), elsewhere(shift=0.5), ["s1"])
    assert book == BOOK.replace(samples=())
    (note,) = notes
    assert "1 single sample" in note


@pytest.mark.parametrize("home", [elsewhere(shift=50.0), elsewhere(units="m")])
def test_numbers_of_another_calibration_are_measured_again(home: Home) -> None:
    book, notes = fitted_to(RecipeFile(BOOK, RING), home, ["s1"])
    recipe = book.recipe
    assert (recipe.point, recipe.scale, recipe.up_vector, recipe.measured) == (None, None, None, ())
    assert (recipe.centre, recipe.up) == (CentreSource.SESSION, UpSource.GROUND)
    assert (recipe.mode, recipe.framings) == (BOOK.recipe.mode, BOOK.recipe.framings)
    assert len(notes) == 4
    assert fitted_to(RecipeFile(BOOK, RING), home, ["s1"], keep_numbers=True) == (BOOK, ())


def test_a_point_and_an_up_of_the_persons_own_fall_back_to_the_defaults() -> None:
    own = RecipeBook("", BOOK.recipe.replace(centre=CentreSource.POINT, up=UpSource.GIVEN))
    book, _ = fitted_to(RecipeFile(own, RING), elsewhere(shift=50.0), ())
    assert book.recipe.centre is None
    assert book.recipe.up is UpSource.FILE


def test_a_recipe_without_a_home_is_taken_at_its_word() -> None:
    book, notes = fitted_to(RecipeFile(BOOK, None), elsewhere(shift=50.0), ["s1"])
    assert book == BOOK
    assert "does not say" in notes[0]


def test_cameras_and_samples_that_are_not_there_are_left_out_and_named() -> None:
    book = BOOK.replace(recipe=BOOK.recipe.replace(azimuth=AzimuthSource.CAMERA, azimuth_camera="a"))
    home = Home(RING.dataset, RING.units, RING.cameras[1:])
    fitted, notes = fitted_to(RecipeFile(book, RING), home, ["s1", "s2"])
    assert fitted.recipe.framings == ()
    assert fitted.recipe.azimuth is AzimuthSource.FILE
    assert fitted.samples == (("s1", SampleChange(framings=(("b", Framing(zoom=1.25)),))),)
    assert all("'a'" in note for note in notes)
    fitted, notes = fitted_to(RecipeFile(book, RING), RING, ["s2"])
    assert fitted.samples == ()
    assert "'s1'" in notes[0]


def test_fed_views_that_are_not_there_are_left_out_while_two_are_left() -> None:
    book = RecipeBook("", Recipe(views=("a", "b", "x")))
    fitted, _ = fitted_to(RecipeFile(book, None), RING, ())
    assert fitted.recipe.views == ("a", "b")
    fitted, notes = fitted_to(RecipeFile(RecipeBook("", Recipe(mode=Mode.RAW, views=("a", "x"))), None), RING, ())
    assert fitted.recipe == Recipe(mode=Mode.RAW)
    assert "'x'" in notes[0]


def test_a_home_is_read_from_a_dataset(samples: Path) -> None:
    dataset = open_dataset(samples)
    home = home_of(dataset, dataset[0].rig)
    assert (home.dataset, home.units) == (samples.name, dataset[0].rig.units)
    assert dict(home.cameras)["cam3"] == pytest.approx(dataset[0].rig.centres[3])
    assert home.measures_like(home)
