"""FileStorage documents as OpenCV itself writes and reads them, and hostile ones."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.formats import read_rig, write_rig
from mouseview.formats.file_storage import MAX_STORAGE_BYTES, number, read_storage
from mouseview.model.camera import Rig
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig


@pytest.mark.parametrize("suffix", [".yml", ".xml"])
def test_what_opencv_writes(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    matrix = np.random.default_rng(0).normal(size=(3, 4)) * 10.0 ** np.arange(-6, 6).reshape(3, 4)
    odd = np.array([[np.nan, np.inf], [-np.inf, 0.0]])
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("exact", matrix)
    storage.write("odd", odd)
    storage.write("single", matrix.astype(np.float32))
    storage.write("whole", np.arange(6).reshape(2, 3))
    storage.write("coloured", np.arange(12.0).reshape(2, 2, 3))
    storage.write("text", "a b")
    storage.write("no", 7)
    storage.startWriteStruct("list", cv2.FILE_NODE_SEQ)
    storage.write("", "x")
    storage.write("", "y")
    storage.endWriteStruct()
    storage.release()
    found = read_storage(path)
    np.testing.assert_array_equal(found["exact"], matrix)
    np.testing.assert_array_equal(found["odd"], odd)
    np.testing.assert_allclose(found["single"], matrix, rtol=1e-6)
    np.testing.assert_array_equal(found["whole"], np.arange(6).reshape(2, 3))
    assert found["coloured"].shape == (2, 2, 3)
    assert (found["text"], found["no"], found["list"]) == ("a b", "7", ["x", "y"])


@pytest.mark.parametrize("suffix", [".yml", ".xml"])
def test_opencv_reads_what_is_written(tmp_path: Path, suffix: str) -> None:
    rig = ring_rig(3)
    path = tmp_path / f"a{suffix}"
    write_rig(rig, path, "opencv")
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    cameras = storage.getNode("cameras")
    assert cameras.size() == 3
    for index, camera in enumerate(rig):
        node = cameras.at(index)
        assert node.getNode("name").string() == camera.name
        assert int(node.getNode("image_width").real()) == camera.width
        K = node.getNode("camera_matrix").mat()
        np.testing.assert_array_equal(np.add(K, [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]), camera.K)
        np.testing.assert_array_equal(node.getNode("R").mat(), camera.T_cam_world[:3, :3])
        np.testing.assert_array_equal(node.getNode("T").mat()[:, 0], camera.T_cam_world[:3, 3])


@pytest.mark.parametrize("suffix", [".yml", ".xml"])
def test_odd_names_come_back(tmp_path: Path, suffix: str) -> None:
    names = ['a "b" \\ c', "no", " x ", "<&>", "Ж: #"]
    rig = Rig(tuple(c.replace(name=n) for c, n in zip(ring_rig(len(names)), names, strict=True)))
    write_rig(rig, tmp_path / f"a{suffix}", "opencv")
    assert list(read_rig(tmp_path / f"a{suffix}").names) == names


@pytest.mark.parametrize("text", ["1_0", "0x10", "١", "", "1e", "1e9999999999", "--1", "1 2"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%YAML:1.0\n---\na: " + "[" * 500_000, "nested deeper"),
        ("%YAML:1.0\n---\n" + "{" * 500_000, "a name is expected"),
        ("%YAML:1.0\n---\na: &x [1]\nb: [*x, *x]", "anchors"),
        ("%YAML:1.0\n---\n- 1", "no mapping"),
        ("%YAML:1.0\n", "no document"),
        ("%YAML:1.0\n---\na: !!opencv-matrix\n   rows: 99999999\n   cols: 1\n   dt: d\n   data: [ 1. ]", "matrix of"),
        ("%YAML:1.0\n---\na: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n   data: [ 1. ]", "1 numbers for"),
        ("%YAML:1.0\n---\na: !!opencv-matrix\n   rows: 1\n   cols: 1\n   dt: 9999d\n   data: [ 1. ]", "of type"),
        ("%YAML:1.0\n---\na: !!opencv-matrix\n   rows: 1\n   cols: 1\n   dt: d\n   data: [ x ]", "not a number"),
        ("%YAML:1.0\n---\na: !!opencv-matrix\n   rows: 1\n   cols: 1\n   dt: d\n   data: [ [1] ]", "a list inside"),
        ("%YAML:1.0\n---\na: !!python/object/apply:os.system [x]\nb: }", "not a whole"),
        ("<opencv_storage>" + "<a>" * 100_000, "nested deeper"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><opencv_storage>&a;</opencv_storage>', "entities"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><opencv_storage/>', "entities"),
        ("<opencv_storage><a></opencv_storage>", "mismatched"),
        ("<other><a>1</a></other>", "outermost"),
        ('<?xml version="1.0" encoding="klingon"?><opencv_storage/>', "not a whole"),
        ("%YAML:1.0\n#" + "x" * MAX_STORAGE_BYTES, "more than"),
    ],
)
def test_hostile_documents_are_refused_at_once(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a").write_text(text)
    start = time.monotonic()
    with pytest.raises(FileFormatError, match=message) as caught:
        read_storage(tmp_path / "a")
    assert time.monotonic() - start < 5
    assert caught.value.place
    assert caught.value.remedy


def test_the_place_is_the_line_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("%YAML:1.0\n---\na: 1\nb: !!opencv-matrix\n   rows: x\n   cols: 1\n")
    with pytest.raises(FileFormatError) as caught:
        read_storage(tmp_path / "a.yml")
    assert caught.value.place.endswith("line 4")
