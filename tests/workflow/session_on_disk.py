"""A small session as a lab keeps it: a calibration, one video a camera with long gaps between key frames, keypoints."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np

from mouseview.formats.keypoints import write_keypoints
from mouseview.formats.registry import write_rig
from mouseview.model.camera import Labels, Rig
from tests.rigs import mouse_ring

SIZE = (96, 80)


def rig() -> Rig:
    cameras = mouse_ring().cameras[:3]
    return mouse_ring().replace(cameras=tuple(camera.resized(*SIZE) for camera in cameras))


def frame_of(camera: int, number: int) -> np.ndarray:
    """(H, W, 3): a box that walks, on a ramp of the camera's own."""
    width, height = SIZE
    image = np.zeros((height, width, 3), np.uint8)
    image[..., camera] = np.linspace(20, 200, width).astype(np.uint8)
    left = (5 + 2 * number) % (width - 20)
    image[30:50, left : left + 20] = (230, 40 * camera, 5 * number % 255)
    return image


def write_video(path: Path, frames: list[np.ndarray], size: tuple[int, int] = SIZE) -> None:
    writer = imageio_ffmpeg.write_frames(
        str(path), size, fps=30, codec="libx264", pix_fmt_out="yuv420p", macro_block_size=2,
        output_params=["-g", "60", "-bf", "2"],
    )  # fmt: skip
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()


def write_session(folder: Path, count: int = 24, masks: bool = True, keypoints: bool = True) -> Rig:
    """Videos ``camN.mp4``, masks ``masks/camN.mp4``, ``calibration.toml`` and ``keypoints.json``."""
    folder.mkdir(parents=True)
    made = rig()
    write_rig(made, folder / "calibration.toml", "anipose")
    for index, name in enumerate(made.names):
        frames = [frame_of(index, number) for number in range(count)]
        write_video(folder / f"{name}.mp4", frames)
        if masks:
            (folder / "masks").mkdir(exist_ok=True)
            white = [np.where(frame[..., :1] > 200, 255, 0).repeat(3, -1).astype(np.uint8) for frame in frames]
            write_video(folder / "masks" / f"{name}.mp4", white)
    if keypoints:
        rng = np.random.default_rng(1)
        points = rng.uniform(10, 70, (len(made), count, 2, 2))
        labels = Labels(np.full((count, 2, 3), np.nan), ("nose", "tail"), points, tuple(range(count)))
        write_keypoints(labels, made.names, folder / "keypoints.json")
    return made
