"""What work that writes a folder of samples has in common: sources are never written, others' samples neither."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mouseview.formats.files import unreadable
from mouseview.jobs import Cluster, InProcess, ItemError, Processes
from mouseview.jobs.backend import Backend
from mouseview.model.camera import Labels, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding
from mouseview.model.sample import Sample
from mouseview.model.session import Session

_MOST_HOMES = 10_000


def backend_for(jobs: int, cluster: str | None = None) -> Backend:
    """jobs: processes of this machine; 1 is this process itself.  cluster: address of a Dask scheduler, instead."""
    if cluster:
        return Cluster(cluster)
    return Processes(jobs) if jobs > 1 else InProcess()


def source_files(sample: Sample) -> list[Path]:
    """Every file that the sample is read from, once."""
    files = [sample.rig.source]
    for source in sample.sources:
        files += [] if source is None else [source.path, source.mask_path]
    return list(dict.fromkeys(file for file in files if file is not None))


def describe_sample(sample: Sample, session: Session | None) -> list[Any]:
    """As JSON values, what decides a sample's cameras, pixels and labels besides the content of its files."""
    frames = None
    if session is not None and sample.frame is not None:
        frames = [session.view(name).video_frame(sample.frame) for name in sample.rig.names], session.mask_threshold
    masked = [source is not None and source.has_mask for source in sample.sources]
    return [sample.name, frames, masked, _rig_digest(sample.rig), _labels_digest(sample.labels)]


def fingerprint_of(described: Any, files: Sequence[Path]) -> str:
    """Changes when the description (JSON-able) or a file does: path, size or time. A missing file is named."""
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for file in files:
        try:
            state = file.stat()
        except OSError as error:
            raise unreadable(file, error) from error
        digest.update(f"{file.absolute()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class SourceGuard:
    """Keeps output out of what is read. Remembers where the files lie that many samples share."""

    def __init__(self) -> None:
        self._homes: dict[Path, tuple[Path, bool]] = {}

    def refuse_writing_into(self, sources: list[Path], out: Path) -> None:
        """``sources`` are files or folders; ``out`` may neither be, nor lie in, one of them or a file's folder."""
        target = out.resolve()
        above = frozenset(target.parents)
        for source in sources:
            folder, is_folder = self._home(source)
            if target == folder or (is_folder and folder in above):
                raise MouseViewError(
                    "the output folder lies inside the source",
                    place=str(out),
                    remedy="choose a folder outside the dataset: sources are never written",
                )

    def _home(self, source: Path) -> tuple[Path, bool]:
        """The folder itself or that of a file, resolved, and whether it is a folder."""
        if source not in self._homes:
            if len(self._homes) >= _MOST_HOMES:
                self._homes.clear()
            is_folder = source.is_dir()
            self._homes[source] = (source.resolve() if is_folder else source.resolve().parent), is_folder
        return self._homes[source]


def problem(name: str, error: MouseViewError | Finding | ItemError) -> dict[str, Any]:
    """An entry of ``failed``."""
    told = {"message": error.message, "place": error.place, "remedy": error.remedy}
    if isinstance(error, ItemError):
        told = error.document()
    return {"name": name, "error": told}


def _rig_digest(rig: Rig) -> str:
    digest = hashlib.sha256(json.dumps([rig.units, rig.assumptions, rig.names]).encode())
    for camera in rig:
        digest.update(repr((camera.size, str(camera.lens))).encode())
        for array in (camera.K, camera.distortion, camera.T_cam_world):
            digest.update(array.tobytes())
    return digest.hexdigest()


def _labels_digest(labels: Labels | None) -> str:
    if labels is None:
        return ""
    digest = hashlib.sha256(repr((labels.names, labels.frames)).encode())
    for array in (labels.points_world, labels.points_px):
        digest.update(b"" if array is None else array.tobytes())
    return digest.hexdigest()
