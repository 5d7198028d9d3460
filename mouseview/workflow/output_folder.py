"""What work that writes a folder of samples has in common: sources are never written, others' samples neither."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mouseview.formats.files import file_size
from mouseview.jobs import Cluster, InProcess, ItemError, Processes
from mouseview.jobs.backend import Backend
from mouseview.model.camera import Labels, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.finding import Finding
from mouseview.model.sample import Sample
from mouseview.model.session import Session


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
        if not file.is_dir():
            file_size(file)
        state = file.stat()
        digest.update(f"{file.absolute()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def refuse_writing_into(sources: list[Path], out: Path) -> None:
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
