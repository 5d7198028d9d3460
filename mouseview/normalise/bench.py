"""How fast views are normalised, beside the floor of the same run: one bilinear remap and the PNG work it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.geometry.rays import pixel_centres
from mouseview.geometry.transforms import rotation_between
from mouseview.model.camera import Camera
from mouseview.normalise import warp
from mouseview.normalise.pixel_map import RayMap
from mouseview.resources import model_format

_REPEATS = 5
_WIDTH, _HEIGHT = 1152, 1024


def _scene() -> tuple[npt.NDArray[np.uint8], RayMap]:
    """A lens camera like the mouse rig's, an opaque image (the worst case: nothing can be skipped), an aimed map."""
    K = np.array([[1632.0, 1.3, 601.0], [0.0, 1639.0, 491.0], [0.0, 0.0, 1.0]])
    camera = Camera("bench", _WIDTH, _HEIGHT, K, np.array([-0.12, 0.15, 4e-4, -3e-4, -0.2]), np.eye(4))
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (_HEIGHT // 8, _WIDTH // 8, 3), dtype=np.uint8)
    image = np.full((_HEIGHT, _WIDTH, 4), 255, np.uint8)
    image[..., :3] = cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    aim = rotation_between([0.04, 0.02, 1.0], [0.0, 0.0, 1.0])
    return image, RayMap(model_format("facelift").K, aim.T, camera)


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs, after one that compiles and warms up."""
    work()
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure() -> list[dict[str, Any]]:
    """Rows of name, what, seconds, floor, floor_seconds, ratio for one view of 1152×1024 to 512²."""
    image, pixel_map = _scene()
    size = model_format("facelift").size
    encoded = cv2.imencode(".png", image)[1]
    canonical = np.rint(warp.warp(image, pixel_map, size) * 255).astype(np.uint8)
    at = pixel_map.to_source(pixel_centres(size, size)).astype(np.float32) - np.float32(0.5)

    def floor_warp() -> object:
        return cv2.remap(image, at[..., 0], at[..., 1], cv2.INTER_LINEAR)

    def floor_view() -> object:
        decoded = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
        cv2.remap(decoded, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
        return cv2.imencode(".png", canonical)

    def view() -> object:
        decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
        out = warp.warp(decoded, pixel_map, size)
        return cv2.imencode(".png", np.rint(out * 255).astype(np.uint8))

    rows = []
    for name, what, work, floor, floor_work in (
        (
            "normalise-warp",
            "map, pre-filtered warp and compositing of one opaque 1152×1024 view to 512², lens and all",
            lambda: warp.warp(image, pixel_map, size),
            "one bilinear cv2.remap with the map at hand",
            floor_warp,
        ),
        (
            "normalise-view",
            "the same with PNG decoding and encoding",
            view,
            "PNG decoding and encoding around one bilinear cv2.remap",
            floor_view,
        ),
    ):
        seconds, floor_seconds = _best(work), _best(floor_work)
        rows.append(
            {
                "name": name,
                "what": what,
                "seconds": seconds,
                "floor": floor,
                "floor_seconds": floor_seconds,
                "ratio": seconds / floor_seconds,
            }
        )
    return rows
