"""Write samples of any dataset, above all frames of videos, as folders in FaceLift's layout: pixels untouched."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mouseview.formats.draft_masks import write_origins
from mouseview.formats.facelift import FILE_NAME, write_views
from mouseview.formats.files import file_names, unwritable, write_atomically
from mouseview.formats.images import write_png
from mouseview.formats.keypoints import write_keypoints
from mouseview.formats.sessions.session import read_session, session_dataset
from mouseview.formats.sessions.settings import to_json
from mouseview.jobs import Job, read_state, run_job
from mouseview.jobs.backend import Backend
from mouseview.jobs.job import Cancel, JobReport, Result, Watch
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Severity
from mouseview.model.sample import Dataset, Sample
from mouseview.model.session import Session, SessionSettings
from mouseview.workflow.open import open_path
from mouseview.workflow.output_folder import (
    SourceGuard,
    describe_sample,
    fingerprint_of,
    problem,
    source_files,
)

KIND = "extract"
LIST_FILE = "samples.txt"
MANIFEST = "extracted.json"
KEYPOINTS = "keypoints.json"
_LAYOUT = 1  # of what is written: raise it when the same sources give other files


@dataclass(frozen=True)
class Extraction:
    """Which samples and what of them.

    start, stop, stride: session frames, or places in the list of samples; None: as the session says, else all.
    offsets: camera → frames, before what the session says.  views: cameras; empty: all.  masks: as alpha.
    session: the decisions to read a session with; None: the saved ones.
    """

    stride: int | None = None
    start: int | None = None
    stop: int | None = None
    offsets: tuple[tuple[str, int], ...] = ()
    views: tuple[str, ...] = ()
    masks: bool = True
    session: SessionSettings | None = None

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        plain = {"stride": self.stride, "start": self.start, "stop": self.stop, "offsets": dict(self.offsets)}
        session = None if self.session is None else to_json(self.session)
        return {**plain, "views": list(self.views), "masks": self.masks, "session": session}


def chosen_samples(dataset: Dataset, extraction: Extraction) -> Dataset:
    """The samples that are meant. Raises ``MouseViewError`` for a range that holds none."""
    session = dataset.session
    if session is not None:
        settings = extraction.session or session.settings
        unknown = [camera for camera, _ in extraction.offsets if camera not in session.rig.names]
        _refuse_unknown(unknown, session.rig)
        settings = settings.replace(offsets={**settings.offsets, **dict(extraction.offsets)})
        chosen = session_dataset(_with_range(read_session(session.root, settings), extraction))
    elif extraction.offsets:
        raise MouseViewError(
            "offsets shift frames of videos, and these are images",
            place=str(dataset.path),
            remedy="leave --offset out",
        )
    else:
        stop = len(dataset) if extraction.stop is None else min(extraction.stop, len(dataset))
        chosen = _slice(dataset, range(max(extraction.start or 0, 0), stop, extraction.stride or 1))
    if not len(chosen):
        raise MouseViewError(
            "no sample lies in this range", place=str(dataset.path), remedy=f"there are {_all(dataset)}"
        )
    return chosen


def extract_dataset(
    path: str | Path,
    out: str | Path,
    extraction: Extraction | None = None,
    backend: Backend | None = None,
    resume: bool = False,
    watch: Watch = lambda _progress: None,
    cancelled: Cancel = lambda: False,
) -> dict[str, Any]:
    """Write the chosen samples of ``path`` to ``out``/<name>, and a list file of them.

    Returns ``out``, ``list``, ``samples`` (name, folder, frame, left_out: cameras without an image, skipped),
    ``failed`` (name, error), ``resumed`` (how many an earlier run had done) and ``notes``. Raises as ``run_job`` does,
    and ``MouseViewError`` when nothing can be opened, or ``out`` lies in the source or holds others' samples.
    """
    extraction = extraction or Extraction()
    dataset = open_path(path)
    chosen = chosen_samples(dataset, extraction)
    target = Path(out)
    SourceGuard().refuse_writing_into([dataset.path], target)
    folders = file_names(chosen.names)
    first = chosen[0]
    _refuse_unknown([name for name in extraction.views if name not in first.rig.names], first.rig)
    _refuse_foreign_samples(target, folders)
    job = Job(
        KIND,
        target,
        folders,
        partial(_open, str(path), target.absolute(), extraction),
        _needs(chosen),
        {"source": str(Path(path).absolute()), **extraction.document()},
    )
    report = run_job(job, backend, resume=resume, watch=watch, cancelled=cancelled)
    return _finish(chosen, target, report)


def _finish(chosen: Dataset, out: Path, report: JobReport) -> dict[str, Any]:
    names = dict(zip(report.job.keys, chosen.names, strict=True))
    samples = []
    for key, result, skipped in report.done:
        about = {name: result[name] for name in ("frame", "left_out")}
        samples.append({"name": names[key], "folder": str(out / key), **about, "skipped": skipped})
    failed = [problem(names[key], error) for key, error in report.failed]
    failed += [problem(p.place, p) for p in chosen.problems if p.severity is Severity.ERROR]
    done = [key for key, _, _ in report.done]
    document = {
        "out": str(out),
        "list": str(out / LIST_FILE) if done else None,
        "samples": samples,
        "failed": failed,
        "resumed": report.skipped,
        "notes": _notes(out, set(report.job.keys)),
    }
    if done:
        write_atomically(out / LIST_FILE, "".join(f"{key}\n" for key in done).encode())
        write_atomically(out / MANIFEST, json.dumps(document, indent=1).encode())
    return document


def _notes(out: Path, ours: set[str]) -> list[str]:
    if not out.is_dir():
        return []
    others = [entry.name for entry in os.scandir(out) if entry.is_dir() and entry.name not in ours]
    others = [name for name in others if (out / name / FILE_NAME).is_file()]
    if not others:
        return []
    return [f"{len(others)} more samples of an earlier run lie there; {LIST_FILE} names only those of this one"]


def _open(path: str, out: Path, extraction: Extraction, _threads: int | None) -> _Extractor:
    return _Extractor(chosen_samples(open_path(path), extraction), out, extraction)


class _Extractor:
    """The work in one process: keeps the dataset, and with it the decoders, open."""

    def __init__(self, chosen: Dataset, out: Path, extraction: Extraction) -> None:
        self._chosen, self._extraction = chosen, extraction
        self._folders = [out / name for name in file_names(chosen.names)]
        self._guard = SourceGuard()

    def __call__(self, index: int) -> _ExtractedSample:
        sample, folder = self._chosen[index], self._folders[index]
        self._guard.refuse_writing_into([*source_files(sample), *([sample.folder] if sample.folder else [])], folder)
        _refuse_unknown([name for name in self._extraction.views if name not in sample.rig.names], sample.rig)
        views = self._extraction.views or sample.rig.names
        imaged = tuple(name for name in views if sample.sources[sample.rig.names.index(name)] is not None)
        if not imaged:
            raise MouseViewError(
                "there is no image to write, only cameras",
                place=str(sample.folder or sample.rig.source or sample.name),
                remedy="open a session with its videos, or samples with their images",
            )
        left_out = [name for name in views if name not in imaged]
        described = describe_sample(sample, self._chosen.session)
        return _ExtractedSample(sample.subset(imaged), folder, self._extraction.masks, left_out, described)


@dataclass(frozen=True, eq=False)
class _ExtractedSample:
    """One sample to write. left_out: cameras without an image.  described: the whole sample, for its fingerprint."""

    sample: Sample
    folder: Path
    masks: bool
    left_out: list[str]
    described: list[Any]

    @property
    def fingerprint(self) -> str:
        about = [_LAYOUT, self.described, self.sample.rig.names, self.masks, self.left_out]
        return fingerprint_of(about, source_files(self.sample))

    def is_whole(self, result: Result) -> bool:
        files = result.get("files")
        if (result.get("frame"), result.get("left_out")) != (self.sample.frame, self.left_out):
            return False  # a journal that somebody has edited
        return isinstance(files, dict) and all(
            isinstance(name, str) and (self.folder / name).is_file() and (self.folder / name).stat().st_size == size
            for name, size in files.items()
        )

    def write(self) -> Result:
        """Cameras last: a folder that has them is whole."""
        sample = self.sample
        paths = [f"images/{name}.png" for name in file_names(sample.rig.names)]
        self._clear(paths)
        for index, (path, source) in enumerate(zip(paths, sample.sources, strict=True)):
            image = sample.image(index)
            with_alpha = self.masks and source is not None and source.has_mask
            write_png(self.folder / path, image if with_alpha else image[..., :3])
        written = [*paths, FILE_NAME]
        if sample.labels is not None:
            write_keypoints(sample.labels, sample.rig.names, self.folder / KEYPOINTS)
            written.append(KEYPOINTS)
        origins = {Path(path).name: source.origin for path, source in zip(paths, sample.sources, strict=True) if source}
        write_origins(self.folder, origins if self.masks else {})
        write_views(sample.rig, self.folder / FILE_NAME, paths, sample.name)
        sizes = {name: (self.folder / name).stat().st_size for name in written}
        return {"frame": sample.frame, "left_out": self.left_out, "files": sizes}

    def _clear(self, paths: list[str]) -> None:
        """Of what an earlier run wrote here, keep only what is overwritten anyway."""
        try:
            (self.folder / "images").mkdir(parents=True, exist_ok=True)
            for name in (FILE_NAME, KEYPOINTS):
                (self.folder / name).unlink(missing_ok=True)
            for image in (self.folder / "images").glob("*.png"):
                if f"images/{image.name}" not in paths:
                    image.unlink()
        except OSError as error:
            raise unwritable(self.folder, error) from error


def _with_range(session: Session, extraction: Extraction) -> Session:
    """The frames that are asked for, without those before the first and behind the last one that any camera has."""
    start = session.start if extraction.start is None else extraction.start
    stop = session.stop if extraction.stop is None else extraction.stop
    stride = session.stride if extraction.stride is None else extraction.stride
    spans = [view.span for view in session.views if view.span is not None]
    first, end = min((a for a, _ in spans), default=0), max((b for _, b in spans), default=0)
    skipped = max(0, first - start + stride - 1) // stride * stride
    return dataclasses.replace(session, start=start + skipped, stop=min(stop, end), stride=stride)


def _slice(dataset: Dataset, places: range) -> Dataset:
    names = tuple(dataset.names[place] for place in places)
    return dataclasses.replace(dataset, names=names, read=lambda index: dataset.read(places[index]))


def _needs(dataset: Dataset) -> tuple[Path, ...]:
    """Without which no sample can be read."""
    needed = [dataset.path]
    if dataset.session is not None:
        needed += [view.video for view in dataset.session.views if view.video is not None]
    return tuple(path.absolute() for path in needed)


def _all(dataset: Dataset) -> str:
    session = dataset.session
    if session is not None:
        return f"the frames {session.start} to {session.stop - 1}"
    return f"{len(dataset)} samples, counted from 0"


def _refuse_unknown(names: list[str], rig: Rig) -> None:
    if names:
        raise MouseViewError(
            f"no camera {', '.join(map(repr, names))} in this rig",
            place=str(rig.source or ""),
            remedy=f"the cameras are: {', '.join(rig.names)}",
        )


def _refuse_foreign_samples(out: Path, folders: tuple[str, ...]) -> None:
    """Where an extraction has written before, the samples are its own."""
    if not out.is_dir() or read_state(out) is not None:
        return
    with contextlib.suppress(StopIteration):
        taken = next(name for name in folders if (out / name / FILE_NAME).exists())
        raise MouseViewError(
            "there is a sample in this folder that was not written by an extraction",
            place=str(out / taken),
            remedy="choose another output folder: nothing of others is overwritten",
        )
