"""What the benches of the window stand on: cameras with lenses, and a display or else the painting for one."""

from __future__ import annotations

import os
import sys

import numpy as np

from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera, Rig

SIZE = (1152, 1024)
SUBJECT_MM = (4.0, -3.0, 10.0)


def ring(views: int) -> Rig:
    """So many cameras with lenses about the origin, in millimetres, aimed at ``SUBJECT_MM``."""
    cameras = []
    for index in range(views):
        azimuth, height = 2 * np.pi * index / views, 60.0 + 90.0 * (index % 3)
        eye = np.array([310 * np.cos(azimuth), 310 * np.sin(azimuth), height])
        K = np.array([[1650.0, 0.8, 570.0], [0, 1652.0, 500.0], [0, 0, 1]])
        lens = np.array([-0.15, 0.18, 4e-4, -3e-4, -0.3])
        cameras.append(Camera(f"cam_{index:02d}", *SIZE, K, lens, look_at(eye, SUBJECT_MM).matrix))
    return Rig(tuple(cameras), units="mm")


def paint_without_display() -> None:
    """Before Qt starts: without a display the same code paints what is shown nowhere."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
