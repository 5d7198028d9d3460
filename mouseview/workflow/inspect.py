"""Read a path and say what is there: cameras in house conventions, centre candidates, findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mouseview.checks import inspect as inspect
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Camera, Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Dataset
from mouseview.normalise.centres import usable_cameras
from mouseview.workflow.open import open_path, sample_named


def numbers(values: Any) -> Any:
    """JSON-able: arrays become lists, and what is not finite becomes null (JSON has no NaN)."""
    if isinstance(values, np.ndarray):
        return numbers(values.tolist())
    if isinstance(values, (list, tuple)):
        return [numbers(value) for value in values]
    if isinstance(values, dict):
        return {key: numbers(value) for key, value in values.items()}
    if isinstance(values, (float, np.floating)):
        return float(values) if np.isfinite(values) else None
    if isinstance(values, np.integer):
        return int(values)
    if isinstance(values, np.bool_):
        return bool(values)
    return values


def describe_camera(camera: Camera, about: Any) -> dict[str, Any]:
    """One camera as the command line reports it; distance is measured to the point ``about`` (3,)."""
    return numbers(
        {
            "name": camera.name,
            "width": camera.width,
            "height": camera.height,
            "fx": camera.fx,
            "fy": camera.fy,
            "cx": camera.cx,
            "cy": camera.cy,
            "skew": camera.skew,
            "lens": str(camera.lens),
            "distortion": camera.distortion,
            "T_cam_world": camera.T_cam_world,
            "centre": camera.centre,
            "distance": float(np.linalg.norm(camera.centre - about)),
        }
    )


def describe_finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "place": finding.place,
        "camera": finding.camera,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def describe_rig(rig: Rig) -> dict[str, Any]:
    """Cameras, the optical axes' meeting point and the distances from it; nulls where the cameras cannot say.

    Cameras that are impossible are listed, and count for nothing else.
    """
    usable = usable_cameras(rig)
    meeting = None
    if len(usable) >= 2:
        meeting = meeting_point([c.centre for c in usable], [c.forward for c in usable])
    about = np.full(3, np.nan) if meeting is None else meeting.point
    distances = np.array([np.linalg.norm(camera.centre - about) for camera in usable])
    mean = float(np.mean(distances)) if meeting else np.nan
    return numbers(
        {
            "format": rig.format,
            "units": rig.units,
            "assumptions": list(rig.assumptions),
            "cameras": [describe_camera(camera, about) for camera in rig],
            "axes_point": about,
            "axes_rms": meeting.rms if meeting else np.nan,
            "axes_max": meeting.maximum if meeting else np.nan,
            "axes_reliable": bool(meeting and meeting.reliable),
            "distance_mean": mean,
            "distance_cv": float(np.std(distances) / mean) if meeting else np.nan,
        }
    )


def describe(path: str | Path, format: str | None = None, sample: str | None = None) -> dict[str, Any]:
    """The document of ``mouseview inspect``: one sample of ``path`` (the first unless named) and its findings."""
    dataset: Dataset = open_path(path, format)
    chosen = sample_named(dataset, sample)
    findings = (*dataset.problems, *inspect(chosen))
    return {
        "path": str(dataset.path),
        "sample": chosen.name,
        "samples": len(dataset),
        **describe_rig(chosen.rig),
        "findings": [describe_finding(finding) for finding in findings],
        "violated": any(finding.severity is Severity.ERROR for finding in findings),
    }
