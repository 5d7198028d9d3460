"""One sample of a dataset, normalised into a folder of its own: the work that every process of the job does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from mouseview.formats.facelift import FILE_NAME
from mouseview.formats.files import file_names, unwritable, write_atomically
from mouseview.jobs.job import Result
from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Recipe
from mouseview.model.recipe_book import RecipeBook
from mouseview.model.sample import Sample
from mouseview.normalise.export import LEDGER, write_prepared
from mouseview.normalise.prepare import prepare
from mouseview.splats.threads import set_num_threads
from mouseview.version import __version__
from mouseview.workflow.inspect import numbers
from mouseview.workflow.normalised_record import RECORD, SampleRecord, all_there, files_of, read_record
from mouseview.workflow.open import open_path
from mouseview.workflow.output_folder import SourceGuard, describe_sample, fingerprint_of, source_files
from mouseview.workflow.recipe_json import recipe_to_json
from mouseview.workflow.session_scale import SessionScale, feeding
from mouseview.workflow.source_hashes import FileHash, SourceHashes, Stamp, changed_meanwhile, source_root

_IMAGE = re.compile(r"cam_\d{3,}\.png")


@dataclass(frozen=True, eq=False)
class Normalisation:
    """What every process has to know.

    path: to open.  chosen: places of the samples in the dataset.  held_out: None: as the rig marks them.  videos:
    hashes of files too large to be read in every process.
    """

    path: str
    out: Path
    chosen: tuple[int, ...]
    book: RecipeBook
    held_out: tuple[str, ...] | None
    session: SessionScale | None
    videos: dict[str, tuple[Stamp, FileHash]]

    def recipe(self, sample: Sample) -> Recipe:
        """All that decides this sample's result."""
        recipe = feeding(self.book.for_sample(sample.name), sample.rig, self.held_out)
        return recipe if self.session is None else self.session.recipe(recipe, sample.rig)


def open_normaliser(asked: Normalisation, threads: int | None) -> Normaliser:
    """threads: a worker's share of the cores; None: all."""
    if threads is not None:
        set_num_threads(threads)
    return Normaliser(asked)


class Normaliser:
    """The work in one process: from a place among the chosen samples to the sample."""

    def __init__(self, asked: Normalisation) -> None:
        self._asked = asked
        self._dataset = open_path(asked.path)
        self._folders = [asked.out / name for name in file_names(self._dataset.names)]
        self._guard = SourceGuard()
        self._root = source_root(self._dataset)
        self._hashes = SourceHashes(self._root, asked.videos)

    def __call__(self, place: int) -> NormalisedSample:
        index = self._asked.chosen[place]
        sample, folder = self._dataset[index], self._folders[index]
        self._guard.refuse_writing_into([*source_files(sample), *([sample.folder] if sample.folder else [])], folder)
        _refuse_foreign_sample(folder)
        described = describe_sample(sample, self._dataset.session)
        return NormalisedSample(sample, folder, self._asked.recipe(sample), described, self._root, self._hashes)


@dataclass(frozen=True, eq=False)
class NormalisedSample:
    """One sample to write; its record lies beside it. described: the sample, for its fingerprint."""

    sample: Sample
    folder: Path
    recipe: Recipe
    described: list[Any]
    root: Path
    hashes: SourceHashes

    @cached_property
    def _sources(self) -> list[Path]:
        return source_files(self.sample)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the recipe or the program does, or what the sample is made of; not with its files' content."""
        names = [self.hashes.name(path) for path in self._sources]
        return fingerprint_of([__version__, recipe_to_json(self.recipe), self.described, names], ())

    def is_whole(self, result: Result) -> bool:
        """The record is the one that was written, its files are there, and the sources have the bytes that it names.

        Sources whose size and times (also that of their i-node) are as they were are not read again.
        """
        found = read_record(self.folder)
        if found is None or found[1] != result.get("record"):
            return False
        record = found[0]
        if not all_there(self.folder, record.files):
            return False
        if self.hashes.stamp(self._sources) == result.get("stamp"):
            return True
        return self.hashes.of(self._sources) == record.sources

    def write(self) -> Result:
        stamp = self.hashes.stamp(self._sources)
        prepared = prepare(self.sample, self.recipe)
        self._clear(len(prepared.images))
        written = write_prepared(prepared, self.folder, self.root)
        sources = self.hashes.of(self._sources)
        if self.hashes.stamp(self._sources) != stamp:
            raise changed_meanwhile(self.sample.folder or self._sources[0])
        recipe, similarity = numbers(recipe_to_json(self.recipe)), _similarity(prepared)
        record = SampleRecord(self.sample.name, recipe, similarity, sources, files_of(self.folder, written))
        # last: it says that the sample is whole
        data = record.to_bytes()
        write_atomically(self.folder / RECORD, data)
        return {"record": sha256(data).hexdigest(), "stamp": stamp}

    def _clear(self, views: int) -> None:
        """Of what an earlier run wrote here, keep only what is overwritten anyway: the record, which speaks for all of
        it, goes first.
        """
        try:
            (self.folder / RECORD).unlink(missing_ok=True)
            for image in (self.folder / "images").glob("*.png"):
                if _IMAGE.fullmatch(image.name) and int(image.stem[4:]) >= views:
                    image.unlink()
        except OSError as error:
            raise unwritable(self.folder, error) from error


def _refuse_foreign_sample(folder: Path) -> None:
    if (folder / FILE_NAME).exists() and not (folder / LEDGER).exists():
        raise MouseViewError(
            "there is a sample in this folder that was not written by a normalisation",
            place=str(folder),
            remedy="choose another output folder: nothing of others is overwritten",
        )


def _similarity(prepared: Prepared) -> dict[str, Any] | None:
    found = prepared.similarity
    if found is None:
        return None
    described: dict[str, Any] = numbers(
        {"scale": float(found.scale), "rotation": found.R, "centre": prepared.centre.point}
    )
    return described
