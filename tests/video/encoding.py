"""Small test videos, encoded by an FFmpeg of its own process (a development dependency)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

SIZE = (96, 80)
FRAMES = 120


def ffmpeg(*arguments: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-hide_banner", "-loglevel", "error", "-nostdin"]
    subprocess.run([*command, *map(str, arguments)], check=True, timeout=120, capture_output=True)


def pattern(*arguments: str | Path, frames: int = FRAMES, size: tuple[int, int] = SIZE, rate: int = 30) -> None:
    """A moving test pattern with a counter; every frame is another. The last argument is the file."""
    source = f"testsrc2=size={size[0]}x{size[1]}:rate={rate}:duration={frames / rate}"
    ffmpeg("-f", "lavfi", "-i", source, *arguments)


def sequential(path: Path) -> list[np.ndarray]:
    """All frames (H, W, 3) uint8 RGB in the order in which a plain decoder gives them."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    frames = []
    while True:
        there, frame = capture.read()
        if not there:
            return frames
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def flat_video(path: Path, levels: list[int], size: tuple[int, int] = SIZE, rate: int = 30) -> None:
    """Frame i is evenly grey at ``levels[i]``, stored without loss (FFV1): whoever reads it knows its number."""
    raw = b"".join(np.full((size[1], size[0]), level, np.uint8).tobytes() for level in levels)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-hide_banner", "-loglevel", "error", "-f", "rawvideo"]
    command += ["-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}", "-r", str(rate), "-i", "-"]
    command += ["-c:v", "ffv1", "-pix_fmt", "bgr0", str(path)]
    subprocess.run(command, input=raw, check=True, timeout=120, capture_output=True)
