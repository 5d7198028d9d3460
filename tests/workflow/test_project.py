"""Projects as files: round trips, and documents that mean harm."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import AzimuthSource, CentreSource, Framing, Mode, Recipe, UpSource
from mouseview.model.recipe_book import SampleChange
from mouseview.workflow.project import Project, from_json, load_project, save_project, to_json

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
NAMES = st.lists(st.text(max_size=8), max_size=3).map(tuple)
POINTS = st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS)
FRAMINGS = st.dictionaries(
    st.text(max_size=8),
    st.builds(Framing, st.tuples(NUMBERS, NUMBERS), NUMBERS, st.floats(1e-9, 1e9)),
    max_size=3,
).map(lambda framings: tuple(sorted(framings.items())))
RECIPES = st.builds(
    Recipe,
    mode=st.sampled_from(Mode),
    model=st.sampled_from(["facelift", "mouse-256"]),
    centre=st.none() | st.sampled_from(CentreSource),
    point=POINTS,
    scale=st.none() | st.floats(1e-9, 1e9),
    zoom=st.none() | st.floats(1e-9, 1e9),
    views=NAMES,
    framings=FRAMINGS,
    up=st.sampled_from(UpSource),
    up_vector=POINTS,
    azimuth=st.sampled_from(AzimuthSource),
    azimuth_camera=st.text(max_size=8),
)
CHANGES = st.builds(SampleChange, st.none() | st.sampled_from(CentreSource), POINTS, FRAMINGS)
PROJECTS = st.builds(
    Project,
    dataset_path=st.text(),
    recipe=RECIPES,
    held_out=NAMES,
    checkpoint=st.text(),
    sample=st.text(),
    recipe_name=st.text(max_size=8),
    samples=st.dictionaries(st.text(max_size=8), CHANGES.filter(lambda change: not change.is_empty), max_size=3).map(
        lambda changes: tuple(sorted(changes.items()))
    ),
    locked=NAMES,
)


@given(PROJECTS)
def test_what_is_written_is_read(project: Project) -> None:
    assert from_json(json.loads(json.dumps(to_json(project), allow_nan=False)), "here") == project


def test_a_file_round_trip_keeps_everything_and_no_draft(tmp_path: Path) -> None:
    project = Project("/data/mice", Recipe(mode=Mode.RAW, point=(1.0, -2.5, 3.0)), ("held",), "cp", "cpu", "s1")
    file = tmp_path / "p.mouseview"
    save_project(project, file)
    assert load_project(file) == project
    assert [path.name for path in tmp_path.iterdir()] == ["p.mouseview"]


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "projects").mkdir()
    file = tmp_path / "projects" / "p.mouseview"
    save_project(Project("mice"), file)
    monkeypatch.chdir("/")
    assert load_project(file).dataset_path == str(tmp_path / "mice")
    document = json.loads(file.read_text(encoding="utf-8")) | {"dataset_path": "mice"}  # as a person writes it
    file.write_text(json.dumps(document), encoding="utf-8")
    assert load_project(file).dataset_path == str(tmp_path / "projects" / "mice")


def document(**changes: Any) -> dict[str, Any]:
    return to_json(Project("/data")) | changes


def recipe(**changes: Any) -> dict[str, Any]:
    return document(book={"recipe": to_json(Project())["book"]["recipe"] | changes})


HOSTILE = {
    "list": [],
    "null": None,
    "text": "mouseview-project",
    "foreign": {"format": "blender"},
    "no version": {"format": "mouseview-project"},
    "newer": document(version=3),
    "text version": document(version="1"),
    "book null": document(book=None),
    "recipe list": document(book={"recipe": [["mode", "raw"], ["model", "facelift"]]}),
    "recipe null": document(book={"recipe": None}),
    "old recipe null": document(version=1, recipe=None),
    "path number": document(dataset_path=3),
    "device null": document(device=None),
    "held text": document(held_out="abc"),
    "held numbers": document(held_out=[1]),
    "mode": recipe(mode="magic"),
    "mode list": recipe(mode=["raw"]),
    "mode gone": document(book={"recipe": {"model": "facelift"}}),
    "model number": recipe(model=5),
    "centre": recipe(centre="navel"),
    "scale NaN": recipe(scale=math.nan),
    "scale inf": recipe(scale=math.inf),
    "scale zero": recipe(scale=0),
    "scale negative": recipe(scale=-1.0),
    "scale bool": recipe(scale=True),
    "scale text": recipe(scale="1"),
    "scale huge": recipe(scale=10**400),
    "zoom NaN": recipe(zoom=math.nan),
    "point short": recipe(point=[1, 2]),
    "point long": recipe(point=[1, 2, 3, 4]),
    "point text": recipe(point="123"),
    "point NaN": recipe(point=[1, 2, math.nan]),
    "point huge": recipe(point=[1, 2, 10**400]),
    "views text": recipe(views="ab"),
    "framings list": recipe(framings=[]),
    "framing number": recipe(framings={"a": 3}),
    "aim of one": recipe(framings={"a": {"aim_deg": [1]}}),
    "zoom zero": recipe(framings={"a": {"zoom": 0}}),
    "roll NaN": recipe(framings={"a": {"roll_deg": math.nan}}),
    "up": recipe(up="down"),
    "azimuth": recipe(azimuth="west"),
    "samples list": document(book={"recipe": {"mode": "raw", "model": "facelift"}, "samples": []}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_refused_with_place_and_remedy(name: str, tmp_path: Path) -> None:
    file = tmp_path / "hostile.mouseview"
    file.write_text(json.dumps(HOSTILE[name]), encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_project(file)
    assert caught.value.place == str(file)
    assert caught.value.remedy


def test_a_project_of_the_first_version_is_read() -> None:
    old = {"mode": "raw", "model": "facelift", "centre": "axes", "point": None, "scale": 2.0, "zoom": None, "views": []}
    read = from_json(document(version=1, recipe=old, book=None), "here")
    assert read.recipe == Recipe(Mode.RAW, centre=CentreSource.AXES, scale=2.0)
    assert read.samples == ()


@pytest.mark.parametrize("field", ["book", "dataset_path", "held_out", "checkpoint", "device", "sample"])
def test_a_missing_field_is_named(field: str) -> None:
    broken = document()
    del broken[field]
    with pytest.raises(FileFormatError, match=field):
        from_json(broken, "here")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner)))
def test_no_value_of_any_field_escapes_as_another_error(value: object) -> None:
    for broken in (
        document(book=value),
        recipe(framings=value),
        recipe(point=value),
        recipe(mode=value),
        document(held_out=value),
        value,
    ):
        try:
            from_json(broken, "here")
        except FileFormatError:
            continue


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.mouseview"
    with file.open("wb") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(FileFormatError, match="bytes"):
        load_project(file)


def test_truncated_json_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "cut.mouseview"
    file.write_text(json.dumps(document(), indent=1)[:-20], encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_project(file)
    assert "line" in caught.value.place
