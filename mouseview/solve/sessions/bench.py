"""Are faults of sessions found, and is nothing said against true ones? Counted on phantoms that walk, by masks alone.

Every trial is another animal, pace, length and kind of imperfect masks; nothing is filmed, masks come as they would
out of their videos.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np

from mouseview.model.camera import Camera
from mouseview.phantom.mask_noise import MaskNoise, worsened
from mouseview.phantom.mouse import Mouse
from mouseview.phantom.session import session_rig
from mouseview.phantom.walk import Walk
from mouseview.solve.sessions.assignment import rank_assignments
from mouseview.solve.sessions.time_offsets import time_offsets
from mouseview.solve.sessions.track import DIRECTIONS, Track, support_points
from mouseview.solve.sessions.undistorted import ask_undistorted
from mouseview.splats.rasterise import blend, project

_SIZE = (1152, 1024)
_FPS = 100.0
_FRAMES, _WINDOW, _MARGIN = 40, 10, 5
_SPREAD = 8  # every so many frames for the questions that do not ask about time


@dataclass(frozen=True)
class Trial:
    """One phantom: what was true of it, whether that was found, and what was said against it without reason.

    order_found, offset_found, lens_found: with the fault.  offset_claimed: another shift or camera was named, with
    the fault.  false_alarms: without any fault.  lens_told: the lens was decided, and right, on the true one.
    """

    seed: int
    noise: str
    speed_mm_s: float
    order_found: bool
    offset_found: bool
    offset_claimed: bool
    lens_found: bool
    lens_told: bool
    false_alarms: tuple[str, ...]


def trial(seed: int) -> Trial:
    """One phantom, true and with each fault."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([0x62656E63, seed])
    noise = tuple(MaskNoise)[int(rng.integers(len(MaskNoise)))]
    speed = float(rng.uniform(40.0, 250.0))
    cameras = session_rig(_SIZE).cameras
    late, shift = int(rng.integers(len(cameras))), int(rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]))
    mice = _mice(seed, speed)
    shown = [{moment: _outline(mouse, camera, noise, rng) for moment, mouse in mice.items()} for camera in cameras]
    true = [_track(camera, seen, 0) for camera, seen in zip(cameras, shown, strict=True)]
    order = rng.permutation(len(cameras))
    while np.array_equal(order, np.arange(len(cameras))):
        order = rng.permutation(len(cameras))
    some = [_spread(track) for track in true]
    assigned = rank_assignments(cameras, [some[k] for k in order], range(len(cameras)))
    early = [
        _track(camera, seen, shift if k == late else 0)
        for k, (camera, seen) in enumerate(zip(cameras, shown, strict=True))
    ]
    timed = {offset.camera: offset.shift_frames for offset in time_offsets(cameras, [early], _WINDOW).guilty}
    bare = [camera.replace(distortion=np.zeros(0)) for camera in cameras]
    frames = some[0].frames
    flat = [
        _track(camera, {int(f): _outline(mice[int(f)], pinhole, noise, rng) for f in frames}, 0, frames)
        for camera, pinhole in zip(cameras, bare, strict=True)
    ]
    alarms = []
    if rank_assignments(cameras, some, range(len(cameras))).contradicts:
        alarms.append("assignment")
    if time_offsets(cameras, [true], _WINDOW).contradicts:
        alarms.append("offset")
    lens = ask_undistorted(cameras, some)
    if lens.contradicts:
        alarms.append("lens")
    return Trial(
        seed,
        str(noise),
        speed,
        assigned.contradicts and assigned.best.videos == tuple(camera.name for camera in cameras),
        timed == {cameras[late].name: shift},
        bool(timed) and timed != {cameras[late].name: shift},
        ask_undistorted(cameras, flat).contradicts,
        lens.undistorted is False,
        tuple(alarms),
    )


def _mice(seed: int, speed_mm_s: float) -> dict[int, Mouse]:
    walk = Walk(seed, speed_mm_s)
    return {moment: walk.mouse(moment / _FPS) for moment in range(-_MARGIN, _FRAMES + _MARGIN)}


def _masks_of(seed: int) -> None:
    """What a trial cannot do without."""
    for mouse in _mice(seed, 100.0).values():
        for camera in session_rig(_SIZE):
            blend(project(mouse.solid, camera), camera.width, camera.height)


Outline = tuple[np.ndarray, np.ndarray]


def _outline(mouse: Mouse, camera: Camera, noise: MaskNoise, rng: np.random.Generator) -> Outline:
    alpha = blend(project(mouse.solid, camera), camera.width, camera.height)[1]
    return support_points(worsened(alpha > 0.5, noise, rng))


def _track(
    camera: Camera, seen: dict[int, Outline], late: int, frames: Sequence[int] | np.ndarray = range(_FRAMES)
) -> Track:
    rows = [seen[int(frame) - late] for frame in frames]
    return Track(
        camera.name,
        camera.size,
        np.array(frames, np.int64),
        np.array([points for points, _ in rows]).reshape(-1, DIRECTIONS, 2),
        np.array([clipped for _, clipped in rows]),
        np.zeros((len(rows), 0, 2)),
    )


def _spread(track: Track) -> Track:
    rows = slice(None, None, _SPREAD)
    return Track(
        track.name,
        track.size,
        track.frames[rows],
        track.outline_px[rows],
        track.clipped[rows],
        track.keypoints_px[rows],
    )


def run(count: int, processes: int | None = None) -> list[Trial]:
    """The trials of seeds 0 … count − 1, spread over processes."""
    workers = min(processes or os.cpu_count() or 1, count)
    if workers == 1:
        return [trial(seed) for seed in range(count)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(trial, range(count)))


def measure(count: int = 8) -> list[dict[str, Any]]:
    """Rows for ``mouseview bench``: how many of ``count`` trials came out right, and what one trial takes."""
    begun = time.perf_counter()
    trials = run(count)
    each = (time.perf_counter() - begun) / count
    begun = time.perf_counter()
    _masks_of(0)
    floor = (time.perf_counter() - begun) / min(os.cpu_count() or 1, count)
    told = [
        f"order {sum(t.order_found for t in trials)}",
        f"offset {sum(t.offset_found for t in trials)} (wrongly named {sum(t.offset_claimed for t in trials)})",
        f"undistorted {sum(t.lens_found for t in trials)}",
        f"raw {sum(t.lens_told for t in trials)}",
        f"true sessions accused {sum(bool(t.false_alarms) for t in trials)}",
    ]
    return [
        {
            "name": "session-evidence",
            "what": f"of {count} phantoms: {', '.join(told)}; seconds a phantom",
            "seconds": each,
            "floor": "making the phantom and its masks alone",
            "floor_seconds": floor,
            "ratio": each / floor,
        }
    ]
