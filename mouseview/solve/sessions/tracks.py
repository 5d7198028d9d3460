"""What a session's videos show, read into tracks: masks and keypoints of chosen session frames, camera by camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import cv2
import numpy as np

from mouseview.formats.keypoints import find_keypoints
from mouseview.formats.sessions.frames import SessionFrames
from mouseview.formats.sessions.probe import probe_all
from mouseview.geometry.transforms import Array
from mouseview.model.errors import Cancelled, FileFormatError
from mouseview.model.sample import ImageSource
from mouseview.model.session import Session, SessionView
from mouseview.normalise.possible import possible
from mouseview.solve.sessions.track import DIRECTIONS, Mask, Track, support_points
from mouseview.video.frames import FrameStore

_WORKERS = 4
_IMAGE_BYTES = 64 << 20

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class SessionTracks:
    """cameras: names of those with a video whose calibration can be a camera's; the others are left out.
    runs: of each run of neighbouring frames the tracks in the order of ``cameras``.  unreadable: frames that could
    not be decoded, which count as not seen.  drafted: masks that are drafts."""

    cameras: tuple[str, ...]
    runs: tuple[tuple[Track, ...], ...]
    unreadable: int
    drafted: int = 0

    @property
    def joined(self) -> tuple[Track, ...]:
        """The tracks of all runs as one a camera."""
        return tuple(joined([run[k] for run in self.runs]) for k in range(len(self.cameras)))

    def without(self, camera: str) -> SessionTracks:
        """Of the other cameras."""
        kept = [k for k, name in enumerate(self.cameras) if name != camera]
        runs = tuple(tuple(run[k] for k in kept) for run in self.runs)
        return SessionTracks(tuple(self.cameras[k] for k in kept), runs, self.unreadable, self.drafted)

    @property
    def has_masks(self) -> bool:
        return any(track.has_masks for run in self.runs for track in run)

    @property
    def has_keypoints(self) -> bool:
        return any(track.has_keypoints for run in self.runs for track in run)


def joined(tracks: Sequence[Track]) -> Track:
    """Tracks of one video over later and later frames as one."""
    return Track(
        tracks[0].name,
        tracks[0].size,
        np.concatenate([track.frames for track in tracks]),
        np.concatenate([track.outline_px for track in tracks]),
        np.concatenate([track.clipped for track in tracks]),
        np.concatenate([track.keypoints_px for track in tracks]),
    )


def runs_of_frames(session: Session, count: int, frames: int) -> tuple[range, ...]:
    """``count`` runs of neighbouring session frames, ``frames`` in all, spread from the first to the last frame."""
    start, stop = session.start, session.stop
    length = max(1, frames // count)
    if stop - start <= count * length:
        return (range(start, min(stop, start + frames)),) if stop > start else ()
    starts = np.linspace(start, stop - length, count) if count > 1 else np.array([(start + stop - length) / 2])
    return tuple(range(int(first), int(first) + length) for first in np.rint(starts))


def read_tracks(
    session: Session,
    runs: Sequence[range],
    progress: Progress = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SessionTracks:
    """Masks and keypoints of these session frames; cameras are read side by side. Raises ``Cancelled``."""
    chosen = [
        k
        for k, (camera, view) in enumerate(zip(session.rig, session.views, strict=True))
        if view.video and possible(camera)
    ]
    frames = [frame for run in runs for frame in run]
    points = _keypoints(session, frames)
    reader = _MaskReader(session)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if done % 8 == 0:
            progress(min(1.0, done / max(1, len(chosen) * len(frames))), "looking at masks")
        if cancelled():
            raise Cancelled("looking at the session was cancelled")

    try:
        with ThreadPoolExecutor(_WORKERS) as pool:
            read = partial(reader.track, frames=frames, tell=tell)
            whole = list(pool.map(read, chosen, [points[k] for k in chosen]))
    finally:
        reader.close()
    lengths = np.cumsum([0, *(len(run) for run in runs)])
    parts = tuple(tuple(_rows(track, int(first), int(last)) for track in whole) for first, last in pairwise(lengths))
    return SessionTracks(tuple(session.rig[k].name for k in chosen), parts, reader.unreadable, reader.drafted)


def _rows(track: Track, first: int, last: int) -> Track:
    part = slice(first, last)
    return Track(
        track.name,
        track.size,
        track.frames[part],
        track.outline_px[part],
        track.clipped[part],
        track.keypoints_px[part],
    )


def _keypoints(session: Session, frames: Sequence[int]) -> Array:
    """(V, F, N, 2), N = 0 where there are none."""
    found = find_keypoints(session.root, session.rig.names, [view.video for view in session.views])
    none = np.zeros((len(session.views), len(frames), 0, 2))
    if found is None:
        return none
    per_frame = []
    for frame in frames:
        labels = found.at(frame, [view.video_frame(frame) for view in session.views])
        per_frame.append(None if labels is None or labels.points_px is None else labels.points_px[:, 0])
    count = max((len(points[0]) for points in per_frame if points is not None), default=0)
    if not count:
        return none
    blank = np.full((len(session.views), count, 2), np.nan)
    return np.stack([blank if points is None else points for points in per_frame], axis=1)


class _MaskReader:
    """Masks of a session's cameras by session frame, drafts where there are no others; a broken frame is no mask."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store = FrameStore(max_bytes=_IMAGE_BYTES)
        self._images = SessionFrames(session)
        probes = probe_all([view.video for view in session.views])
        self._sizes = [
            camera.size if probe is None or probe.error is not None else probe.size
            for camera, probe in zip(session.rig, probes, strict=True)
        ]
        self.unreadable = 0
        self.drafted = 0

    def close(self) -> None:
        self._store.close()

    def track(self, camera: int, keypoints_px: Array, *, frames: Sequence[int], tell: Callable[[], None]) -> Track:
        """One camera's track."""
        view = self._session.views[camera]
        assert view.video is not None
        outline = np.full((len(frames), DIRECTIONS, 2), np.nan)
        clipped = np.zeros((len(frames), DIRECTIONS), bool)
        for row, frame in enumerate(frames):
            tell()
            mask = self._mask(view, camera, frame)
            if mask is not None:
                outline[row], clipped[row] = support_points(mask)
        name = self._session.relative(view.video)
        return Track(name, self._sizes[camera], np.array(frames, np.int64), outline, clipped, keypoints_px)

    def _source(self, camera: int, frame: int) -> ImageSource | None:
        return self._images.sources(frame)[camera]

    def _mask(self, view: SessionView, camera: int, frame: int) -> Mask | None:
        place = view.video_frame(frame)
        if place is None:
            return None
        try:
            if view.masks is not None and view.masks.is_file() and view.video is not None and view.video.is_file():
                seen = self._store.frame(view.masks, place)
                brightest = cv2.max(cv2.max(seen[..., 0], seen[..., 1]), seen[..., 2])
                return np.asarray(brightest > self._session.mask_threshold)
            source = self._source(camera, frame)
            if source is None or not source.has_mask:
                return None
            self.drafted += source.is_draft
            return np.asarray(source.load()[..., 3] > 127)
        except FileFormatError:
            self.unreadable += 1
            return None
