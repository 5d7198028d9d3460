"""fx and fy differ as those of a frame that was squashed to another aspect; masks tell whether the image was too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
_PLAIN = 0.35  # one story leaves this share of the other's contradictions, or less
_LEAST_PX = 0.15  # and so much less of them

Size = tuple[int, int]


def _sensor(camera: Camera) -> Size | None:
    """The frame size that, squashed to the camera's size, best explains fx / fy; None where none does."""
    ratio = camera.fx / camera.fy * camera.height / camera.width
    errors = [abs(ratio * width / height - 1) for width, height in _SENSORS]
    best = int(np.argmin(errors))
    return _SENSORS[best] if errors[best] <= _MATCH else None


def _unsquashed(camera: Camera, sensor: Size, cropped: bool) -> Camera:
    """K as it had to be, had the frame been cropped (or else padded) about its middle and scaled evenly."""
    squash = np.array(camera.size) / np.array(sensor)
    even = float(squash.max() if cropped else squash.min())
    corner = (np.array(camera.size) - even * np.array(sensor)) / 2
    fit = np.array([[even, 0.0, corner[0]], [0.0, even, corner[1]], [0.0, 0.0, 1.0]])
    return camera.replace(K=fit @ np.diag([1 / squash[0], 1 / squash[1], 1.0]) @ camera.K)


def _contradiction_px(evidence: Evidence, replaced: dict[str, Camera]) -> float | None:
    """What the silhouettes contradict each other by, were some cameras replaced."""
    if evidence.hull is None:
        return None
    cameras = [replaced.get(camera.name, camera) for camera in evidence.hull.cameras]
    return evidence.hull.seen_by(cameras).level_px


def _verdict(evidence: Evidence, alike: Sequence[Camera], sensor: Size) -> tuple[Severity, str, str]:
    """Severity, what the masks say and the remedy: an image cropped under a squashed K looks right and is false."""
    stories = {}
    for story, cropped in (("cropped", True), ("padded", False)) if evidence.hull is not None else ():
        px = _contradiction_px(evidence, {camera.name: _unsquashed(camera, sensor, cropped) for camera in alike})
        if px is not None:
            stories[story] = px
    if evidence.hull is not None and stories:
        declared = evidence.hull.level_px
        story = min(stories, key=stories.__getitem__)
        best = stories[story]
        if best < _PLAIN * declared and declared - best > _LEAST_PX:
            return (
                Severity.ERROR,
                f"; but the images were {story}, not squashed: silhouettes contradict this K by {declared:.2f} px and "
                f"that of {story} frames by {best:.2f} px",
                f"K is false: declare the K of the {story} frame, or open the original frames with their calibration",
            )
        if declared < _PLAIN * best and best - declared > _LEAST_PX:
            return (
                Severity.INFO,
                f"; the silhouettes agree ({declared:.2f} px): the images were squashed alike",
                "nothing to mend: exact-aimed undoes the squash",
            )
    return (
        Severity.WARNING,
        "",
        "if the images were squashed alike this is true and exact-aimed undoes it; if they were cropped or padded, "
        "K is false: open the original frames with their own calibration",
    )


def squashed_frame(evidence: Evidence) -> Iterator[Finding]:
    squashed = [camera for camera in evidence.sound_rig if abs(camera.fx / camera.fy - 1) > _SQUARE_PIXELS]
    for sensor in dict.fromkeys(_sensor(camera) for camera in squashed):
        alike = [camera for camera in squashed if _sensor(camera) == sensor]
        camera = alike[0]
        measured = f"fx {camera.fx:.2f}, fy {camera.fy:.2f} differ by {100 * abs(camera.fx / camera.fy - 1):.1f} %"
        if sensor is None:
            severity, remedy = Severity.WARNING, "compare with the calibration's own file: a resize may be missing in K"
            message = f"{measured}: pixels that are not square, which no lens makes"
        else:
            severity, evidenced, remedy = _verdict(evidence, alike, sensor)
            sx, sy = camera.width / sensor[0], camera.height / sensor[1]
            fx, fy = camera.fx / sx, camera.fy / sy
            message = (
                f"{measured}: K of a {sensor[0]}×{sensor[1]} frame (fx {fx:.1f}, fy {fy:.1f}, which differ by "
                f"{100 * abs(fx / fy - 1):.1f} %) squashed to {camera.width}×{camera.height} (×{sx:.3f}, ×{sy:.3f})"
                f"{evidenced}"
            )
        if len(alike) > 1:
            message += f"; the same holds for {', '.join(other.name for other in alike[1:])}"
        yield evidence.finding("squashed-frame", severity, message, remedy, camera)
