"""Frames that recorders dropped: the samples stay in step, and the gap has no picture."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats.dataset import open_dataset
from mouseview.formats.sessions.times import recorded_numbers
from mouseview.model.errors import FileFormatError
from tests.formats.session_folders import level, write_calibration, write_video
from tests.formats.test_session import shown

NAMES = ("cam1", "cam2")


def _campy(path: Path, numbers: list[int]) -> None:
    np.save(path, np.array([numbers, np.arange(len(numbers)) / 100.0]))


def test_campy(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_video(tmp_path / "videos" / name / "0.mkv", number, frames=10)
    _campy(tmp_path / "videos" / "cam1" / "frametimes.npy", list(range(1, 11)))
    _campy(tmp_path / "videos" / "cam2" / "frametimes.npy", [1, 2, 3, 5, 6, 7, 8, 9, 10, 11])  # 4 was lost
    dataset = open_dataset(tmp_path)
    assert dataset.session is not None
    assert dataset.session.view("cam2").missing == (3,)
    assert shown(dataset, 2) == [level(0, 2), level(1, 2)]
    assert shown(dataset, 3) == [level(0, 3), None]
    assert shown(dataset, 4) == [level(0, 4), level(1, 3)]
    assert any("dropped: cam2 1" in text for text in dataset.session.assumptions)


def test_caliscope(tmp_path: Path) -> None:
    write_calibration(tmp_path, NAMES)
    for number, name in enumerate(NAMES):
        write_video(tmp_path / f"{name}.mkv", number, frames=6)
    rows = ["sync_index,port,frame_index,frame_time"]
    rows += [f"{sync},1,{frame},{sync / 30}" for frame, sync in enumerate([0, 1, 2, 3, 4, 5])]
    rows += [f"{sync},2,{frame},{sync / 30}" for frame, sync in enumerate([0, 2, 3, 4, 5, 6])]
    (tmp_path / "frame_time_history.csv").write_text("\n".join(rows))
    dataset = open_dataset(tmp_path)
    assert shown(dataset, 1) == [level(0, 1), None]
    assert shown(dataset, 5) == [level(0, 5), level(1, 4)]


@pytest.mark.parametrize(
    "content", [b"", b"no array", np.zeros(3), np.array([[3, 2, 1], [0, 0, 0]]), np.full((2, 3), np.nan)]
)
def test_times_that_cannot_be_used_are_named(tmp_path: Path, content: bytes | np.ndarray) -> None:
    path = tmp_path / "frametimes.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(FileFormatError) as caught:
        recorded_numbers(("a",), (tmp_path / "video.mp4",))
    assert caught.value.place == str(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_files_end_in_user_errors_alone(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("times")
    if data.draw(st.booleans()):
        buffer = io.BytesIO()
        np.save(buffer, np.array([[1.0, 2.0, 4.0], [0.0, 0.1, 0.2]]))
        name, content = "frametimes.npy", bytearray(buffer.getvalue())
    else:
        rows = b"sync_index,port,frame_index,frame_time\n0,0,0,0.1\n1,0,1,0.2\n0,1,0,0.1\n"
        name, content = "frame_time_history.csv", bytearray(rows)
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[place] = value
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(FileFormatError):
        numbers, _ = recorded_numbers(("0",), (folder / "0.mp4",))
        assert all(own is None or list(own) == sorted(set(own)) for own in numbers)
