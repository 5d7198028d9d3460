"""Recipe books as files of their own: named, compared by git line by line, and applied to other sessions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import read_json, write_atomically
from mouseview.model.camera import Rig
from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import AzimuthSource, CentreSource, Framings, Point, Recipe, UpSource
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.model.sample import Dataset
from mouseview.workflow.recipe_diff import RecipeChange, diff_books
from mouseview.workflow.recipe_json import book_from_json, book_to_json, mapping, only, point, text

SUFFIX = ".recipe.json"
_FORMAT = "mouseview-recipe"
_VERSION = 1
_MAX_BYTES = 64 << 20  # thousands of samples may have framings of their own
_SAME_PLACE = 0.01  # of the largest distance between two cameras: numbers measured with one rig serve the other
_MOST_NAMED = 6

__all__ = [
    "SUFFIX",
    "Home",
    "RecipeChange",
    "RecipeFile",
    "diff_books",
    "fitted_to",
    "home_of",
    "load_recipe",
    "recipe_path",
    "save_recipe",
]


@dataclass(frozen=True)
class Home:
    """What a book was made for, as far as its numbers depend on it.

    dataset: name of the folder or file.  units: of the rig.  cameras: (name, centre in those units), by name.
    """

    dataset: str
    units: str
    cameras: tuple[tuple[str, Point], ...]

    def measures_like(self, other: Home) -> bool:
        """The same units, and every camera that both know at the same place (two at least): one frame, one scale."""
        ours, theirs = dict(self.cameras), dict(other.cameras)
        shared = sorted(ours.keys() & theirs.keys())
        if self.units != other.units or len(shared) < 2:
            return False
        here, there = (np.array([places[name] for name in shared]) for places in (ours, theirs))
        width = float(np.max(np.linalg.norm(here[:, None] - here[None], axis=-1)))
        return bool(np.max(np.linalg.norm(here - there, axis=-1)) <= _SAME_PLACE * width)


@dataclass(frozen=True)
class RecipeFile:
    """A book and what it was made for; home: None where the file does not say, as in one that a person wrote."""

    book: RecipeBook
    home: Home | None


def home_of(dataset: Dataset, rig: Rig) -> Home:
    """rig: of the sample in view; cameras whose place is not finite say nothing."""
    places = zip(rig.names, rig.centres.tolist(), strict=True)
    cameras = sorted((name, (x, y, z)) for name, (x, y, z) in places if all(map(math.isfinite, (x, y, z))))
    return Home(dataset.path.absolute().name, rig.units, tuple(cameras))


def recipe_path(path: str | Path) -> Path:
    """``path`` with the ending of recipe files."""
    target = Path(path)
    return target if target.name.endswith(SUFFIX) else target.with_name(f"{target.name.removesuffix('.json')}{SUFFIX}")


def save_recipe(book: RecipeBook, path: str | Path, home: Home | None = None) -> Path:
    """Write a book with the ending ``.recipe.json``; returns where. Keys are sorted, every value has its own line.

    The file holds the old or the new one, never a part; raises ``FileFormatError`` as ``write_atomically`` does.
    """
    document: dict[str, Any] = {"format": _FORMAT, "version": _VERSION, "book": book_to_json(book)}
    if home is not None:
        made_for = {"dataset": home.dataset, "units": home.units, "cameras": dict(home.cameras)}
        document["made_for"] = made_for
    target = recipe_path(path)
    said = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_atomically(target, said.encode() + b"\n")
    return target


def load_recipe(path: str | Path) -> RecipeFile:
    """Read a recipe file; raises ``FileFormatError`` saying which part cannot be used, also for unknown fields."""

    def refuse(what: str) -> FileFormatError:
        return FileFormatError(what, place=str(path), remedy="correct the file, or save the recipe again")

    document = read_json(Path(path), _MAX_BYTES)
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise FileFormatError(
            "this is not a MouseView recipe",
            place=str(path),
            remedy=f"give a file that ends in {SUFFIX}, as File ▸ Recipe ▸ Save recipe… writes it",
        )
    if document.get("version") != _VERSION:
        raise FileFormatError(
            f"this recipe has version {document.get('version')!r}; this MouseView reads version {_VERSION}",
            place=str(path),
            remedy="use the MouseView that saved it, or a newer one",
        )
    try:
        only(document, ("format", "version", "book", "made_for"))
        home = None if document.get("made_for") is None else _home_from_json(document["made_for"])
        return RecipeFile(book_from_json(document["book"]), home)
    except KeyError as missing:
        raise refuse(f"the field {missing} is missing") from missing
    except (TypeError, ValueError) as wrong:
        raise refuse(f"a field has an unusable value: {wrong}") from wrong


def _home_from_json(raw: Any) -> Home:
    fields = only(mapping(raw), ("dataset", "units", "cameras"))
    cameras = sorted((text(name), point(place)) for name, place in mapping(fields["cameras"]).items())
    return Home(text(fields["dataset"]), text(fields["units"]), tuple(cameras))


# ---- another session -----------------------------------------------------------------------------------------------


def fitted_to(
    saved: RecipeFile, home: Home, samples: Sequence[str], keep_numbers: bool = False
) -> tuple[RecipeBook, tuple[str, ...]]:
    """The book for another dataset (``home``, with these sample names), and a sentence for all that was left out.

    Choices carry over: mode, model, zoom, where centre, up and azimuth come from, framings and fed views by camera
    name. Numbers measured in a world frame (points, scale, up vector) stay where that frame is the same, and changes of
    single samples where the dataset has the same name besides; a book without a home keeps both. Measured numbers that
    were left out are to be measured again: the recipe asks for ``session`` and ``ground`` without a number.
    keep_numbers: the person says that they hold here.
    """
    notes: list[str] = []
    book, cameras = saved.book, {name for name, _ in home.cameras}
    same_frame = saved.home is None or saved.home.measures_like(home)
    same_samples = saved.home is None or (same_frame and saved.home.dataset == home.dataset)
    if saved.home is None and _has_numbers(book):
        notes.append("the recipe does not say which calibration its numbers belong to: they are used as they are")
    if not (same_frame or keep_numbers):
        book = _without_numbers(book, notes)
    if not (same_samples or keep_numbers) and book.samples:
        notes.append(f"changes of {len(book.samples)} single sample(s) belong to another dataset: left out")
        book = book.replace(samples=())
    strange = sorted(book.changes.keys() - set(samples))
    if strange:
        notes.append(f"no sample {_listed(strange)} here: changes left out")
        book = book.replace(samples=tuple(entry for entry in book.samples if entry[0] not in strange))
    return _with_cameras(book, cameras, notes), tuple(notes)


def _has_numbers(book: RecipeBook) -> bool:
    recipe = book.recipe
    points = (recipe.point, recipe.scale, recipe.up_vector, *(change.point for _, change in book.samples))
    return any(value is not None for value in points)


def _without_numbers(book: RecipeBook, notes: list[str]) -> RecipeBook:
    """Without what was measured in a world frame that is not this one."""
    recipe, another = book.recipe, "belongs to another calibration"
    if recipe.point is not None:
        again = "to be measured again" if recipe.centre is CentreSource.SESSION else "the most trusted centre is taken"
        notes.append(f"the centre {_numbers(recipe.point)} {another}: {again}")
        centre = None if recipe.centre is CentreSource.POINT else recipe.centre
        recipe = recipe.replace(point=None, centre=centre)
    if recipe.scale is not None:
        again = "to be measured again" if recipe.session_scale else "computed from the rig again"
        notes.append(f"the scale {recipe.scale:.6g} {another}: {again}")
        recipe = recipe.replace(scale=None)
    if recipe.up_vector is not None:
        again = "to be measured again" if recipe.up is UpSource.GROUND else "up stays as the file has it"
        notes.append(f"the up vector {_numbers(recipe.up_vector)} {another}: {again}")
        recipe = recipe.replace(up_vector=None, up=UpSource.FILE if recipe.up is UpSource.GIVEN else recipe.up)
    gone = {name for name in ("point", "scale", "up_vector") if getattr(recipe, name) is None}
    recipe = recipe.replace(measured=tuple(entry for entry in recipe.measured if entry[0] not in gone))
    return book.replace(recipe=recipe)


def _with_cameras(book: RecipeBook, cameras: set[str], notes: list[str]) -> RecipeBook:
    """Without what names cameras that are not there."""
    strange = {name for name, _ in book.recipe.framings if name not in cameras}
    strange |= {name for _, change in book.samples for name, _ in change.framings if name not in cameras}
    if strange:
        notes.append(f"no camera {_listed(sorted(strange))} here: framings left out")

    def kept(framings: Framings) -> Framings:
        return tuple(entry for entry in framings if entry[0] in cameras)

    recipe = book.recipe.replace(framings=kept(book.recipe.framings))
    recipe = _with_fed_views(recipe, cameras, notes)
    if recipe.azimuth is AzimuthSource.CAMERA and recipe.azimuth_camera not in cameras:
        notes.append(f"no camera {recipe.azimuth_camera!r} here to turn the rig by: the file's azimuth stays")
        recipe = recipe.replace(azimuth=AzimuthSource.FILE, azimuth_camera="")
    changes: Mapping[str, SampleChange] = {
        name: SampleChange(change.centre, change.point, kept(change.framings)) for name, change in book.samples
    }
    return RecipeBook(book.name, recipe).with_changes(changes)


def _with_fed_views(recipe: Recipe, cameras: set[str], notes: list[str]) -> Recipe:
    strange = [name for name in recipe.views if name not in cameras]
    if not strange:
        return recipe
    left = tuple(name for name in recipe.views if name in cameras)
    if len(left) < 2:
        notes.append(
            f"the views that the recipe feeds are not here ({_listed(strange)}): its choice of views is left out"
        )
        return recipe.replace(views=())
    notes.append(f"no camera {_listed(strange)} here to feed: the model gets the others that the recipe names")
    return recipe.replace(views=left)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(repr, names[:_MOST_NAMED])) + more


def _numbers(values: Point) -> str:
    return f"({', '.join(f'{value:.6g}' for value in values)})"
