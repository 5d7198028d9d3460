"""What the evidence says of a session: which video is whose, who is early or late, whether the lens is in the pixels.

A camera that fits nowhere is left out first, where the others agree without it. The three questions spoil each other,
so they are asked in turn: videos first (where nothing fits, time shifts between them are allowed for), then the
offsets of the videos as they belong, then the lens with the offsets mended. What the evidence supports becomes
``SessionVerdict.settings``; nothing is saved here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.model.camera import Camera
from mouseview.model.session import Session, SessionSettings
from mouseview.solve.sessions.assignment import AssignmentVerdict, fitting_px, rank_assignments
from mouseview.solve.sessions.pairs import own_pair_px, reach_of, shifted_rows
from mouseview.solve.sessions.time_offsets import WINDOW, OffsetVerdict, time_offsets
from mouseview.solve.sessions.track import Track
from mouseview.solve.sessions.tracks import SessionTracks, joined
from mouseview.solve.sessions.undistorted import LensVerdict, Pixels, ask_undistorted

_ASSIGNMENT_FRAMES, _LENS_FRAMES = 16, 32
_ENOUGH = 3  # cameras that have to agree to name another one
_SAME_PLACE = 1e-3  # of the rig's size: cameras nearer to each other are one place


@dataclass(frozen=True)
class Misfit:
    """A camera without which the others agree.  with_px, without_px: mean contradiction of all pairs and of the pairs
    without it."""

    camera: str
    with_px: float
    without_px: float

    @property
    def words(self) -> str:
        return (
            f"{self.camera} fits no video: {self.with_px:.1f} px with it, {self.without_px:.1f} px without; its "
            "calibration or its video is not this session's"
        )


@dataclass(frozen=True, eq=False)
class SessionVerdict:
    """cameras: those that were asked.  misfit: the one that fits nothing; the answers are then those of the others.
    assignment, offsets, lens: the three answers; None where the session has too few videos.  same_place: groups of
    cameras that the calibration puts into one place, which nobody does.  evidence: ``"masks"`` (``"drafts of masks"``
    where some are), ``"keypoints"``, both joined by "and", or ``"nothing"``.  unreadable: frames that could not be
    decoded.  settings: the present ones with what the evidence supports."""

    cameras: tuple[str, ...]
    misfit: Misfit | None
    assignment: AssignmentVerdict | None
    offsets: OffsetVerdict | None
    lens: LensVerdict | None
    same_place: tuple[tuple[str, ...], ...]
    evidence: str
    unreadable: int
    settings: SessionSettings

    @property
    def contradicts(self) -> bool:
        """The present settings, or the calibration, cannot be true."""
        answers = (self.assignment, self.offsets, self.lens)
        unfit = self.assignment is not None and self.assignment.frames > 0 and not self.assignment.fits
        return (
            bool(self.same_place or self.misfit)
            or unfit
            or any(answer is not None and answer.contradicts for answer in answers)
        )

    @property
    def words(self) -> tuple[str, ...]:
        """All that came out, in sentences."""
        out = [
            f"the calibration puts {' and '.join(group)} into the same place: one of them is not its own"
            for group in self.same_place
        ]
        if self.misfit is not None:
            out.append(self.misfit.words)
        if self.assignment is None or self.offsets is None or self.lens is None:
            return (*out, "two cameras with videos are needed to compare anything")
        if self.evidence == "nothing":
            return (*out, "there are neither masks nor keypoints: mouseview draft makes masks to ask")
        out += [*self.assignment.words, *self.offsets.words, *self.lens.words]
        if self.unreadable:
            out.append(f"{self.unreadable} frame(s) could not be decoded and count as not seen")
        return tuple(out)


def judge_session(session: Session, tracks: SessionTracks, window: int = WINDOW) -> SessionVerdict:
    """The verdict over tracks that were read with the session's present settings. window: time shifts asked about."""
    every = [session.rig[name] for name in tracks.cameras]
    same_place = _same_place(every)
    if len(every) < 2 or not tracks.runs:
        return SessionVerdict(
            tracks.cameras, None, None, None, None, same_place, "nothing", tracks.unreadable, session.settings
        )
    masks = "drafts of masks" if tracks.drafted else "masks"
    kinds = [word for word, there in ((masks, tracks.has_masks), ("keypoints", tracks.has_keypoints)) if there]
    assignment = _assigned(_seen_now(every, session.undistorted), tracks, window)
    misfit = None if assignment.fits or not assignment.frames else _misfit(every, tracks.joined)
    if misfit is not None:
        tracks = tracks.without(misfit.camera)
        assignment = _assigned(_seen_now([session.rig[n] for n in tracks.cameras], session.undistorted), tracks, window)
    cameras = [session.rig[name] for name in tracks.cameras]
    runs = _reassigned(tracks, assignment)
    offsets = time_offsets(_seen_now(cameras, session.undistorted), runs, window)
    mended = _thinned(_shifted([joined(part) for part in zip(*runs, strict=True)], offsets), _LENS_FRAMES)
    lens = ask_undistorted(cameras, mended, session.undistorted)
    if lens.contradicts:  # what the wrong lens left of the other two is not worth telling
        right = _seen_now(cameras, lens.undistorted)
        assignment, offsets = _assigned(right, tracks, window), time_offsets(right, runs, window)
    settings = session.settings
    if assignment.fits:
        settings = _supported(session, tracks.cameras, assignment, offsets, lens)
    evidence = " and ".join(kinds) or "nothing"
    return SessionVerdict(
        tracks.cameras, misfit, assignment, offsets, lens, same_place, evidence, tracks.unreadable, settings
    )


