"""fx and fy differ as those of a frame that was squashed to another aspect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Camera
from mouseview.model.finding import Finding, Severity

_SQUARE_PIXELS = 0.02  # |fx / fy − 1| that lenses and sensors explain
_MATCH = 0.01  # how well a sensor's aspect must explain the rest
_SENSORS = (
    (1152, 1024), (1280, 1024), (640, 480), (1920, 1080), (1280, 720), (1920, 1200), (1440, 1080), (2048, 1536),
    (2448, 2048), (3088, 2064), (1600, 1200), (720, 576), (720, 480),
)  # fmt: skip


def _sensor(camera: Camera) -> tuple[int, int] | None:
    """The frame size that, squashed to the camera's size, best explains fx / fy; None where none does."""
    ratio = camera.fx / camera.fy * camera.height / camera.width
    errors = [abs(ratio * width / height - 1) for width, height in _SENSORS]
    best = int(np.argmin(errors))
    return _SENSORS[best] if errors[best] <= _MATCH else None


def squashed_frame(evidence: Evidence) -> Iterator[Finding]:
    squashed = [camera for camera in evidence.sound_rig if abs(camera.fx / camera.fy - 1) > _SQUARE_PIXELS]
    for sensor in dict.fromkeys(_sensor(camera) for camera in squashed):
        alike = [camera for camera in squashed if _sensor(camera) == sensor]
        camera = alike[0]
        measured = f"fx {camera.fx:.2f}, fy {camera.fy:.2f} differ by {100 * abs(camera.fx / camera.fy - 1):.1f} %"
        if sensor is None:
            message = f"{measured}: pixels that are not square, which no lens makes"
        else:
            sx, sy = camera.width / sensor[0], camera.height / sensor[1]
            fx, fy = camera.fx / sx, camera.fy / sy
            message = (
                f"{measured}: K of a {sensor[0]}×{sensor[1]} frame (fx {fx:.1f}, fy {fy:.1f}, which differ by "
                f"{100 * abs(fx / fy - 1):.1f} %) squashed to {camera.width}×{camera.height} (×{sx:.3f}, ×{sy:.3f})"
            )
        if len(alike) > 1:
            message += f"; the same holds for {', '.join(other.name for other in alike[1:])}"
        yield evidence.finding(
            "squashed-frame",
            Severity.WARNING,
            message,
            "if the images were squashed alike this is true and exact-aimed undoes it; if they were cropped or padded, "
            "K is false: open the original frames with their own calibration",
            camera,
        )
