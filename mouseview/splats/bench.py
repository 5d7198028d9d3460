"""What rendering costs, beside the time it takes merely to read the scene."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict

import numpy as np

from mouseview.geometry.compiled import compiled
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera
from mouseview.model.gaussians import Gaussians
from mouseview.splats.blending import TILE
from mouseview.splats.rasterise import blend, project, render, warm_up
from mouseview.splats.threads import resolve_threads, run_all

COUNT = 6 * 512 * 512
"""Pixel-aligned Gaussians of six views of 512 px."""

_SIDE_PX = 512
_FOCAL_PX = 548.9937744140625
_DISTANCE = 2.7
_PIECES = 64


class Measurement(TypedDict):
    """One line of the bench: ``seconds`` against ``floor_seconds`` of the same run, ratio = seconds / floor."""

    name: str
    what: str
    seconds: float
    floor: str
    floor_seconds: float
    ratio: float
    details: dict[str, float]


def bench_scene(count: int = COUNT) -> Gaussians:
    """A shell of half-transparent to opaque Gaussians about a pixel wide, as a reconstruction leaves them: an
    ellipsoid of 0.8 × 0.5 × 0.5 model units, all of it inside the image."""
    rng = np.random.default_rng(0)
    direction = rng.standard_normal((count, 3), np.float32)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    rotation = rng.standard_normal((count, 4), np.float32)
    rotation /= np.linalg.norm(rotation, axis=-1, keepdims=True)
    return Gaussians(
        xyz=direction * np.array([0.8, 0.5, 0.5], np.float32),
        sh=rng.standard_normal((count, 1, 3), np.float32),
        scale=np.exp(rng.uniform(np.log(0.002), np.log(0.008), (count, 3))).astype(np.float32),
        rotation=rotation,
        opacity=rng.uniform(0.05, 0.99, count).astype(np.float32),
    )


def bench_camera() -> Camera:
    """The model format's camera: 512 px, distance 2.7."""
    K = np.array([[_FOCAL_PX, 0, _SIDE_PX / 2], [0, _FOCAL_PX, _SIDE_PX / 2], [0, 0, 1]])
    T_cam_world = np.eye(4)
    T_cam_world[2, 3] = _DISTANCE
    return Camera("bench", _SIDE_PX, _SIDE_PX, K, np.zeros(0), T_cam_world, LensModel.RADTAN)


def measure(repeats: int = 5, threads: int | None = None) -> list[Measurement]:
    """Best of ``repeats`` renders of 1.57 M Gaussians at 512², and of one pass over the same data."""
    workers = resolve_threads(threads)
    scene, camera = bench_scene(), bench_camera()
    warm_up()
    _read_once(scene, workers)
    seconds = _best(lambda: render(scene, camera, threads=workers), repeats)
    projected = project(scene, camera, threads=workers)
    reached = projected.bounds[projected.rows].astype(np.int64) // TILE
    pairs = (reached[:, 1] - reached[:, 0] + 1) * (reached[:, 3] - reached[:, 2] + 1)
    floor = _best(lambda: _read_once(scene, workers), repeats)
    return [
        Measurement(
            name="rasterise",
            what=f"{COUNT} Gaussians, degree 0, to {_SIDE_PX} × {_SIDE_PX} px RGBA on {workers} threads",
            seconds=seconds,
            floor="one pass over the Gaussians' float32 data on as many threads, and an image filled",
            floor_seconds=floor,
            ratio=seconds / floor,
            details={
                "threads": workers,
                "project_seconds": _best(lambda: project(scene, camera, threads=workers), repeats),
                "blend_seconds": _best(lambda: blend(projected, _SIDE_PX, _SIDE_PX, threads=workers), repeats),
                "drawn": len(projected),
                "tile_entries": int(pairs.sum()),
            },
        )
    ]


def _best(work: Callable[[], object], repeats: int) -> float:
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return float(best)


@compiled(nogil=True, fastmath={"reassoc"})
def _sum(values):  # type: ignore[no-untyped-def]
    total = np.float32(0.0)
    for value in values:
        total += value
    return total


def _read_once(scene: Gaussians, threads: int) -> np.ndarray:
    arrays = [a.reshape(-1) for a in (scene.xyz, scene.sh, scene.scale, scene.rotation, scene.opacity)]
    totals = np.zeros(_PIECES, np.float32)

    def task(piece: int) -> None:
        for flat in arrays:
            step = -(-flat.size // _PIECES)
            totals[piece] += _sum(flat[piece * step : (piece + 1) * step])

    run_all(task, _PIECES, threads)
    return np.full((_SIDE_PX, _SIDE_PX, 4), totals.sum(), np.float32)
