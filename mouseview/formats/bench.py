"""How fast a calibration of twelve cameras opens, beside the bare parsing of the same files in the same run."""

from __future__ import annotations

import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mouseview.formats.dataset import open_dataset
from mouseview.formats.keypoints import write_keypoints
from mouseview.formats.registry import write_rig
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.resources import model_format

CAMERAS = 12
_REPEATS = 7
_JARVIS_KEYS = ("intrinsicMatrix", "distortionCoefficients", "R", "T")


def measure() -> list[dict[str, Any]]:
    """Rows of name, what, seconds, floor, floor_seconds, ratio."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        rig = _rig()
        write_rig(rig, root / "jarvis", "jarvis")
        (root / "anipose").mkdir()
        write_rig(rig, root / "anipose" / "calibration.toml", "anipose")
        px = np.random.default_rng(0).uniform(0, 1000, (CAMERAS, 2, 23, 2))
        labels = Labels(np.full((2, 23, 3), np.nan), points_px=px)
        write_keypoints(labels, rig.names, root / "jarvis" / "keypoints.json")
        files = sorted((root / "jarvis").glob("*.yaml"))
        text = root / "anipose" / "calibration.toml"
        return [
            _row(
                "open-jarvis",
                f"a folder of {CAMERAS} JARVIS files with keypoints: sniffed, read, checked for corrections",
                lambda: open_dataset(root / "jarvis")[0],
                f"cv2.FileStorage alone, four matrices of each of the {CAMERAS} files",
                lambda: [_storage(file) for file in files],
            ),
            _row(
                "open-anipose",
                f"a folder with a calibration.toml of {CAMERAS} cameras",
                lambda: open_dataset(root / "anipose")[0],
                "tomllib alone",
                lambda: tomllib.loads(text.read_text(encoding="utf-8")),
            ),
        ]


def _rig() -> Rig:
    """Cameras of the model's ring with a lens each, named as JARVIS would."""
    ring = model_format("facelift").reference("training").cameras[:CAMERAS]
    lens = np.array([-0.04, 0.05, 1e-4, -1e-4, 0.0])
    cameras: list[Camera] = [
        camera.replace(name=f"Camera_{index:02d}", distortion=lens) for index, camera in enumerate(ring)
    ]
    return Rig(tuple(cameras), units="mm")


def _storage(file: Path) -> list[Any]:
    storage = cv2.FileStorage(str(file), cv2.FILE_STORAGE_READ)
    return [storage.getNode(key).mat() for key in _JARVIS_KEYS]


def _row(
    name: str, what: str, work: Callable[[], object], floor: str, floor_work: Callable[[], object]
) -> dict[str, Any]:
    seconds, floor_seconds = _best(work), _best(floor_work)
    return {
        "name": name,
        "what": what,
        "seconds": seconds,
        "floor": floor,
        "floor_seconds": floor_seconds,
        "ratio": seconds / floor_seconds,
    }


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs, after one that warms up."""
    work()
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
