"""What a video file or a folder of numbered images says of itself, without decoding: size, rate, number of frames."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.images import image_size
from mouseview.formats.sessions.files import numbered_images
from mouseview.model.errors import FileFormatError
from mouseview.video.reader import VideoReader

_AT_ONCE = 4


@dataclass(frozen=True)
class Probe:
    """size: (width, height) in px. numbers: of a folder's images, from their names. error: it cannot be opened."""

    size: tuple[int, int] = (0, 0)
    fps: float = 0.0
    frame_count: int | None = None
    numbers: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    error: FileFormatError | None = None


def probe_all(paths: Sequence[Path | None]) -> list[Probe | None]:
    """Probes of several files, opened side by side; None for None."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda path: None if path is None else _probe(path), paths))


def _probe(path: Path) -> Probe:
    try:
        if path.is_dir():
            images = numbered_images(path)
            if not images:
                raise FileFormatError(
                    "the folder holds no images whose names end in a number",
                    place=str(path),
                    remedy="choose another folder for this camera",
                )
            return Probe(image_size(images[0][1]), 0.0, len(images), tuple(number for number, _ in images))
        reader = VideoReader(path)
    except FileFormatError as error:
        return Probe(error=error)
    try:
        return Probe((reader.width, reader.height), reader.fps, reader.frame_count, None, reader.notes)
    finally:
        reader.close()
