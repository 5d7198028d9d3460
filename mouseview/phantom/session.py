"""A phantom session: videos, mask videos, calibration and keypoints of a mouse that walks, with known faults.

Files are exact but for what cameras and codecs do to them; the faults (permuted videos, time offsets, dropped frames,
undistorted pixels under a raw calibration) are asked for one by one, and what is true is handed back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.formats.keypoints import write_keypoints
from mouseview.formats.registry import write_rig
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.model.errors import Cancelled, FileFormatError
from mouseview.phantom.coats import Coat
from mouseview.phantom.landmarks import NAMES
from mouseview.phantom.mouse import Mouse
from mouseview.phantom.rig import HELD_OUT, demo_rig
from mouseview.phantom.walk import Walk
from mouseview.splats.rasterise import blend, project

RGB = npt.NDArray[np.uint8]

_CODEC = "mp4v"
_GRAIN = 3.0  # of the sensor, grey levels
_TEXTURE_PX = 24  # of the walls
_TINT = np.array([1.0, 0.97, 0.9], np.float32)


@dataclass(frozen=True)
class SessionFaults:
    """What is wrong with a session; nothing by default.

    order: which camera's images (by index) the video called after each camera shows.  offsets: camera → frames by
    which its video shows everything late.  dropped: camera → numbers of frames that its video lacks.  undistorted:
    the pixels are free of the lens that the calibration declares.
    """

    order: tuple[int, ...] | None = None
    offsets: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[int]] = field(default_factory=dict)
    undistorted: bool = False


@dataclass(frozen=True, eq=False)
class PhantomSession:
    """folder: to be opened.  rig: as the calibration declares it.  walk: the mouse.  fps: of all videos.
    shown: for each camera name whose images its video shows, and when: the moment (frame of the walk) of each of its
    frames."""

    folder: Path
    rig: Rig
    walk: Walk
    fps: float
    shown: tuple[tuple[str, tuple[int, ...]], ...]


def session_rig(size: tuple[int, int] = (576, 512)) -> Rig:
    """The arena's six fed cameras at a smaller image size; without skew, which few calibration files hold."""
    cameras = []
    for camera in demo_rig():
        if camera.name not in HELD_OUT:
            K = np.array(camera.K)
            K[0, 1] = 0.0
            cameras.append(camera.replace(K=K).resized(*size))
    return demo_rig().replace(cameras=tuple(cameras))


