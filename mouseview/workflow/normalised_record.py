"""What a normalisation leaves beside its images: a record in each sample, and the manifest of all of them.

Both say what was made of which bytes by which recipe, and nothing of when, where or in how many runs: the same input
gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mouseview.formats.files import read_bytes
from mouseview.jobs import ItemError
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding
from mouseview.model.recipe_book import RecipeBook
from mouseview.version import __version__
from mouseview.workflow.recipe_json import book_to_json
from mouseview.workflow.source_hashes import FileHash, changed_meanwhile, hash_file

MANIFEST = "normalised.json"
RECORD = "recipe.json"
_FORMAT, _VERSION = "mouseview-normalised", 1
_MAX_RECORD_BYTES = 4 << 20


@dataclass(frozen=True)
class SampleRecord:
    """recipe: all that decided the result, as JSON.  similarity: file frame to model, None where there is none.

    sources: by path relative to the dataset.  files: by path relative to the sample's folder.
    """

    sample: str
    recipe: dict[str, Any]
    similarity: dict[str, Any] | None
    sources: Mapping[str, FileHash]
    files: Mapping[str, FileHash]

    def to_bytes(self) -> bytes:
        document = {
            "sample": self.sample,
            "program": __version__,
            "recipe": self.recipe,
            "similarity": self.similarity,
            "sources": _hashes(self.sources),
            "files": _hashes(self.files),
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode()


def read_record(folder: Path) -> tuple[SampleRecord, str] | None:
    """The record of a sample and its SHA-256; None where there is none that can be read."""
    try:
        data = read_bytes(folder / RECORD, _MAX_RECORD_BYTES)
        raw = json.loads(data)
        sources, files = (
            {str(name): FileHash(str(entry["sha256"]), int(entry["bytes"])) for name, entry in raw[key].items()}
            for key in ("sources", "files")
        )
        record = SampleRecord(str(raw["sample"]), raw["recipe"], raw["similarity"], sources, files)
    except (MouseViewError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # not whole: the sample is done again
    return record, hashlib.sha256(data).hexdigest()


def files_of(folder: Path, names: Iterable[str]) -> dict[str, FileHash]:
    """Of files that were just written, by name."""
    return {name: hash_file(folder / name) for name in sorted(names)}


def all_there(folder: Path, files: Mapping[str, FileHash]) -> bool:
    """Whether these files lie in ``folder`` with their sizes."""
    paths = [(folder / name, found.bytes) for name, found in files.items()]
    return all(path.is_file() and path.stat().st_size == size for path, size in paths)


# ---- the manifest --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failed:
    """A sample that was not written, and why."""

    name: str
    error: ItemError | MouseViewError | Finding


def manifest(
    book: RecipeBook,
    scale: float | None,
    held_out: Sequence[str] | None,
    records: Sequence[tuple[str, SampleRecord]],
    failed: Sequence[Failed],
    notes: Sequence[str],
    places: Sequence[Path],
) -> bytes:
    """``normalised.json``. records: (folder, record) in the dataset's order.

    places: folders of this machine that are cut off in messages.  Raises ``MouseViewError`` when two samples were made
    from different bytes of one file.
    """
    sources: dict[str, FileHash] = {}
    for _, record in records:
        for name, found in record.sources.items():
            if sources.setdefault(name, found) != found:
                raise changed_meanwhile(name)
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "program": __version__,
        "book": book_to_json(book),
        "scale": scale,
        "held_out": None if held_out is None else sorted(held_out),
        "samples": [_entry(folder, record) for folder, record in records],
        "failed": [_failure(entry, places) for entry in failed],
        "notes": [_without(note, places) for note in notes],
        "sources": _hashes(sources),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _entry(folder: str, record: SampleRecord) -> dict[str, Any]:
    return {
        "name": record.sample,
        "folder": folder,
        "similarity": record.similarity,
        "sources": sorted(record.sources),
        "files": _hashes(record.files),
    }


def _hashes(files: Mapping[str, FileHash]) -> dict[str, Any]:
    return {name: files[name].document() for name in sorted(files)}


def _failure(failed: Failed, places: Sequence[Path]) -> dict[str, Any]:
    error = failed.error
    told = {"message": error.message, "place": error.place, "remedy": error.remedy}
    return {"name": _without(failed.name, places), "error": {key: _without(text, places) for key, text in told.items()}}


def _without(text: str, places: Sequence[Path]) -> str:
    """Paths below ``places`` relative to them."""
    for place in sorted(map(str, places), key=len, reverse=True):
        text = re.sub(rf"(?<![\w./\\-]){re.escape(place)}[/\\]", "", text)
    return text
