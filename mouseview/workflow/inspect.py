"""Read a path and say what is there: cameras in house conventions, centre candidates, findings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.checks import CHECKS
from mouseview.checks import inspect as inspect
from mouseview.checks.evidence import Evidence
from mouseview.checks.registry import of_videos
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Camera, Rig
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import Dataset
from mouseview.normalise.centres import usable_cameras
from mouseview.resources import model_format
from mouseview.workflow.coverage import Question, coverage, declared, modes_by_truth
from mouseview.workflow.open import open_path, sample_named

_MODEL = "facelift"  # whose format cameras are held against
_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.INFO)


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
    evidence = Evidence.of_sample(chosen, model_format(_MODEL))
    found = worst_first((*dataset.problems, *of_videos(dataset), *findings_of(evidence)))
    verdict = declared(evidence, found)
    return {
        "path": str(dataset.path),
        "sample": chosen.name,
        "place": evidence.place,
        "samples": len(dataset),
        "session": describe_session(dataset),
        **describe_rig(chosen.rig),
        "declared": {
            "truth": None if verdict.truth is None else str(verdict.truth),
            "words": verdict.words,
            "against": list(verdict.by),
            "in_format": verdict.in_format,
            "format": verdict.format,
        },
        "modes": modes_by_truth(),
        "checked": [_describe_question(question) for question in coverage(evidence)],
        "findings": [describe_finding(finding) for finding in found],
        "violated": any(finding.severity is Severity.ERROR for finding in found),
    }


def findings_of(evidence: Evidence) -> list[Finding]:
    """Of evidence that is gathered already, in the order of the checks."""
    return [finding for check in CHECKS for finding in check(evidence)]


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: _GRAVITY.index(finding.severity)))


def describe_session(dataset: Dataset) -> dict[str, Any] | None:
    """What a dataset of videos is made of; None for images."""
    session = dataset.session
    if session is None:
        return None
    return {
        "root": str(session.root),
        "first_frame": session.start,
        "stop_frame": session.stop,
        "stride": session.stride,
        "undistorted": session.undistorted,
        "views": [
            {
                "camera": view.camera,
                "video": None if view.video is None else str(view.video),
                "masks": None if view.masks is None else str(view.masks),
                "offset_frames": view.offset_frames,
            }
            for view in session.views
        ],
    }


def _describe_question(question: Question) -> dict[str, Any]:
    return {"asked": question.asked, "checked": question.checked, "how": question.how}
