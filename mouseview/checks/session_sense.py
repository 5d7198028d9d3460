"""A session's videos fit their cameras: a quick look at its first frames, which are decoded without searching."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.model.finding import Finding, Severity
from mouseview.model.session import Session
from mouseview.solve.sessions.tracks import read_tracks
from mouseview.solve.sessions.verdict import SessionVerdict, judge_session

_FRAMES, _WINDOW = 18, 4  # about a second for six full-size cameras; ``mouseview session`` looks at more
_APPLY = "run mouseview session {root} --apply, which looks at more frames"


def session_sense(session: Session) -> Iterator[Finding]:
    """Findings about the session's settings; none where its masks and keypoints cannot say. Decodes some frames."""
    if sum(view.video is not None for view in session.views) < 2:
        return
    first = range(session.start, min(session.stop, session.start + _FRAMES))
    tracks = read_tracks(session, [first] if first else [])
    if tracks.has_masks or tracks.has_keypoints:
        yield from _findings(session, judge_session(session, tracks, _WINDOW))


def _findings(session: Session, verdict: SessionVerdict) -> Iterator[Finding]:
    place, apply = str(session.root), _APPLY.format(root=session.root)
    if verdict.misfit is not None:
        yield Finding(
            "video-misfit",
            Severity.ERROR,
            f"{place}, camera {verdict.misfit.camera}",
            verdict.misfit.words,
            f"look for the calibration or the video of {verdict.misfit.camera}, or leave it out",
            verdict.misfit.camera,
        )
    assignment = verdict.assignment
    if assignment is not None and assignment.contradicts:
        camera, now, better = assignment.changes[0]
        yield Finding(
            "videos-assigned-wrongly",
            Severity.ERROR,
            place,
            assignment.words[0],
            f"give {camera} the video {better} instead of {now} in the session's settings (videos, masks), or {apply}",
            camera,
        )
    elif assignment is not None and assignment.frames and not assignment.fits:
        yield Finding(
            "videos-fit-nowhere", Severity.WARNING, place, assignment.words[0], f"run mouseview session {place}"
        )
        return  # offsets and lens drown in what is wrong besides
    if verdict.offsets is not None:
        for offset in verdict.offsets.guilty:
            yield Finding(
                "video-out-of-time",
                Severity.ERROR,
                f"{place}, camera {offset.camera}",
                next(sentence for sentence in verdict.offsets.words if sentence.startswith(f"{offset.camera} ")),
                f"add {offset.shift_frames:+d} to the offset of {offset.camera} in the session's settings, or {apply}",
                offset.camera,
            )
    if verdict.lens is not None and verdict.lens.contradicts:
        code = "undistorted-twice" if verdict.lens.undistorted else "lens-not-applied"
        wanted = "true" if verdict.lens.undistorted else "false"
        yield Finding(
            code,
            Severity.ERROR,
            place,
            verdict.lens.words[0],
            f"set undistorted to {wanted} in the session's settings, or {apply}",
        )
