"""Recipes from the command line: shown, compared, used by normalize; projects bring their own."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from mouseview.formats import open_dataset
from mouseview.model.errors import Cancelled
from mouseview.model.recipe import CentreSource, Framing, Mode, Recipe, UpSource
from mouseview.model.recipe_book import RecipeBook
from mouseview.workflow.project import Project, save_project
from mouseview.workflow.recipe_file import Home, home_of, save_recipe
from tests.cli.conftest import Cli

BOOK = RecipeBook(
    "from above",
    Recipe(
        centre=CentreSource.POINT,
        point=(0.1, 0.0, 0.05),
        model="mouse-256",
        measured=(("point", "the middle of the arena"),),
    ),
).framed_everywhere({"cam_001": Framing((2.0, 0.0), 5.0)})


@pytest.fixture
def file(tmp_path: Path, sample_folder: Path) -> Path:
    dataset = open_dataset(sample_folder)
    book = BOOK.framed(dataset.names[0], {dataset[0].rig.names[1]: Framing(roll_deg=9.0)})
    return save_recipe(book, tmp_path / "above", home_of(dataset, dataset[0].rig))


def record_of(out: Path) -> Any:
    return json.loads((out / "sample_000000" / "recipe.json").read_text("utf-8"))["recipe"]


def test_show_says_what_was_changed_and_what_it_was_made_for(cli: Cli, file: Path) -> None:
    assert cli("recipe", "show", file) == 0
    for words in ("from above", "exact-aimed for mouse-256", "point: the middle of the arena", "roll 0° → 9°",
                  "made for sample_000000: 6 cameras"):  # fmt: skip
        assert words in cli.out
    document = cli.json("recipe", "show", file)
    assert document["book"]["name"] == "from above"
    assert len(document["made_for"]["cameras"]) == 6


def test_a_project_is_shown_as_its_recipe(cli: Cli, tmp_path: Path) -> None:
    save_project(Project("x", checkpoint="mouse-256").with_book(RecipeBook("mine", Recipe(mode=Mode.RAW))),
                 tmp_path / "p.mouseview")  # fmt: skip
    document = cli.json("recipe", "show", tmp_path / "p.mouseview")
    assert (document["book"]["name"], document["made_for"]) == ("mine", None)
    assert (document["book"]["recipe"]["mode"], document["book"]["recipe"]["model"]) == ("raw", "mouse-256")


def test_diff_is_a_line_a_value_and_an_exit_code(cli: Cli, file: Path, tmp_path: Path) -> None:
    assert cli("recipe", "diff", file, file) == 0
    assert "the same" in cli.out
    other = save_recipe(BOOK.replace(recipe=BOOK.recipe.replace(mode=Mode.RAW)), tmp_path / "other",
                        Home("far", "m", ()))  # fmt: skip
    document = cli.json("recipe", "diff", file, other, code=1)
    (mode,) = [change for change in document["changes"] if change["field"] == "mode"]
    assert (mode["before"], mode["after"], mode["words"]) == ("exact-aimed", "raw", "mode exact-aimed → raw")
    assert not document["same_calibration"]
    assert cli("recipe", "diff", file, other) == 1
    assert "different calibrations" in cli.out


@pytest.mark.parametrize("words", [("recipe",), ("recipe", "show"), ("recipe", "diff", "one"), ("recipe", "burn", "x")])
def test_wrong_words_are_wrong_usage(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli(*words) == 2


def test_normalize_uses_a_recipe_file(cli: Cli, file: Path, sample_folder: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", sample_folder, "--out", tmp_path / "out", "--recipe", file)
    assert document["similarity"]["centre"] == [0.1, 0.0, 0.05]
    camera = open_dataset(sample_folder)[0].rig.names[1]
    assert record_of(tmp_path / "out")["framings"][camera]["roll_deg"] == 9.0
    assert open_dataset(tmp_path / "out")[0].image(0).shape[0] == 256  # the recipe's model
    assert document["left_out_of_recipe"] == ["no camera 'cam_001' here: framings left out"]


def test_numbers_of_another_calibration_are_left_out_unless_asked_for(
    cli: Cli, sample_folder: Path, tmp_path: Path
) -> None:
    far = Home("far", "mm", (("x", (1.0, 2.0, 3.0)), ("y", (4.0, 5.0, 6.0))))
    file = save_recipe(BOOK, tmp_path / "far", far)
    document = cli.json("normalize", sample_folder, "--out", tmp_path / "a", "--recipe", file)
    assert document["similarity"]["centre"] != [0.1, 0.0, 0.05]
    assert "another calibration" in document["left_out_of_recipe"][0]
    document = cli.json("normalize", sample_folder, "--out", tmp_path / "b", "--recipe", file, "--keep-numbers")
    assert document["similarity"]["centre"] == [0.1, 0.0, 0.05]


def test_a_recipe_file_and_options_do_not_mix(cli: Cli, file: Path, sample_folder: Path, tmp_path: Path) -> None:
    assert cli("normalize", sample_folder, "--out", tmp_path / "out", "--recipe", file, "--mode", "exact-aimed") == 2
    assert "--recipe and --mode both" in cli.err
    assert "usage:" in cli.err
    assert not (tmp_path / "out").exists()


def test_a_project_brings_its_recipe_and_held_out_views(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    names = open_dataset(sample_folder)[0].rig.names
    recipe = BOOK.recipe.replace(up=UpSource.CAMERAS, framings=((names[2], Framing(roll_deg=3.0)),))
    project = Project(str(sample_folder), held_out=names[:2]).with_book(RecipeBook("mine", recipe))
    save_project(project, tmp_path / "p.mouseview")
    cli.json("normalize", tmp_path / "p.mouseview", "--out", tmp_path / "a")
    used = record_of(tmp_path / "a")
    assert (used["views"], used["model"], used["up"]) == (list(names[2:]), "mouse-256", "cameras")
    assert used["framings"][names[2]]["roll_deg"] == 3.0
    # options say otherwise for what they name, and for that alone
    cli.json("normalize", tmp_path / "p.mouseview", "--out", tmp_path / "b", "--centre", "subject", "--up", "file")
    other = record_of(tmp_path / "b")
    assert (other["centre"], other["point"], other["up"], other["measured"]) == (None, None, "file", {})
    assert (other["views"], other["framings"]) == (used["views"], used["framings"])


def test_only_these_samples(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "few.txt"
    listed.write_text("sample_000000\n\n", encoding="utf-8")
    assert cli("normalize", sample_folder, "--out", tmp_path / "a", "--only", f"@{listed}", "--model", "mouse-256") == 0
    assert cli("normalize", sample_folder, "--out", tmp_path / "b", "--only", "nobody") == 1
    assert "no sample 'nobody'" in cli.err


def test_the_command_that_goes_on_says_all_that_was_asked(
    cli: Cli, sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed after Ctrl-C leads to the same call."""
    calls: list[tuple[Any, ...]] = []

    def stopped(path: Path, out: Path, book: RecipeBook, *, only: tuple[str, ...], resume: bool, **_: Any) -> None:
        calls.append((str(path), out, book, only, resume))
        raise Cancelled("enough")

    monkeypatch.setattr("mouseview.workflow.normalise.normalise_dataset", stopped)
    project = tmp_path / "p.mouseview"
    save_project(Project(str(sample_folder)).with_book(BOOK), project)
    words = ["normalize", project, "--out", tmp_path / "o u t", "--centre", "subject", "--up=0,0,-1", "--azimuth",
             "file", "--scale", "2.5", "--mode", "raw", "--only", "sample_000000", "--model", "mouse-256"]  # fmt: skip
    assert cli(*words) == 130
    printed = next(line for line in cli.err.splitlines() if "mouseview normalize" in line)
    assert cli(*shlex.split(printed.partition("mouseview ")[2])) == 130
    assert calls[1] == (*calls[0][:-1], True)
