"""How fast sessions open and are browsed, beside a bare sequential decode of the same videos in the same run.

The session has 18 000 frames of six cameras at 1152×1024: a few hundred frames are encoded once, their packets are
repeated. Half of the cameras have a key frame every 12 frames, half every 240.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mouseview.formats.anipose import write as write_anipose
from mouseview.formats.dataset import open_dataset
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Rig
from mouseview.video.capture import packets
from mouseview.video.reader import VideoReader
from mouseview.video.timeline import build_timeline

_WIDTH, _HEIGHT = 1152, 1024
_FRAMES, _DISTINCT = 18_000, 240
_CAMERAS = 6
_SHORT_GOP, _LONG_GOP = 12, 240  # 12 is what the encoder does by itself
_BROWSED, _READ, _REPEATS = 200, 60, 5


def measure() -> list[dict[str, Any]]:
    """Rows of name, what, seconds, floor, floor_seconds, ratio. Writes some 250 MB into a temporary folder, once."""
    with tempfile.TemporaryDirectory(prefix="mouseview-bench-") as name:
        folder = Path(name)
        short, long = _make_session(folder)
        rows = [_opening(folder), _indexing(long)]
        rows.append(_in_order(short))
        sequential = rows[-1]["floor_seconds"]
        for title, video, gop in (("short", short, _SHORT_GOP), ("long", long, _LONG_GOP)):
            build_timeline(video)
            order = random.Random(0).sample(range(_FRAMES), _READ)
            said = f"in random order, a key frame every {gop}"
            rows.append(_reading(f"session-random-{title}", video, order, _bare_sequential(video), said))
        rows.append(_browsing(folder, sequential))
        return rows


def _in_order(video: Path) -> dict[str, Any]:
    """Best of alternating runs: another program's load falls on both alike."""
    own, bare = [], []
    for _ in range(_REPEATS):
        bare.append(_bare_sequential(video))
        reader = VideoReader(video)
        reader.read(0)
        start = time.perf_counter()
        for index in range(1, _DISTINCT):
            reader.read(index)
        own.append((time.perf_counter() - start) / (_DISTINCT - 1))
        reader.close()
    what = f"one frame of {_WIDTH}×{_HEIGHT}, in order, as RGB"
    return _row("session-sequential", what, min(own), _FLOOR, min(bare))


def _reading(name: str, video: Path, order: list[int], floor: float, said: str) -> dict[str, Any]:
    reader = VideoReader(video)
    reader.count_frames()
    start = time.perf_counter()
    for index in order:
        reader.read(index)
    seconds = (time.perf_counter() - start) / len(order)
    reader.close()
    return _row(name, f"one frame of {_WIDTH}×{_HEIGHT}, {said}", seconds, _FLOOR, floor)


_FLOOR = "one frame of a bare sequential cv2 decode of that video"


