"""Normalise a whole dataset: one folder a sample in FaceLift's layout, with its ledger. Sources are never written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import read_json, resolve_inside, write_atomically
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Dataset
from mouseview.normalise.export import write_prepared
from mouseview.normalise.prepare import prepare
from mouseview.resources import model_format
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import open_path, sample_named
from mouseview.workflow.reconstruct import Progress, no_progress

_MANIFEST = "normalised.json"
_RECIPE_FILE = "recipe.json"


def session_scale(dataset: Dataset, recipe: Recipe) -> float | None:
    """The one scale of a session: model distance over the mean camera distance, measured on its first sample.

    None where the mode has no common scale.
    """
    first = prepare(sample_named(dataset, None), recipe)
    return None if first.similarity is None else float(first.similarity.scale)


def _fingerprint(recipe: Recipe, sample_folder: Path | None) -> str:
    """Changes when the recipe or a source file does: what ``--resume`` trusts."""
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(recipe), sort_keys=True).encode())
    if sample_folder is not None and sample_folder.is_dir():
        for file in sorted(path for path in sample_folder.rglob("*") if path.is_file()):
            state = file.stat()
            digest.update(f"{file.relative_to(sample_folder)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _failed(problem: MouseViewError | Finding, name: str = "") -> dict[str, Any]:
    told = {"message": problem.message, "place": problem.place, "remedy": problem.remedy}
    return {"name": name or problem.place, "error": told}


def _normalise_one(path: str, index: int, out: str, recipe: Recipe, resume: bool) -> dict[str, Any]:
    """Runs in a process of its own; errors travel back as values."""
    name = f"#{index}"
    try:
        dataset = open_path(path)
        name = dataset.names[index]
        sample = dataset[index]
        folder = resolve_inside(Path(out), name)
        fingerprint = _fingerprint(recipe, sample.folder)
        done = folder / _RECIPE_FILE
        if resume and done.is_file() and read_json(done, 1 << 20).get("fingerprint") == fingerprint:
            return {"name": name, "ledger": str(folder / "ledger.json"), "skipped": True}
        prepared = prepare(sample, recipe)
        write_prepared(prepared, folder)
        record = {"fingerprint": fingerprint, "recipe": dataclasses.asdict(recipe)}
        write_atomically(done, json.dumps(record, indent=1).encode())  # last: it says that the sample is whole
    except MouseViewError as error:
        return _failed(error, name)
    similarity = prepared.similarity
    return {
        "name": name,
        "ledger": str(folder / "ledger.json"),
        "similarity": None
        if similarity is None
        else numbers({"scale": float(similarity.scale), "rotation": similarity.R, "centre": similarity.centre}),
    }


def _refuse_writing_into(source: Path, out: Path) -> None:
    folder = source.resolve() if source.is_dir() else source.resolve().parent
    target = out.resolve()
    if target == folder or (folder in target.parents and source.is_dir()):
        raise MouseViewError(
            "the output folder lies inside the source",
            place=str(out),
            remedy="choose a folder outside the dataset: sources are never written",
        )


def normalise_dataset(
    path: str | Path,
    out: str | Path,
    recipe: Recipe,
    jobs: int = 1,
    resume: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Normalise every sample of ``path`` into ``out``/<name>; scale once per session, centre per sample.

    Returns ``samples`` (name, ledger), ``failed`` (name, error) and the ``similarity`` of the first sample. With
    ``resume`` samples already written from the same sources by the same recipe are left alone. Raises
    ``MouseViewError`` when nothing can be opened or ``out`` lies inside the source.
    """
    model_format(recipe.model)  # an unknown model is said before anything is read
    dataset = open_path(path)
    target = Path(out)
    _refuse_writing_into(dataset.path, target)
    fixed = recipe
    if recipe.scale is None and len(dataset) > 1:
        fixed = dataclasses.replace(recipe, scale=session_scale(dataset, recipe))
    results: list[dict[str, Any]] = []
    arguments = [(str(path), index, str(target), fixed, resume) for index in range(len(dataset))]
    for result in _run(arguments, jobs):
        results.append(result)
        progress(len(results) / len(dataset), result["name"])
    written = [result for result in results if "error" not in result]
    document = {
        "recipe": dataclasses.asdict(fixed),
        "samples": written,
        "failed": [result for result in results if "error" in result]
        + [
            {"name": p.place, "error": {"message": p.message, "place": p.place, "remedy": p.remedy}}
            for p in dataset.problems
        ],
        "similarity": next((result["similarity"] for result in written if result.get("similarity")), None),
    }
    if written:
        write_atomically(target / _MANIFEST, json.dumps(document, indent=1, default=np.ndarray.tolist).encode())
    return document


def _run(arguments: list[tuple[str, int, str, Recipe, bool]], jobs: int) -> Iterator[dict[str, Any]]:
    if jobs <= 1 or len(arguments) <= 1:
        yield from (_normalise_one(*argument) for argument in arguments)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_normalise_one, *zip(*arguments, strict=True))
