"""Project: what a user chose for a dataset, as an immutable value and as a file that is never half written."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from mouseview.formats.files import read_json, write_atomically
from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import CentreSource, Mode, Recipe

SUFFIX = ".mouseview"
_FORMAT = "mouseview-project"
_VERSION = 1
_MAX_BYTES = 4 << 20
_LARGEST = 1e30


@dataclass(frozen=True)
class Project:
    """dataset_path: what was opened.  sample: name of the one in view.  held_out: camera names never fed to the model.

    checkpoint: file, folder or name.  device: ``auto``, ``cpu`` or ``cuda``.
    """

    dataset_path: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    held_out: tuple[str, ...] = ()
    checkpoint: str = "mouse-256"
    device: str = "auto"
    sample: str = ""

    def replace(self, **changes: Any) -> Project:
        return dataclasses.replace(self, **changes)


def to_json(project: Project) -> dict[str, Any]:
    """The project as the document that is written."""
    return {"format": _FORMAT, "version": _VERSION, **dataclasses.asdict(project)}


def from_json(document: Any, place: str) -> Project:
    """A project from a parsed document; raises ``FileFormatError`` naming the field that cannot be used."""

    def refuse(what: str) -> FileFormatError:
        return FileFormatError(what, place=place, remedy="open the dataset itself instead, and save a new project")

    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise refuse("this is not a MouseView project")
    if document.get("version") != _VERSION:
        raise FileFormatError(
            f"this project has version {document.get('version')!r}; this MouseView reads version {_VERSION}",
            place=place,
            remedy="open it with the MouseView that saved it, or a newer one",
        )
    try:
        raw = document["recipe"]
        if not isinstance(raw, dict):
            raise TypeError(f"a recipe expected, found {type(raw).__name__}")
        point = raw.get("point")
        recipe = Recipe(
            mode=Mode(raw["mode"]),
            model=_text(raw["model"]),
            centre=None if raw.get("centre") is None else CentreSource(raw["centre"]),
            point=None if point is None else _point(point),
            scale=None if raw.get("scale") is None else _positive(raw["scale"]),
            zoom=None if raw.get("zoom") is None else _positive(raw["zoom"]),
            views=_texts(raw.get("views", ())),
        )
        return Project(
            dataset_path=_text(document["dataset_path"]),
            recipe=recipe,
            held_out=_texts(document["held_out"]),
            checkpoint=_text(document["checkpoint"]),
            device=_text(document["device"]),
            sample=_text(document["sample"]),
        )
    except KeyError as missing:
        raise refuse(f"the field {missing} is missing") from missing
    except (TypeError, ValueError) as wrong:
        raise refuse(f"a field has an unusable value: {wrong}") from wrong


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, found {type(value).__name__}")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"a list of texts expected, found {type(values).__name__}")
    return tuple(_text(value) for value in values)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a number expected, found {type(value).__name__}")
    if not abs(value) < _LARGEST:  # NaN, infinity, and whole numbers that no float holds
        raise ValueError("a finite number expected")
    return float(value)


def _positive(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError(f"a positive number expected, found {number}")
    return number


def _point(value: Any) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise TypeError("three coordinates of the centre expected")
    return _number(value[0]), _number(value[1]), _number(value[2])


def save_project(project: Project, path: str | Path) -> None:
    """Write the project, its dataset as an absolute path; the file holds the old or the new one, never a part."""
    if project.dataset_path:
        project = project.replace(dataset_path=os.path.abspath(os.path.expanduser(project.dataset_path)))
    write_atomically(Path(path), json.dumps(to_json(project), indent=1).encode())


def load_project(path: str | Path) -> Project:
    """Read a project file; raises ``FileFormatError`` saying which part cannot be used.

    A relative path of the dataset, as a person may write it, counts from the project's folder.
    """
    project = from_json(read_json(Path(path), _MAX_BYTES), str(path))
    if not project.dataset_path:
        return project
    return project.replace(dataset_path=str(Path(path).absolute().parent / Path(project.dataset_path).expanduser()))


def autosave_path() -> Path:
    """Where the running program keeps its unsaved project, in the user's own state folder."""
    return Path(platformdirs.user_state_dir("mouseview", appauthor=False)) / f"autosave{SUFFIX}"
