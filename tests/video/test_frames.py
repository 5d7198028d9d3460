"""The store keeps frames and decoders within limits, and gives what a reader gives."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from mouseview.video.frames import FrameStore
from mouseview.video.reader import VideoReader
from tests.video.encoding import pattern, sequential

_FRAME_BYTES = 96 * 80 * 3


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.mp4"
    pattern("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "250", path, frames=90)
    return path


def test_frames_are_kept_shared_and_read_only(video: Path) -> None:
    store = FrameStore()
    frame = store.frame(video, 30)
    assert store.frame(video, 30) is frame
    assert not frame.flags.writeable


def test_memory_stays_within_its_limit(video: Path) -> None:
    store = FrameStore(max_bytes=5 * _FRAME_BYTES)
    truth = sequential(video)
    for place in (*range(40), 3, 70, 2, 71, 39):
        assert np.array_equal(store.frame(video, place), truth[place])
        assert sum(frame.nbytes for frame in store._frames.values()) == store._bytes <= 5 * _FRAME_BYTES


def test_decoders_beyond_the_limit_are_given_back(video: Path, tmp_path: Path) -> None:
    copies = [tmp_path / f"{number}.mp4" for number in range(5)]
    for copy in copies:
        copy.write_bytes(video.read_bytes())
    store = FrameStore(max_open=2)
    truth = sequential(video)
    readers = [store.reader(copy) for copy in copies]
    assert sum(reader._capture is not None for reader in readers) == 2
    for copy in copies:
        assert np.array_equal(store.frame(copy, 60), truth[60])


def test_going_backwards_decodes_a_few_at_a_time(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FrameStore()
    reads: list[int] = []
    read = VideoReader.read
    monkeypatch.setattr(VideoReader, "read", lambda self, index: reads.append(index) or read(self, index))
    truth = sequential(video)
    for place in range(80, 40, -1):
        assert np.array_equal(store.frame(video, place), truth[place])
    backwards = sum(later < earlier for earlier, later in itertools.pairwise(reads))
    assert backwards <= 8  # not one start from a key frame for each step
