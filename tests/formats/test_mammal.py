"""MAMMAL's pickle: arrays pass, code does not."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats import array_pickle, read_rig
from mouseview.formats.array_pickle import read_array_pickle
from mouseview.geometry.transforms import look_at
from mouseview.model.errors import FileFormatError


def camera(maps: tuple[int, int] | None = (10, 12)) -> dict[str, Any]:
    """K in OpenCV's pixel origin; maps: (height, width)."""
    pose = look_at((300.0, 20.0, 90.0), (10.0, 0.0, 5.0))
    entry: dict[str, Any] = {
        "K": np.array([[1600.0, 0.0, 590.0], [0.0, 1610.0, 500.0], [0.0, 0.0, 1.0]]),
        "R": pose.R.copy(),
        "T": pose.t.reshape(3, 1).copy(),
    }
    if maps:
        entry["mapx"] = entry["mapy"] = np.zeros(maps, np.float32)
    return entry


def dump(path: Path, value: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", range(6))
def test_a_rig_of_every_pickle_protocol(tmp_path: Path, protocol: int) -> None:
    rig = read_rig(dump(tmp_path / "new_cam.pkl", [camera(), camera()], protocol))
    assert rig.names == ("cam_000", "cam_001")
    assert (rig.units, rig.format, rig[0].size) == ("mm", "mammal", (12, 10))
    assert (rig[0].cx, rig[0].cy) == (590.5, 500.5)
    assert rig[0].is_pinhole
    np.testing.assert_array_equal(rig[0].T_cam_world[:3, 3], camera()["T"].ravel())
    np.testing.assert_array_equal(rig[0].T_cam_world[:3, :3], camera()["R"])
    assert any("pixel origin" in line for line in rig.assumptions)
    assert any("undistorted" in line for line in rig.assumptions)


def test_without_maps_the_size_is_assumed_and_said(tmp_path: Path) -> None:
    rig = read_rig(dump(tmp_path / "new_cam.pkl", [camera(), camera(None)]))
    assert rig[1].size == (1152, 1024)
    assert any("1152×1024 px is assumed for cam_001" in line for line in rig.assumptions)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("code", ["f8", "f4", ">f8", "i8", "u2", "b1"])
def test_arrays_of_plain_numbers_pass_unchanged(tmp_path: Path, code: str, protocol: int) -> None:
    array = np.arange(6).reshape(2, 3).astype(code)
    value = {"c": array, "fortran": np.asfortranarray(array), "scalar": array[1, 1], "list": [1, 2.5, "x", None, True]}
    back = read_array_pickle(dump(tmp_path / "a.pkl", value, protocol))
    for key in ("c", "fortran"):
        assert back[key].dtype == array.dtype
        np.testing.assert_array_equal(back[key], array)
    assert back["scalar"] == array[1, 1]
    assert back["list"] == value["list"]


class RunsCode:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_runs_code_is_refused_and_nothing_ran(tmp_path: Path, protocol: int) -> None:
    trace = tmp_path / "it_ran"
    path = dump(tmp_path / "new_cam.pkl", [camera(), RunsCode(trace)], protocol)
    with pytest.raises(FileFormatError, match="which is code and not data") as caught:
        read_rig(path)
    assert "mkdir" in caught.value.message
    assert caught.value.place == str(path)
    assert caught.value.remedy
    assert not trace.exists()
    pickle.loads(path.read_bytes())
    assert trace.exists(), "the pickle of this test is harmless, so it proves nothing"


def laughs() -> list[Any]:
    """Small in the file, 100 to the power of 9 to walk."""
    value: list[Any] = ["ha"]
    for _ in range(9):
        value = [value] * 100
    return value


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n"
HOSTILE: dict[str, bytes] = {
    "eval": b"cbuiltins\neval\n(V1+1\ntR.",
    "getattr through numpy": b"cnumpy\nload\n(Vx\ntR.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0fdtype.__class__\x93.",
    "calls the class": b"cnumpy\nndarray\n(I3\ntR.",
    "changes a function": ARRAY + b"}(V__doc__\nVx\nub.",
    "sets a slot": ARRAY + b"(N}(V__defaults__\nI1\nutb.",
    "object": b"(cnumpy\ndtype\no.",
    "instance": b"(inumpy\ndtype\n.",
    "extension": b"\x80\x02\x82\x01.",
    "persistent": b"P0\n.",
    "memo of gigabytes": b"\x80\x02]r\xff\xff\xff\x7f.",
    "array without state": ARRAY + b"(cnumpy\nndarray\n(I0\ntVb\ntR.",
    "object array": pickle.dumps(np.array([{}, []], dtype=object), 2),
    "text array": pickle.dumps(np.array(["a"]), 2),
    "records": pickle.dumps(np.zeros(2, [("a", "f4")]), 2),
    "dates": pickle.dumps(np.zeros(2, "M8[s]"), 2),
    "other encoding": b"c_codecs\nencode\n(Vx\nVzlib\ntR.",
    "a million laughs": pickle.dumps(laughs(), 2),
    "set": pickle.dumps({1, 2}, 4),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_but_arrays_comes_through(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.pkl").write_bytes(HOSTILE[name])
    with pytest.raises(FileFormatError):
        read_array_pickle(tmp_path / "a.pkl")


def test_an_array_larger_than_its_bytes_is_refused(tmp_path: Path) -> None:
    data = pickle.dumps(np.zeros(3), 2)
    assert data.count(b"K\x03\x85") == 1
    (tmp_path / "a.pkl").write_bytes(data.replace(b"K\x03\x85", b"J" + struct.pack("<i", 2**31 - 1) + b"\x85"))
    with pytest.raises(FileFormatError, match="2147483647"):
        read_array_pickle(tmp_path / "a.pkl")


def test_size_and_instructions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dump(tmp_path / "a.pkl", list(range(200)))
    with pytest.raises(FileFormatError, match="bytes"):
        read_array_pickle(path, max_bytes=50)
    monkeypatch.setattr(array_pickle, "_MAX_OPCODES", 100)
    with pytest.raises(FileFormatError, match="instructions"):
        read_array_pickle(path)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({}, ""),
        ([], ""),
        ([3], "camera 0"),
        ([{}], "camera 0.K"),
        ([{**camera(), "K": np.eye(4)}], "camera 0.K"),
        ([{**camera(), "K": "x"}], "camera 0.K"),
        ([camera(), {**camera(), "R": None}], "camera 1.R"),
        ([{**camera(), "T": np.zeros(4)}], "camera 0.T"),
        ([{**camera(), "mapx": np.zeros((3, 4))}], "camera 0.mapx"),
        ([{**camera(), "mapx": 5}], "camera 0.mapx"),
    ],
)
def test_a_wrong_value_is_an_error_at_its_place(tmp_path: Path, value: Any, place: str) -> None:
    path = dump(tmp_path / "new_cam.pkl", value)
    with pytest.raises(FileFormatError, match="expected") as caught:
        read_rig(path)
    assert caught.value.place == (f"{path}, {place}" if place else str(path))


def test_nan_poses_are_held_as_declared(tmp_path: Path) -> None:
    entry = {**camera(), "T": np.full(3, np.nan)}
    assert np.isnan(read_rig(dump(tmp_path / "new_cam.pkl", [entry]))[0].T_cam_world[:3, 3]).all()
