"""Session folders for tests: flat grey videos whose level tells camera and frame, with a calibration of their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats.anipose import write as write_anipose
from mouseview.formats.images import write_png
from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera, Rig
from tests.video.encoding import SIZE, flat_video

FRAMES = 12


def rig_of(names: tuple[str, ...], size: tuple[int, int] = SIZE, lens: bool = False) -> Rig:
    """A ring of cameras that look at the origin, in mm."""
    cameras = []
    for number, name in enumerate(names):
        angle = 2 * np.pi * number / len(names)
        pose = look_at(np.array([300 * np.cos(angle), 300 * np.sin(angle), 80.0 + number]), np.zeros(3))
        K = np.array([[110.0 + number, 0, size[0] / 2], [0, 111.0, size[1] / 2], [0, 0, 1]])
        cameras.append(Camera(name, *size, K, np.array([-0.1, 0.02, 0, 0, 0.0]) if lens else np.zeros(0), pose.matrix))
    return Rig(tuple(cameras), units="mm")


def write_calibration(folder: Path, names: tuple[str, ...], lens: bool = False, size: tuple[int, int] = SIZE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_anipose(rig_of(names, size, lens), folder / "calibration.toml")
    return folder / "calibration.toml"


def level(camera: int, frame: int) -> int:
    """Grey level of a camera's frame; all differ for up to 8 cameras of 20 frames."""
    return 20 + 25 * camera + frame


def write_video(path: Path, camera: int, frames: int = FRAMES, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    flat_video(path, [level(camera, frame) for frame in range(frames)], size)
    return path


def write_mask_video(path: Path, frames: int = FRAMES, subject: int = 200) -> Path:
    """A column that moves right by four pixels a frame is the subject, at grey ``subject``; the rest is 60."""
    import subprocess

    import imageio_ffmpeg

    path.parent.mkdir(parents=True, exist_ok=True)
    raw = b"".join(np.where(mask_of(frame), subject, 60).astype(np.uint8).tobytes() for frame in range(frames))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "gray"]
    command += ["-s", f"{SIZE[0]}x{SIZE[1]}", "-r", "30", "-i", "-", "-c:v", "ffv1", "-pix_fmt", "bgr0", str(path)]
    subprocess.run(command, input=raw, check=True, capture_output=True, timeout=60)
    return path


def mask_of(frame: int) -> np.ndarray:
    mask = np.zeros((SIZE[1], SIZE[0]), bool)
    mask[:, 4 * frame : 4 * frame + 10] = True
    return mask


def write_images(folder: Path, camera: int, numbers: range | list[int], name: str = "{:06d}.png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        image = np.full((SIZE[1], SIZE[0]), level(camera, number), np.uint8)
        write_png(folder / name.format(number), image)


def write_mask_images(folder: Path, numbers: range | list[int], name: str = "{:06d}.png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        write_png(folder / name.format(number), (255 * mask_of(number)).astype(np.uint8))
