"""Normalise a whole dataset: one folder a sample in FaceLift's layout, with its ledger. Sources are never written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.facelift import FILE_NAME
from mouseview.formats.files import file_names, file_size, read_json, write_atomically
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Dataset, Sample
from mouseview.normalise.centres import sample_masks
from mouseview.normalise.export import write_prepared
from mouseview.normalise.prepare import plan_sample, prepare
from mouseview.resources import model_format
from mouseview.version import __version__
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import fed_and_held_out, held_out_by_name, open_path
from mouseview.workflow.reconstruct import Progress, no_progress

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


def _sources(sample: Sample) -> list[Path]:
    """Every file that the sample is read from."""
    files = [sample.rig.source]
    for source in sample.sources:
        files += [] if source is None else [source.path, source.mask_path]
    return [file for file in files if file is not None]


def _fingerprint(recipe: Recipe, sample: Sample) -> str:
    """Changes when the recipe, the program or a source file does: what ``resume`` trusts."""
    digest = hashlib.sha256(json.dumps([__version__, dataclasses.asdict(recipe)], sort_keys=True).encode())
    for file in _sources(sample):
        file_size(file)  # a missing file is named
        state = file.stat()
        digest.update(f"{file.absolute()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _refuse_writing_into(sources: list[Path], out: Path) -> None:
    """``sources`` are files or folders; ``out`` may neither be, nor lie in, one of them or a file's folder."""
    target = out.resolve()
    for source in sources:
        folder = source.resolve() if source.is_dir() else source.resolve().parent
        if target == folder or (folder in target.parents and source.is_dir()):
            raise MouseViewError(
                "the output folder lies inside the source",
                place=str(out),
                remedy="choose a folder outside the dataset: sources are never written",
            )


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


def _problem(name: str, problem: MouseViewError | Finding) -> dict[str, Any]:
    return {
        "name": name,
        "error": {"message": problem.message, "place": problem.place, "remedy": problem.remedy},
    }


class _Normaliser:
    """Normalises sample by sample; lives in this process or in a worker. Errors come back as values."""

    def __init__(self, path: str, out: str, recipe: Recipe, session: SessionScale | None, resume: bool) -> None:
        self._dataset = open_path(path)
        self._folders = [Path(out) / name for name in file_names(self._dataset.names)]
        self._recipe = recipe
        self._session = session
        self._resume = resume

    def __call__(self, index: int) -> dict[str, Any]:
        name = self._dataset.names[index]
        try:
            return {"name": name, **self._write(self._dataset[index], self._folders[index])}
        except MouseViewError as error:
            return _problem(name, error)

    def _write(self, sample: Sample, folder: Path) -> dict[str, Any]:
        _refuse_writing_into([*_sources(sample), *([sample.folder] if sample.folder else [])], folder)
        _refuse_foreign_sample(folder)
        recipe = self._recipe if self._session is None else self._session.recipe(self._recipe, sample.rig)
        recipe = _feeding(recipe, sample.rig)
        fingerprint = _fingerprint(recipe, sample)
        record_file = folder / _RECORD
        if self._resume and record_file.is_file() and (folder / FILE_NAME).is_file():
            record = read_json(record_file, _MAX_RECORD_BYTES)
            if isinstance(record, dict) and record.get("fingerprint") == fingerprint:
                similarity = record.get("similarity")
                return {"ledger": str(folder / _LEDGER), "similarity": similarity, "skipped": True}
        prepared = prepare(sample, recipe)
        write_prepared(prepared, folder)
        similarity = _similarity(prepared)
        record = {"fingerprint": fingerprint, "recipe": dataclasses.asdict(recipe), "similarity": similarity}
        write_atomically(record_file, json.dumps(record, indent=1).encode())  # last: it says that the sample is whole
        return {"ledger": str(folder / _LEDGER), "similarity": similarity}


def normalise_dataset(
    path: str | Path,
    out: str | Path,
    recipe: Recipe,
    jobs: int = 1,
    resume: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Normalise every sample of ``path`` into ``out``/<name>; scale once per session, centre per sample.

    Returns ``samples`` (name, ledger, similarity), ``failed`` (name, error), the ``similarity`` of the first sample
    and ``notes``. With ``resume`` samples already written from the same sources by the same recipe are left alone.
    Raises ``MouseViewError`` when nothing can be opened or ``out`` lies inside the source.
    """
    model_format(recipe.model)  # an unknown model is said before anything is read
    dataset = open_path(path)
    target = Path(out)
    _refuse_writing_into([dataset.path], target)
    session = session_scale(dataset, recipe) if len(dataset) > 1 else None
    results: list[dict[str, Any]] = []
    arguments = (str(path), str(target), recipe, session, resume)
    for result in _run(arguments, len(dataset), jobs):
        results.append(result)
        progress(len(results) / len(dataset), result["name"])
    written = [result for result in results if "error" not in result]
    failed = [result for result in results if "error" in result]
    failed += [_problem(p.place, p) for p in dataset.problems if p.severity is Severity.ERROR]
    document = {
        "recipe": dataclasses.asdict(recipe),
        "scale": None if session is None else session.scale,
        "samples": written,
        "failed": failed,
        "notes": [_problem(p.place, p)["error"] for p in dataset.problems if p.severity is not Severity.ERROR],
        "similarity": next((result["similarity"] for result in written if result["similarity"]), None),
    }
    if written:
        write_atomically(target / _MANIFEST, json.dumps(document, indent=1).encode())
    return document


_Arguments = tuple[str, str, Recipe, SessionScale | None, bool]
_in_worker: list[_Normaliser] = []


def _start_worker(*arguments: Any) -> None:
    _in_worker[:] = [_Normaliser(*arguments)]


def _work(index: int) -> dict[str, Any]:
    return _in_worker[0](index)


def _run(arguments: _Arguments, count: int, jobs: int) -> Iterator[dict[str, Any]]:
    """The results in the samples' order."""
    if jobs <= 1 or count <= 1:
        yield from map(_Normaliser(*arguments), range(count))
        return
    # spawned: a fork would copy the locks of threads (OpenCV's, a window's) that do not exist in the child
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, count), context, _start_worker, arguments) as pool:
        try:
            yield from pool.map(_work, range(count))
        except BrokenProcessPool as error:
            raise MouseViewError(
                "a process that normalised samples has died, of too little memory perhaps",
                remedy="run it again with --resume and a smaller --jobs",
            ) from error