def _opening(folder: Path) -> dict[str, Any]:
    def floor() -> None:
        for video in sorted(folder.glob("*.mp4")):
            cv2.VideoCapture(str(video), cv2.CAP_FFMPEG).release()

    floor_seconds = _timed(floor)
    seconds = _timed(lambda: open_dataset(folder)[_FRAMES // 2])
    what = f"opening {_FRAMES} frames × {_CAMERAS} cameras, and a sample in the middle without its images"
    return _row("session-open", what, seconds, "opening the six videos with cv2 alone", floor_seconds)


def _indexing(video: Path) -> dict[str, Any]:
    seconds = _timed(lambda: build_timeline(video))
    floor_seconds = _timed(lambda: packets(video))
    what = f"proving which frame is where in a video of {_FRAMES} frames, done once for each video"
    return _row("session-index", what, seconds, "reading its packets with cv2", floor_seconds)


def _browsing(folder: Path, floor: float) -> dict[str, Any]:
    dataset = open_dataset(folder)
    before = peak = _resident_bytes()
    order = random.Random(1).sample(range(_FRAMES), _BROWSED)
    start = time.perf_counter()
    for index in order:
        dataset[index].images()
        peak = max(peak, _resident_bytes())
    seconds = (time.perf_counter() - start) / (_BROWSED * _CAMERAS)
    mib = (peak - before) / 2**20
    what = f"one view while {_BROWSED} random samples of {_CAMERAS} cameras are looked at; memory grew by {mib:.0f} MiB"
    return {**_row("session-browse", what, seconds, _FLOOR, floor), "memory_growth_mib": mib}


def _bare_sequential(video: Path) -> float:
    capture = cv2.VideoCapture(str(video), cv2.CAP_FFMPEG)
    capture.read()
    start = time.perf_counter()
    for _ in range(_DISTINCT):
        capture.read()
    seconds = (time.perf_counter() - start) / _DISTINCT
    capture.release()
    return seconds


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(name: str, what: str, seconds: float, floor: str, floor_seconds: float) -> dict[str, Any]:
    return {
        "name": name,
        "what": what,
        "seconds": seconds,
        "floor": floor,
        "floor_seconds": floor_seconds,
        "ratio": seconds / floor_seconds,
    }


def _resident_bytes() -> int:
    """Memory that this process holds now; its highest so far where the system tells only that."""
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _make_session(folder: Path) -> tuple[Path, Path]:
    """Six videos and their calibration; returns one with short and one with long distances between key frames."""
    cameras = tuple(_camera(number) for number in range(_CAMERAS))
    write_anipose(Rig(cameras, units="mm"), folder / "calibration.toml")
    encoded = folder / "encoded.mp4"
    _encode(encoded)
    made: dict[int, Path] = {}
    for number, camera in enumerate(cameras):
        gop = _SHORT_GOP if number < _CAMERAS // 2 else _LONG_GOP
        target = folder / f"{camera.name}.mp4"
        if gop in made:
            os.link(made[gop], target)
        else:
            _repeat(encoded, target, gop)
            made[gop] = target
    encoded.unlink()
    return made[_SHORT_GOP], made[_LONG_GOP]


def _camera(number: int) -> Camera:
    angle = 2 * np.pi * number / _CAMERAS
    pose: Array = np.eye(4)
    pose[:3, :3] = np.array(
        [[-np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, -1.0], [-np.cos(angle), -np.sin(angle), 0.0]]
    )
    pose[2, 3] = 300.0
    K = np.array([[1600.0, 0.0, _WIDTH / 2], [0.0, 1600.0, _HEIGHT / 2], [0.0, 0.0, 1.0]])
    return Camera(f"cam{number}", _WIDTH, _HEIGHT, K, np.zeros(5), pose)


def _encode(path: Path) -> None:
    """A dark subject that wanders over a structured floor."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 180, (_HEIGHT // 16, _WIDTH // 16, 3), dtype=np.uint8)
    floor = cv2.resize(coarse, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, _FOURCC, 100.0, (_WIDTH, _HEIGHT))
    for number in range(_DISTINCT):
        frame = floor.copy()
        turn = 2 * np.pi * number / _DISTINCT
        place = int(_WIDTH / 2 + 300 * np.cos(turn)), int(_HEIGHT / 2 + 250 * np.sin(turn))
        cv2.ellipse(frame, place, (110, 45), np.degrees(turn) + 90, 0, 360, (25, 25, 30), -1)
        writer.write(frame)
    writer.release()


_FOURCC = cv2.VideoWriter.fourcc(*"mp4v")


def _repeat(encoded: Path, target: Path, gop: int) -> None:
    """The packets again and again. Key frames between are left out for a long distance: the picture then drifts, the
    decoder's work stays the same."""
    capture = cv2.VideoCapture(str(encoded), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    packed = []
    while capture.grab():
        packed.append((capture.retrieve()[1].ravel(), bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))))
    header = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))[1].ravel()
    key = np.concatenate([header, packed[0][0]])
    between = [data for data, is_key in packed if not is_key]
    properties = [cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1, cv2.VIDEOWRITER_PROP_KEY_INTERVAL, gop]
    writer = cv2.VideoWriter(str(target), cv2.CAP_FFMPEG, _FOURCC, 100.0, (_WIDTH, _HEIGHT), properties)
    for number in range(_FRAMES):
        at_key = number % gop == 0
        writer.set(cv2.VIDEOWRITER_PROP_KEY_FLAG, int(at_key))
        data = key if at_key else between[(number - number // gop) % len(between)]
        writer.write(data[None])
    writer.release()