def write_session(
    folder: Path,
    seed: int = 0,
    frames: int = 40,
    *,
    faults: SessionFaults | None = None,
    size: tuple[int, int] = (576, 512),
    fps: float = 50.0,
    speed_mm_s: float = 120.0,
    coat: Coat | None = None,
    masks: bool = True,
    keypoint_noise_px: float | None = 0.5,
    progress: Callable[[float, str], None] = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> PhantomSession:
    """Write ``videos/CAMERA.mp4``, ``masks/CAMERA.mp4``, ``calibration.toml`` and ``keypoints.json`` into ``folder``.

    frames: of every video.  keypoint_noise_px: standard deviation in each direction; None writes no keypoints.
    Raises ``FileFormatError`` when a video cannot be written, ``Cancelled`` between cameras, ``ValueError`` for a size
    that videos do not have.
    """
    if size[0] % 2 or size[1] % 2:
        raise ValueError(f"videos have even sizes, not {size[0]}×{size[1]}")
    wrong = faults or SessionFaults()
    rig = session_rig(size)
    walk = Walk(seed, speed_mm_s, coat=coat)
    for name in ("videos", *(("masks",) if masks else ())):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_rig(rig, folder / "calibration.toml", "anipose")
    order = wrong.order or tuple(range(len(rig)))
    moments = {camera.name: _moments(camera.name, frames, wrong) for camera in rig}
    every = sorted({moment for list_ in moments.values() for moment in list_})
    mice = {moment: walk.mouse(moment / fps) for moment in every}
    rng = np.random.default_rng([0x73657373, seed])
    shown, points_px = [], np.full((len(rig), frames, len(NAMES), 2), np.nan)
    for place, source in enumerate(order):
        if cancelled():
            raise Cancelled("writing the session was cancelled")
        camera, called = rig[source], rig[place].name
        seen = camera.replace(distortion=np.zeros(0)) if wrong.undistorted else camera
        times = moments[camera.name]
        _write_videos(folder, called, seen, [mice[moment] for moment in times], fps, masks, rng)
        if keypoint_noise_px is not None:
            truth = np.stack([_seen_points(seen, mice[moment]) for moment in times])
            points_px[place, : len(times)] = truth + rng.normal(0.0, keypoint_noise_px, truth.shape)
        shown.append((camera.name, tuple(times)))
        progress((place + 1) / len(order), f"filmed {called}")
    if keypoint_noise_px is not None:
        nowhere = np.full((frames, len(NAMES), 3), np.nan)
        labels = Labels(nowhere, NAMES, points_px, tuple(range(frames)))
        write_keypoints(labels, rig.names, folder / "keypoints.json")
    return PhantomSession(folder, rig, walk, fps, tuple(shown))


def _moments(camera: str, frames: int, faults: SessionFaults) -> list[int]:
    """The moment of each frame of a camera's video; after a dropped frame everything comes one frame early."""
    dropped = set(faults.dropped.get(camera, ()))
    recorded = [number for number in range(frames + len(dropped)) if number not in dropped]
    return [number - faults.offsets.get(camera, 0) for number in recorded[:frames]]


def _seen_points(camera: Camera, mouse: Mouse) -> npt.NDArray[np.float64]:
    """(N, 2): the landmarks that lie inside the image."""
    pixels = camera.project(mouse.landmarks)[0]
    inside = np.all((pixels >= 0) & (pixels <= camera.size), axis=-1)
    return np.where(inside[:, None], pixels, np.nan)


def _write_videos(
    folder: Path, name: str, camera: Camera, mice: Sequence[Mouse], fps: float, masks: bool, rng: np.random.Generator
) -> None:
    wall = _wall(camera, rng)
    grain = rng.normal(0.0, _GRAIN, wall.size).astype(np.float32)  # one sheet, moved for every frame
    video = _Writer(folder / "videos" / f"{name}.mp4", fps, camera.size)
    mask_video = _Writer(folder / "masks" / f"{name}.mp4", fps, camera.size) if masks else None
    try:
        for mouse in mice:
            colour, alpha, _ = blend(project(mouse.gaussians, camera), camera.width, camera.height)
            image = wall * (1.0 - alpha[..., None]) + 255.0 * np.clip(colour, 0.0, 1.0)
            image += np.roll(grain, int(rng.integers(wall.size))).reshape(wall.shape)
            video.write(np.clip(image, 0, 255).astype(np.uint8))
            if mask_video is not None:
                solid = blend(project(mouse.solid, camera), camera.width, camera.height)[1]
                white = (solid > 0.5).astype(np.uint8) * np.uint8(255)
                mask_video.write(np.repeat(white[..., None], 3, axis=-1))
    finally:
        video.close()
        if mask_video is not None:
            mask_video.close()


def _wall(camera: Camera, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(H, W, 3) grey levels of what stands still behind the mouse: stains, and a floor brighter than the walls."""
    stains = rng.uniform(-28.0, 28.0, (camera.height // _TEXTURE_PX + 1, camera.width // _TEXTURE_PX + 1))
    smooth = cv2.resize(stains.astype(np.float32), camera.size, interpolation=cv2.INTER_CUBIC)[..., None]
    brightness = np.linspace(105.0, 150.0, camera.height, dtype=np.float32)[:, None, None]
    return np.asarray((smooth + brightness) * _TINT, np.float32)


class _Writer:
    """One video file of a fixed size, written frame by frame."""

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self._writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_CODEC), fps, size)
        if not self._writer.isOpened():
            raise FileFormatError(
                "the video cannot be written", place=str(path), remedy="choose a folder that can be written"
            )

    def write(self, rgb: RGB) -> None:
        self._writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        self._writer.release()
