"""Ask a session's videos whether their settings are true, and use what the evidence supports from now on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mouseview.formats.sessions.probe import Probe, probe_all
from mouseview.formats.sessions.session import read_session
from mouseview.formats.sessions.settings import to_json
from mouseview.model.errors import MouseViewError
from mouseview.model.sample import Dataset
from mouseview.model.session import Session
from mouseview.solve.sessions.assignment import Assignment, AssignmentVerdict
from mouseview.solve.sessions.time_offsets import WINDOW, OffsetVerdict
from mouseview.solve.sessions.tracks import read_tracks, runs_of_frames
from mouseview.solve.sessions.undistorted import LensVerdict
from mouseview.solve.sessions.verdict import SessionVerdict, judge_session
from mouseview.workflow.inspect import numbers
from mouseview.workflow.session import decide

FRAMES = 120
_LEAST_RUN = 3 * WINDOW  # neighbouring frames in which shifts of the window still leave something to compare
_MOST_RUNS = 3  # early, middle and late

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class JudgedSession:
    """A session with what its evidence says. runs: (first, last) session frame of the runs that were looked at."""

    session: Session
    verdict: SessionVerdict
    runs: tuple[tuple[int, int], ...]

    @property
    def changes_settings(self) -> bool:
        return self.verdict.settings != self.session.settings


def judge(
    session: Session,
    frames: int = FRAMES,
    progress: Progress = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> JudgedSession:
    """Look at about ``frames`` session frames, early, in the middle and late. Raises ``Cancelled``."""
    runs = runs_of_frames(session, max(1, min(_MOST_RUNS, frames // _LEAST_RUN)), frames)
    tracks = read_tracks(session, runs, lambda f, what: progress(0.8 * f, what), cancelled)
    progress(0.8, "comparing cameras")
    verdict = judge_session(session, tracks)
    progress(1.0, "compared")
    return JudgedSession(session, verdict, tuple((run[0], run[-1]) for run in runs))


def judge_path(
    path: str | Path,
    format: str | None = None,
    frames: int = FRAMES,
    progress: Progress = lambda _fraction, _what: None,
) -> JudgedSession:
    """The same for the session at ``path``. Raises ``FileFormatError`` where there is none."""
    return judge(read_session(Path(path).expanduser(), format=format), frames, progress)


def use_evidence(judged: JudgedSession) -> Dataset:
    """Save the settings that the evidence supports; returns the session's frames under them."""
    if not judged.changes_settings:
        raise MouseViewError(
            "there is nothing to save: the evidence supports no other settings than those in use",
            place=str(judged.session.root),
            remedy="leave the settings as they are, or change them by hand",
        )
    return decide(judged.session, judged.verdict.settings)


def describe_judged(judged: JudgedSession) -> dict[str, Any]:
    """The document of ``mouseview session``."""
    session, verdict = judged.session, judged.verdict
    probes = probe_all([view.video for view in session.views])
    return numbers(
        {
            "path": str(session.root),
            "calibration": None if session.calibration is None else str(session.calibration),
            "frames": [session.start, session.stop, session.stride],
            "undistorted": session.undistorted,
            "assumptions": list(session.assumptions),
            "problems": [problem.message for problem in session.problems],
            "views": [_view(session, k, probe) for k, probe in enumerate(probes)],
            "looked_at": [list(run) for run in judged.runs],
            "evidence": verdict.evidence,
            "same_place": [list(group) for group in verdict.same_place],
            "misfit": None if verdict.misfit is None else verdict.misfit.camera,
            "assignment": None if verdict.assignment is None else _assignment(verdict.assignment),
            "offsets": None if verdict.offsets is None else _offsets(verdict.offsets),
            "lens": None if verdict.lens is None else _lens(verdict.lens),
            "words": list(verdict.words),
            "contradicts": verdict.contradicts,
            "settings": to_json(verdict.settings) if judged.changes_settings else None,
        }
    )


def _view(session: Session, index: int, probe: Probe | None) -> dict[str, Any]:
    view, camera = session.views[index], session.rig[index]
    known = probe if probe is not None and probe.error is None else None
    return {
        "camera": view.camera,
        "camera_size": list(camera.size),
        "video": None if view.video is None else session.relative(view.video),
        "masks": None if view.masks is None else session.relative(view.masks),
        "size": None if known is None else list(known.size),
        "fps": None if known is None or not known.fps else known.fps,
        "frame_count": view.frame_count,
        "offset_frames": view.offset_frames,
        "dropped_frames": len(view.missing),
    }


def _entry(entry: Assignment) -> dict[str, Any]:
    return {
        "videos": list(entry.videos),
        "residual_px": entry.residual_px,
        "behind_px": entry.behind_px,
        "separated": entry.separated,
    }


def _assignment(verdict: AssignmentVerdict) -> dict[str, Any]:
    return {
        "ranked": [_entry(entry) for entry in verdict.ranked],
        "declared": None if verdict.declared is None else _entry(verdict.declared),
        "cameras": [
            {
                "camera": choice.camera,
                "video": choice.video,
                "rival": choice.rival,
                "margin_px": choice.margin_px,
                "separated": choice.separated,
            }
            for choice in verdict.cameras
        ],
        "cannot_be_separated": [list(group) for group in verdict.inseparable],
        "frames": verdict.frames,
        "fits": verdict.fits,
        "contradicts": verdict.contradicts,
        "tolerance_frames": verdict.tolerance_frames,
    }


def _offsets(verdict: OffsetVerdict) -> dict[str, Any]:
    return {
        "cameras": [
            {
                "camera": offset.camera,
                "shift_frames": offset.shift_frames,
                "fraction_frames": offset.fraction_frames,
                "fits_from": offset.fits_from,
                "fits_to": offset.fits_to,
                "residual_px": offset.residual_px,
                "residual_now_px": offset.residual_now_px,
                "by_run": list(offset.by_run),
                "guilty": offset.guilty,
                "drifts": offset.drifts,
                "curve": [list(point) for point in offset.curve],
            }
            for offset in verdict.cameras
        ],
        "runs": [list(run) for run in verdict.runs],
        "window": verdict.window,
        "contradicts": verdict.contradicts,
    }


def _lens(verdict: LensVerdict) -> dict[str, Any]:
    return {
        "pixels": str(verdict.pixels),
        "lens_applied_px": verdict.raw_px,
        "lens_dropped_px": verdict.undistorted_px,
        "differ_px": verdict.differ_px,
        "differ_most_px": verdict.differ_most_px,
        "frames": verdict.frames,
        "contradicts": verdict.contradicts,
    }
