"""HDF5 through a process of its own: what it hands over, what it refuses, and that its end costs one file alone."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from mouseview.formats.keypoints import hdf5
from mouseview.formats.keypoints.hdf5 import hdf5_file
from mouseview.model.errors import FileFormatError


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_numbers_records_and_names_come_back(tmp_path: Path, libver: str) -> None:
    rows = np.zeros(4, [("index", "<i8"), ("values", "<f4", (3,))])
    rows["index"], rows["values"] = np.arange(4), np.arange(12).reshape(4, 3)
    big = np.arange(24.0).astype(">f8").reshape(2, 3, 4)
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file.create_dataset("group/packed", data=big, chunks=(1, 2, 3), compression="gzip", shuffle=True)
        file["group/rows"] = rows
    with hdf5_file(tmp_path / "a.h5") as file:
        assert file.names() == ("group",)
        assert file.names("group") == ("packed", "rows")
        assert "group/packed" in file
        assert "group/other" not in file
        assert file.shape("group/packed") == (2, 3, 4)
        assert file.kind("group/packed") == "f"
        assert file.fields("group/rows") == ("index", "values")
        np.testing.assert_array_equal(file.numbers("group/packed", 3), big)
        np.testing.assert_array_equal(file.records("group/rows", ("index",)), rows)


def test_attributes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("group")
        group.attrs["number"] = 1.25
        group.attrs["bytes"] = np.bytes_(b"text" * 5000)
        group.attrs["text"] = "Schwanzspitze ü"
        group.attrs["list"] = [1, 2]
    with hdf5_file(tmp_path / "a.h5") as ours:
        assert ours.attribute("group", "number") == 1.25
        assert ours.attribute("group", "bytes") == b"text" * 5000
        assert ours.attribute("group", "text").decode() == "Schwanzspitze ü"
        assert ours.attribute("group", "list") is None
        assert ours.attribute("group", "absent") is None


@pytest.mark.parametrize(
    ("program", "said"),
    [("import time; time.sleep(60)", "longer than"), ("import os; os.abort()", "ends the program")],
)
def test_a_process_that_hangs_or_dies_costs_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["tracks"] = np.arange(3.0)
    child = tmp_path / "child.py"
    child.write_text(program)
    hdf5.close()
    with monkeypatch.context() as stuck:
        stuck.setattr(hdf5, "_CHILD", child)
        stuck.setattr(hdf5, "LIMIT_S", 1.0)
        with pytest.raises(FileFormatError, match=said), hdf5_file(tmp_path / "a.h5") as file:
            file.names()
    with hdf5_file(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file.numbers("tracks", 1), [0.0, 1.0, 2.0])
