"""What a calibration says about its own reading: K's pattern, plausible frames, optical axes that meet in front."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Rig
from mouseview.model.correction import Correction, Size
from mouseview.solve.conventions.cameras import ReadCameras

FRAME_SIZES: tuple[Size, ...] = (
    (640, 480), (720, 480), (720, 576), (1024, 768), (1152, 1024), (1280, 720), (1280, 960), (1280, 1024), (1440, 1080),
    (1600, 1200), (1920, 1080), (1920, 1200), (2048, 1536), (2048, 2048), (2448, 2048), (3088, 2064), (3840, 2160),
    (4096, 3000), (256, 256), (512, 512), (1024, 1024),
)  # fmt: skip
_TOLERANCE = 1e-6
_OFF_MIDDLE = 0.12  # of the frame, that principal points of whole frames lie off its middle
_MOST_SIZES = 7


def impossible(cameras: ReadCameras) -> str:
    """Why no camera has such a K or pose under this reading; empty where it could be one's."""
    K = cameras.K
    if not np.all(np.isfinite(K)):
        return "K is not finite"
    scale = np.abs(K).max(axis=(-1, -2))
    if np.any(np.abs(K[:, 2] - [0.0, 0.0, 1.0]) > _TOLERANCE * scale[:, None]):
        return "K's last row is not 0 0 1"
    if np.any(np.abs(K[:, 1, 0]) > _TOLERANCE * scale):
        return "K is not triangular"
    if np.any(K[:, [0, 1], [0, 1]] <= 0):
        return "a focal length is not positive"
    if np.any(np.linalg.det(cameras.R) < 0):
        return "a pose mirrors the world (det R = −1)"
    return ""


def axis_angles_deg(cameras: ReadCameras) -> Array:
    """(V,) between each optical axis and the line from its camera to the point where the axes meet best.

    Beyond 90 that point lies behind the camera. NaN where the axes are too parallel to meet anywhere.
    """
    if len(cameras.t) < 3 or not (np.all(np.isfinite(cameras.R)) and np.all(np.isfinite(cameras.t))):
        return np.full(len(cameras.t), np.nan)
    meeting = meeting_point(cameras.centres, cameras.forwards)
    if not meeting.reliable:
        return np.full(len(cameras.t), np.nan)
    towards = meeting.point - cameras.centres
    length = np.linalg.norm(towards, axis=-1)
    reach = np.linalg.norm(cameras.t, axis=-1).max()
    forwards = cameras.forwards / np.linalg.norm(cameras.forwards, axis=-1, keepdims=True)
    cosine = np.einsum("vi,vi->v", towards, forwards) / np.maximum(length, 1e-300)
    # cameras that all stand where their axes meet look at nothing
    return np.where(length > 1e-6 * reach, np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), 90.0)


def frame_sizes(rig: Rig, upright: Correction, image_sizes: tuple[Size | None, ...]) -> tuple[Correction, ...]:
    """Corrections of the sizes worth trying on top of ``upright``: none first.

    K speaks of another frame than the images are where that makes principal points central, which they are not as K
    stands, or where the images really have another size than the file says.
    """
    found = [Correction()]
    declared = rig[0].size
    if any(camera.size != declared for camera in rig):
        return tuple(found)
    real = {size for size in image_sizes if size is not None}
    images = real.pop() if len(real) == 1 else declared
    if images != declared:
        found += [Correction(size=images), Correction(size=images, K_size=declared)]
    doubled = tuple((round(images[0] * f), round(images[1] * f)) for f in (0.25, 1 / 3, 0.5, 2, 3, 4))
    K = np.median([upright.corrected_K(camera.K, camera.size) for camera in rig], axis=0)
    if _central(K, images):
        return tuple(found)
    for frame in dict.fromkeys((*doubled, *FRAME_SIZES)):
        if frame != images and min(frame) > 0 and _central(K, frame):
            candidate = Correction(K_size=frame, size=None if images == declared else images)
            if candidate not in found:
                found.append(candidate)
    return tuple(found[:_MOST_SIZES])


def _central(K: Array, frame: Size) -> bool:
    """Whether K could be of whole frames of this size."""
    centre = np.array([K[0, 2], K[1, 2]]) / np.array(frame)
    return bool(np.all(np.abs(centre - 0.5) < _OFF_MIDDLE))