def _misfit(cameras: Sequence[Camera], tracks: Sequence[Track]) -> Misfit | None:
    """The camera without which the others, three or more, fit each other."""
    if len(cameras) < _ENOUGH + 1:
        return None
    pairs = own_pair_px(cameras, _thinned(tracks, _ASSIGNMENT_FRAMES))
    alone = [_pairs_mean(np.delete(np.delete(pairs, k, 0), k, 1)) for k in range(len(cameras))]
    guilty = int(np.argmin(alone))
    if not alone[guilty] <= fitting_px(cameras):
        return None
    return Misfit(cameras[guilty].name, _pairs_mean(pairs), alone[guilty])


def _pairs_mean(pairs: np.ndarray) -> float:
    known = pairs[~np.isnan(pairs)]
    return float(known.mean()) if known.size else np.inf


def _seen_now(cameras: Sequence[Camera], undistorted: bool | None) -> list[Camera]:
    if not undistorted:
        return list(cameras)
    return [camera.replace(distortion=np.zeros(0)) for camera in cameras]


def _same_place(cameras: Sequence[Camera]) -> tuple[tuple[str, ...], ...]:
    groups: list[list[Camera]] = []
    reach = reach_of(cameras) if cameras else 0.0
    for camera in cameras:
        near = next((g for g in groups if np.linalg.norm(g[0].centre - camera.centre) <= _SAME_PLACE * reach), None)
        if near is None:
            groups.append([camera])
        else:
            near.append(camera)
    return tuple(tuple(camera.name for camera in group) for group in groups if len(group) > 1)


def _thinned(tracks: Sequence[Track], most: int) -> list[Track]:
    """The same tracks with at most so many frames, spread evenly over those in which something is seen."""
    seen = np.sum(
        [np.isfinite(track.outline_px).any((1, 2)) | np.isfinite(track.keypoints_px).any((1, 2)) for track in tracks],
        axis=0,
    )
    useful = np.flatnonzero(seen >= 2)
    if len(useful) > most:
        useful = useful[np.linspace(0, len(useful) - 1, most).astype(int)]
    return [_rows(track, useful) for track in tracks]


def _rows(track: Track, rows: np.ndarray) -> Track:
    return Track(
        track.name,
        track.size,
        track.frames[rows],
        track.outline_px[rows],
        track.clipped[rows],
        track.keypoints_px[rows],
    )


def _assigned(cameras: Sequence[Camera], tracks: SessionTracks, window: int) -> AssignmentVerdict:
    """Ranked as the videos are timed now; where nothing fits so, with time shifts allowed for."""
    whole = tracks.joined
    declared = tuple(range(len(cameras)))
    now = rank_assignments(cameras, _thinned(whole, _ASSIGNMENT_FRAMES), declared)
    if now.frames and now.fits and now.decided:
        return now
    tolerant = rank_assignments(cameras, whole, declared, tolerance_frames=window)
    return tolerant if tolerant.fits and (not now.fits or tolerant.decided) else now


def _reassigned(tracks: SessionTracks, verdict: AssignmentVerdict) -> list[tuple[Track, ...]]:
    """The runs with every track under the camera that it belongs to."""
    if not verdict.contradicts:
        return list(tracks.runs)
    out = []
    for run in tracks.runs:
        by_name = {track.name: track for track in run}
        out.append(tuple(by_name[video] for video in verdict.best.videos if video is not None))
    return out


def _shifted(tracks: Sequence[Track], offsets: OffsetVerdict) -> list[Track]:
    """Tracks of the guilty cameras moved to where they belong in time; those that drift say nothing."""
    out = []
    for track, offset in zip(tracks, offsets.cameras, strict=True):
        if not offset.guilty and not offset.drifts:
            out.append(track)
            continue
        here, there = shifted_rows(track.frames, offset.shift_frames)
        if offset.drifts:
            here, there = here[:0], there[:0]
        moved = _rows(track, np.arange(len(track.frames)))
        outline, keypoints = np.full_like(moved.outline_px, np.nan), np.full_like(moved.keypoints_px, np.nan)
        clipped = np.zeros_like(moved.clipped)
        outline[here], keypoints[here], clipped[here] = (
            track.outline_px[there],
            track.keypoints_px[there],
            track.clipped[there],
        )
        out.append(Track(track.name, track.size, track.frames, outline, clipped, keypoints))
    return out


def _supported(
    session: Session,
    names: Sequence[str],
    assignment: AssignmentVerdict,
    offsets: OffsetVerdict,
    lens: LensVerdict,
) -> SessionSettings:
    """The present settings with what was decided: a video takes its masks and its offset along."""
    settings = session.settings
    own = {name: session.view(name).offset_frames for name in names}
    if assignment.contradicts:
        views = {session.relative(v.video): v for v in map(session.view, names) if v.video is not None}
        videos, masks = dict(settings.videos), dict(settings.masks)
        for camera, video in zip(names, assignment.best.videos, strict=True):
            if video is None:
                continue
            view = views[video]
            videos[camera] = None if view.video is None else session.relative(view.video)
            masks[camera] = None if view.masks is None else session.relative(view.masks)
            own[camera] = view.offset_frames
        settings = settings.replace(videos=videos, masks=masks)
    for offset in offsets.guilty:
        own[offset.camera] += offset.shift_frames
    moved = {name: shift for name, shift in own.items() if shift != session.view(name).offset_frames}
    if moved:
        settings = settings.replace(offsets={**settings.offsets, **moved})
    if lens.undistorted is not None and lens.pixels is not Pixels.NO_LENS:
        settings = settings.replace(undistorted=lens.undistorted)
    return settings
