"""Tracks of a phantom that walks through the arena, rendered without videos and kept between tests."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np

from mouseview.model.camera import Camera
from mouseview.phantom.mouse import Mouse
from mouseview.phantom.photographs import render_mask
from mouseview.phantom.session import session_rig
from mouseview.phantom.walk import Walk
from mouseview.solve.sessions.track import DIRECTIONS, Track, support_points

SIZE = (576, 512)
FPS = 50.0


@cache
def cameras() -> tuple[Camera, ...]:
    return session_rig(SIZE).cameras


@cache
def mouse(seed: int, moment: int, speed_mm_s: float) -> Mouse:
    return Walk(seed, speed_mm_s).mouse(moment / FPS, count=3000)


@cache
def outline(seed: int, moment: int, speed_mm_s: float, camera: int, lens: bool) -> tuple[np.ndarray, np.ndarray]:
    seen_by = cameras()[camera]
    seen_by = seen_by if lens else seen_by.replace(distortion=np.zeros(0))
    return support_points(render_mask(mouse(seed, moment, speed_mm_s), seen_by))


def mask_tracks(
    seed: int,
    frames: Iterable[int],
    speed_mm_s: float = 120.0,
    offsets: dict[int, int] | None = None,
    lens: bool = True,
) -> list[Track]:
    """One track a camera, called like it. offsets: camera → frames by which it shows everything late."""
    numbers = np.array(list(frames), np.int64)
    tracks = []
    for index, camera in enumerate(cameras()):
        late = (offsets or {}).get(index, 0)
        moment = (lambda _frame: 0) if speed_mm_s == 0 else (lambda frame, late=late: int(frame) - late)
        seen = [outline(seed, moment(frame), speed_mm_s, index, lens) for frame in numbers]
        tracks.append(
            Track(
                camera.name,
                camera.size,
                numbers,
                np.array([points for points, _ in seen]),
                np.array([clipped for _, clipped in seen]),
                np.zeros((len(numbers), 0, 2)),
            )
        )
    return tracks


def point_tracks(rig: list[Camera], points_world: np.ndarray, noise_px: float, seed: int = 0) -> list[Track]:
    """Tracks of keypoints (F, N, 3) alone, with noise of that standard deviation in each direction."""
    rng = np.random.default_rng(seed)
    frames = len(points_world)
    nothing = np.full((frames, DIRECTIONS, 2), np.nan)
    unclipped = np.zeros((frames, DIRECTIONS), bool)
    tracks = []
    for camera in rig:
        pixels = camera.project(points_world)[0] + rng.normal(0.0, noise_px, (*points_world.shape[:2], 2))
        tracks.append(Track(camera.name, camera.size, np.arange(frames), nothing, unclipped, pixels))
    return tracks


def landmark_tracks(seed: int, frames: Iterable[int], noise_px: float = 0.7) -> list[Track]:
    """Keypoints of the walking phantom."""
    points = np.array([mouse(seed, int(frame), 120.0).landmarks for frame in frames])
    return point_tracks(list(cameras()), points, noise_px, seed)
