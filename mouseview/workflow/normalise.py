"""Normalise a whole dataset: one folder a sample in FaceLift's layout, with its ledger. Sources are never written."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.facelift import FILE_NAME
from mouseview.formats.files import file_names, read_json, write_atomically
from mouseview.geometry.transforms import Array
from mouseview.jobs import Job, run_job
from mouseview.jobs.backend import Backend
from mouseview.jobs.job import Cancel, Result, Watch
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Severity
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Dataset, Sample
from mouseview.normalise.centres import sample_masks
from mouseview.normalise.export import write_prepared
from mouseview.normalise.prepare import plan_sample, prepare
from mouseview.resources import model_format
from mouseview.splats.threads import set_num_threads
from mouseview.version import __version__
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import fed_and_held_out, held_out_by_name, open_path
from mouseview.workflow.output_folder import (
    SourceGuard,
    backend_for,
    describe_sample,
    fingerprint_of,
    problem,
    source_files,
)

KIND = "normalise"
_MANIFEST = "normalised.json"
_RECORD = "recipe.json"
_LEDGER = "ledger.json"
_MAX_RECORD_BYTES = 1 << 20
_SAME_RIG = 1e-9  # of its camera centres, relative


@dataclass(frozen=True, eq=False)
class SessionScale:
    """The one scale of a session, for all samples that were taken by the rig with these camera centres (V, 3)."""

    scale: float
    centres: Array

    def recipe(self, recipe: Recipe, rig: Rig) -> Recipe:
        """``recipe`` with the session's scale, or as it is for a sample of another rig."""
        if self.centres.shape != (len(rig), 3) or not np.allclose(self.centres, rig.centres, rtol=_SAME_RIG, atol=0):
            return recipe
        return dataclasses.replace(recipe, scale=self.scale)


def session_scale(dataset: Dataset, recipe: Recipe) -> SessionScale | None:
    """Model distance over the mean camera distance, measured on the first sample that can be used.

    None where no sample can be used, where the recipe has its scale already, and where that sample conforms to the
    format: then nothing is scaled.
    """
    if recipe.scale is not None:
        return None
    for index in range(len(dataset)):
        try:
            sample = dataset[index]
            plan, _ = plan_sample(sample, _feeding(recipe, sample.rig), sample_masks(sample))
        except MouseViewError:
            continue  # told when its turn comes: it must not stop the others
        return None if plan.conforms else SessionScale(float(plan.similarity.scale), sample.rig.centres)
    return None


def _feeding(recipe: Recipe, rig: Rig) -> Recipe:
    """Cameras that the rig itself marks as held out decide neither centre nor scale, unless the recipe says so."""
    held_out = held_out_by_name(rig)
    if recipe.views or not held_out:
        return recipe
    return dataclasses.replace(recipe, views=fed_and_held_out(rig, held_out))


def _refuse_foreign_sample(folder: Path) -> None:
    if (folder / FILE_NAME).exists() and not (folder / _LEDGER).exists():
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


class _Normaliser:
    """The work in one process."""

    def __init__(self, path: str, out: Path, recipe: Recipe, session: SessionScale | None) -> None:
        self._dataset = open_path(path)
        self._folders = [out / name for name in file_names(self._dataset.names)]
        self._guard = SourceGuard()
        self._recipe = recipe
        self._session = session

    def __call__(self, index: int) -> _NormalisedSample:
        sample, folder = self._dataset[index], self._folders[index]
        self._guard.refuse_writing_into([*source_files(sample), *([sample.folder] if sample.folder else [])], folder)
        _refuse_foreign_sample(folder)
        recipe = self._recipe if self._session is None else self._session.recipe(self._recipe, sample.rig)
        described = describe_sample(sample, self._dataset.session)
        return _NormalisedSample(sample, folder, _feeding(recipe, sample.rig), described)


def _open(path: str, out: Path, recipe: Recipe, session: SessionScale | None, threads: int | None) -> _Normaliser:
    if threads is not None:  # a worker's share of the cores
        set_num_threads(threads)
    return _Normaliser(path, out, recipe, session)


@dataclass(frozen=True, eq=False)
class _NormalisedSample:
    """One sample to write; its record lies beside it. described: the sample, for its fingerprint."""

    sample: Sample
    folder: Path
    recipe: Recipe
    described: list[Any]

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the recipe, the program or a source file does."""
        about = [__version__, dataclasses.asdict(self.recipe), self.described]
        return fingerprint_of(about, source_files(self.sample))

    def is_whole(self, result: Result) -> bool:
        record_file = self.folder / _RECORD
        if not record_file.is_file() or not (self.folder / FILE_NAME).is_file():
            return False
        record = read_json(record_file, _MAX_RECORD_BYTES)
        expected = {"fingerprint": self.fingerprint, "similarity": result.get("similarity")}
        return isinstance(record, dict) and {key: record.get(key) for key in expected} == expected

    def write(self) -> Result:
        prepared = prepare(self.sample, self.recipe)
        write_prepared(prepared, self.folder)
        similarity = _similarity(prepared)
        record = {"fingerprint": self.fingerprint, "recipe": dataclasses.asdict(self.recipe), "similarity": similarity}
        # last: it says that the sample is whole
        write_atomically(self.folder / _RECORD, json.dumps(record, indent=1).encode())
        return {"similarity": similarity}


def normalise_dataset(
    path: str | Path,
    out: str | Path,
    recipe: Recipe,
    jobs: int = 1,
    resume: bool = False,
    watch: Watch = lambda _progress: None,
    cancelled: Cancel = lambda: False,
    backend: Backend | None = None,
) -> dict[str, Any]:
    """Normalise every sample of ``path`` into ``out``/<name>; scale once per session, centre per sample.

    jobs: processes; backend: who does it instead. Returns ``samples`` (name, ledger, similarity), ``failed`` (name,
    error), the ``similarity`` of the first sample and ``notes``. With ``resume`` samples already written from the same
    sources by the same recipe are left alone. Raises as ``run_job`` does, and ``MouseViewError`` when nothing can be
    opened or ``out`` lies inside the source.
    """
    model_format(recipe.model)  # an unknown model is said before anything is read
    dataset = open_path(path)
    target = Path(out)
    SourceGuard().refuse_writing_into([dataset.path], target)
    session = session_scale(dataset, recipe) if len(dataset) > 1 else None
    described = dataclasses.asdict(recipe)
    folders = file_names(dataset.names)
    job = Job(
        KIND,
        target,
        folders,
        partial(_open, str(path), target.absolute(), recipe, session),
        (dataset.path.absolute(),),
        {"source": str(Path(path).absolute()), "recipe": described},
    )
    report = run_job(job, backend or backend_for(jobs), resume=resume, watch=watch, cancelled=cancelled)
    names = dict(zip(folders, dataset.names, strict=True))
    written = [
        {
            "name": names[key],
            "ledger": str(target / key / _LEDGER),
            "similarity": result.get("similarity"),
            **({"skipped": True} if skipped else {}),
        }
        for key, result, skipped in report.done
    ]
    failed = [problem(names[key], error) for key, error in report.failed]
    failed += [problem(p.place, p) for p in dataset.problems if p.severity is Severity.ERROR]
    document = {
        "recipe": described,
        "scale": None if session is None else session.scale,
        "samples": written,
        "failed": failed,
        "notes": [problem(p.place, p)["error"] for p in dataset.problems if p.severity is not Severity.ERROR],
        "similarity": next((result["similarity"] for result in written if result["similarity"]), None),
    }
    if written:
        write_atomically(target / _MANIFEST, json.dumps(document, indent=1).encode())
    return document
