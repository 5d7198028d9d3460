"""The bounded MATLAB reader against scipy's writer and reader."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mouseview.formats import matlab
from mouseview.formats.matlab import read_mat
from mouseview.model.errors import FileFormatError
from tests.formats.builders import mat_cell
from tests.shared_data import shared_path

_DTYPES = ["u1", "i2", "i4", "u4", "f4", "f8", "i8"]


def save(path: Path, content: dict[str, Any], compressed: bool = True) -> Path:
    scipy.io.savemat(path, content, do_compression=compressed, oned_as="row")
    return path


@given(
    value=st.sampled_from(_DTYPES).flatmap(
        lambda code: arrays(np.dtype(code), array_shapes(min_dims=2, max_dims=3, max_side=5))
    ),
    compressed=st.booleans(),
)
def test_numbers_read_as_scipy_wrote_them(
    tmp_path_factory: pytest.TempPathFactory, value: np.ndarray, compressed: bool
) -> None:
    path = save(tmp_path_factory.mktemp("mat") / "a.mat", {"other": "x", "value": value}, compressed)
    read = read_mat(path, ["value"])
    assert list(read) == ["value"]
    # trailing sides of length one are not kept by the file
    np.testing.assert_array_equal(read["value"], scipy.io.loadmat(path)["value"].astype(np.float64))


@pytest.mark.parametrize("compressed", [True, False])
def test_cells_structs_and_text(tmp_path: Path, compressed: bool) -> None:
    content = {
        "cell": mat_cell([{"a": np.eye(2), "name": "left"}, {"a": np.zeros((0, 0)), "name": "räts"}]),
        "rows": np.array(["ab  ", "cdef"]),
        "many": np.array([(1.0, 2.0), (3.0, 4.0)], dtype=[("p", "f8"), ("q", "f8")]),
    }
    read = read_mat(save(tmp_path / "a.mat", content, compressed), content)
    first, second = read["cell"]
    np.testing.assert_array_equal(first[0]["a"], np.eye(2))
    assert (first[0]["name"], second[0]["name"]) == (("left",), ("räts",))
    assert second[0]["a"].size == 0
    assert read["rows"] == ("ab", "cdef")
    assert [float(entry["q"].item()) for entry in read["many"]] == [2.0, 4.0]


def test_kinds_that_no_calibration_has_read_as_none(tmp_path: Path) -> None:
    content = {"c": np.array([[1 + 2j]]), "s": scipy.sparse.eye(3, format="csc"), "n": np.ones((1, 1))}
    read = read_mat(save(tmp_path / "a.mat", content), content)
    assert read["c"] is None
    assert read["s"] is None
    assert read["n"].item() == 1.0


def test_the_real_file_agrees_with_scipy() -> None:
    path = shared_path("data/dannce_markerless_mouse_1") / "label3d_demo.mat"
    ours = read_mat(path, ["params", "camnames", "labelData"])
    theirs = scipy.io.loadmat(path, variable_names=["params", "labelData"])
    for i in range(6):
        for name, table in (("params", ("K", "r", "t", "RDistort")), ("labelData", ("data_3d", "data_2d"))):
            for field in table:
                np.testing.assert_array_equal(ours[name][i][0][field], theirs[name][i, 0][field][0, 0])
    assert ours["camnames"][0] == ("Camera1",)


def test_version_7_3_says_how_to_save_it_again(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n")
    with pytest.raises(FileFormatError, match=r"7\.3") as caught:
        read_mat(tmp_path / "a.mat", ["params"])
    assert "-v7" in caught.value.remedy


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(kind: int, shape: tuple[int, ...], content: bytes, name: bytes = b"params") -> bytes:
    parts = element(6, struct.pack("<II", kind, 0)) + element(5, struct.pack(f"<{len(shape)}i", *shape))
    return element(14, parts + element(1, name) + content)


def mat_file(path: Path, *variables: bytes) -> Path:
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x0100, b"IM") + b"".join(variables))
    return path


@pytest.mark.parametrize("shape", [(2**31 - 1, 2**31 - 1), (-1, -1), (30_000, 30_000), ()])
@pytest.mark.parametrize("kind", [1, 2, 4, 6])
def test_a_declared_size_is_not_believed(tmp_path: Path, kind: int, shape: tuple[int, ...]) -> None:
    fields = element(5, struct.pack("<i", 8)) + element(1, b"K".ljust(8, b"\0")) if kind == 2 else b""
    with pytest.raises(FileFormatError, match="not a whole MATLAB file"):
        read_mat(mat_file(tmp_path / "a.mat", matrix(kind, shape, fields)), ["params"])


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, "MAX_VARIABLE_BYTES", 1 << 20)
    bomb = zlib.compress(matrix(6, (1 << 18, 1), element(9, bytes(8 << 18))), 9)
    assert len(bomb) < 1 << 13
    path = mat_file(tmp_path / "a.mat", struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(FileFormatError, match="more than 1 MiB"):
        read_mat(path, ["params"])
    assert read_mat(path, ["others"]) == {}


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    inner = matrix(6, (1, 1), element(9, bytes(8)), b"")
    for _ in range(40):
        inner = matrix(1, (1, 1), inner, b"")
    with pytest.raises(FileFormatError, match="nested"):
        read_mat(mat_file(tmp_path / "a.mat", matrix(1, (1, 1), inner)), ["params"])


def test_big_endian_files_read(tmp_path: Path) -> None:
    value = struct.pack(">II", 6, 0)
    parts = (
        struct.pack(">II", 6, 8) + value + struct.pack(">IIii", 5, 8, 1, 2) + struct.pack(">II", 1, 1) + b"v" + bytes(7)
    )
    parts += struct.pack(">IIdd", 9, 16, 1.5, -2.0)
    stream = io.BytesIO()
    stream.write(b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H2s", 0x0100, b"MI"))
    stream.write(struct.pack(">II", 14, len(parts)) + parts)
    (tmp_path / "a.mat").write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_mat(tmp_path / "a.mat", ["v"])["v"], [[1.5, -2.0]])


def test_every_truncation_is_an_error(tmp_path: Path) -> None:
    whole = save(tmp_path / "a.mat", {"params": mat_cell([{"K": np.eye(3)}])}).read_bytes()
    for end in range(129, len(whole)):
        (tmp_path / "cut.mat").write_bytes(whole[:end])
        with pytest.raises(FileFormatError):
            read_mat(tmp_path / "cut.mat", ["params"])
