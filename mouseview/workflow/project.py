"""Project: what a user chose for a dataset, as an immutable value and as a file that is never half written."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mouseview.formats.files import read_json, write_atomically
from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import Recipe
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.workflow.recipe_json import book_from_json, book_to_json, text, texts

SUFFIX = ".mouseview"
_FORMAT = "mouseview-project"
_VERSION = 2
_MAX_BYTES = 64 << 20  # thousands of samples may have framings of their own


@dataclass(frozen=True)
class Project:
    """dataset_path: what was opened.  sample: name of the one in view.  held_out: camera names never fed to the model.

    recipe: of the whole dataset; recipe_name: a person's word for it; samples: what single samples have of their own
    (see ``book``).  locked: cameras whose framing stays as it is whatever is applied.  checkpoint: file, folder or
    name.  device: ``auto``, ``cpu`` or ``cuda``.
    """

    dataset_path: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    held_out: tuple[str, ...] = ()
    checkpoint: str = "mouse-256"
    device: str = "auto"
    sample: str = ""
    recipe_name: str = ""
    samples: tuple[tuple[str, SampleChange], ...] = ()
    locked: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Project:
        return dataclasses.replace(self, **changes)

    @cached_property
    def book(self) -> RecipeBook:
        """How every sample of the dataset is normalised."""
        return RecipeBook(self.recipe_name, self.recipe, self.samples)

    def with_book(self, book: RecipeBook) -> Project:
        return self.replace(recipe_name=book.name, recipe=book.recipe, samples=book.samples)

    def recipe_for(self, sample: str) -> Recipe:
        return self.book.for_sample(sample)


def to_json(project: Project) -> dict[str, Any]:
    """The project as the document that is written."""
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "dataset_path": project.dataset_path,
        "book": book_to_json(project.book),
        "locked": project.locked,
        "held_out": project.held_out,
        "checkpoint": project.checkpoint,
        "device": project.device,
        "sample": project.sample,
    }


def from_json(document: Any, place: str) -> Project:
    """A project from a parsed document; raises ``FileFormatError`` naming the field that cannot be used.

    Version 1 held one recipe for all samples.
    """

    def refuse(what: str) -> FileFormatError:
        return FileFormatError(what, place=place, remedy="open the dataset itself instead, and save a new project")

    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise refuse("this is not a MouseView project")
    version = document.get("version")
    if version not in (1, _VERSION):
        raise FileFormatError(
            f"this project has version {version!r}; this MouseView reads versions 1 to {_VERSION}",
            place=place,
            remedy="open it with the MouseView that saved it, or a newer one",
        )
    try:
        book = book_from_json({"recipe": document["recipe"]} if version == 1 else document["book"])
        return Project(
            dataset_path=text(document["dataset_path"]),
            locked=texts(document.get("locked", ())),
            held_out=texts(document["held_out"]),
            checkpoint=text(document["checkpoint"]),
            device=text(document["device"]),
            sample=text(document["sample"]),
        ).with_book(book)
    except KeyError as missing:
        raise refuse(f"the field {missing} is missing") from missing
    except (TypeError, ValueError) as wrong:
        raise refuse(f"a field has an unusable value: {wrong}") from wrong


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
