"""PLY files: round trips, the layout on disk, and files that lie."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plyfile import PlyData

from mouseview.model.errors import FileFormatError
from mouseview.model.gaussians import Gaussians
from mouseview.splats import ply
from mouseview.splats.ply import read_ply, write_ply
from tests.splats.scenes import random_scene


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 99),
    degree=st.integers(0, 3),
    unit=st.sampled_from([1e-3, 1.0, 300.0]),
    colours=st.booleans(),
    count=st.integers(0, 40),
)
def test_what_is_written_is_read(
    tmp_path: Path, seed: int, degree: int, unit: float, colours: bool, count: int
) -> None:
    scene = random_scene(seed, count, degree=degree, unit=unit)
    write_ply(scene, tmp_path / "a.ply", colours=colours)
    back = read_ply(tmp_path / "a.ply")
    np.testing.assert_array_equal(back.xyz, scene.xyz)
    if count:
        np.testing.assert_array_equal(back.sh, scene.sh)
    np.testing.assert_allclose(back.scale, scene.scale, rtol=1e-5)
    np.testing.assert_allclose(back.rotation, scene.rotation, atol=1e-6)
    np.testing.assert_allclose(back.opacity, scene.opacity, atol=2e-6)
    write_ply(back, tmp_path / "b.ply", colours=colours)
    again = read_ply(tmp_path / "b.ply")
    np.testing.assert_allclose(again.opacity, back.opacity, atol=1e-7)


def test_layout_on_disk(tmp_path: Path) -> None:
    scene = random_scene(3, 4, degree=1)
    write_ply(scene, tmp_path / "a.ply", colours=True)
    table = PlyData.read(tmp_path / "a.ply")["vertex"].data
    names = table.dtype.names
    assert names[:9] == ("x", "y", "z", "red", "green", "blue", "f_dc_0", "f_dc_1", "f_dc_2")
    assert names[9:54] == tuple(f"f_rest_{i}" for i in range(45))
    assert names[54:] == ("opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3")
    for channel in range(3):
        for coefficient in range(1, 16):
            column = table[f"f_rest_{15 * channel + coefficient - 1}"]
            np.testing.assert_array_equal(column, scene.sh[:, coefficient, channel] if coefficient < 4 else 0)
    np.testing.assert_allclose(table["scale_1"], np.log(scene.scale[:, 1]), rtol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-table["opacity"])), scene.opacity, atol=2e-6)
    expected = np.clip(0.5 + 0.28209479177387814 * scene.sh[:, 0, 2], 0, 1) * 255
    np.testing.assert_allclose(table["blue"], expected, atol=0.51)


def test_other_degrees_and_text_files_are_read(tmp_path: Path) -> None:
    scene = random_scene(4, 6, degree=2)
    write_ply(scene, tmp_path / "a.ply")
    table = PlyData.read(tmp_path / "a.ply")["vertex"].data
    names = [n for n in table.dtype.names if not n.startswith("f_rest")]
    values = {n: table[n] for n in names}
    for channel in range(3):
        for i in range(8):
            values[f"f_rest_{8 * channel + i}"] = scene.sh[:, 1 + i, channel]
    header = "ply\nformat ascii 1.0\nelement vertex 6\n" + "".join(f"property float {n}\n" for n in values)
    rows = "\n".join(" ".join(f"{values[n][row]:.9g}" for n in values) for row in range(6))
    (tmp_path / "text.ply").write_text(f"{header}end_header\n{rows}\n")
    back = read_ply(tmp_path / "text.ply")
    np.testing.assert_array_equal(back.sh, scene.sh)
    np.testing.assert_array_equal(back.xyz, scene.xyz)


def test_large_files_are_read_in_bulk(tmp_path: Path) -> None:
    """Row by row this would take 26 s."""
    scene = random_scene(8, 200_000)
    write_ply(scene, tmp_path / "a.ply")
    start = time.process_time()
    back = read_ply(tmp_path / "a.ply")
    assert time.process_time() - start < 5
    np.testing.assert_array_equal(back.xyz, scene.xyz)


def test_extremes_stay_finite(tmp_path: Path) -> None:
    scene = Gaussians(
        np.zeros((2, 3)), np.zeros((2, 1, 3)), np.array([[0.0] * 3, [1e3] * 3]), np.eye(4)[:2], np.array([0.0, 1.0])
    )
    write_ply(scene, tmp_path / "a.ply")
    table = PlyData.read(tmp_path / "a.ply")["vertex"].data
    assert all(np.all(np.isfinite(table[name])) for name in table.dtype.names)
    np.testing.assert_allclose(read_ply(tmp_path / "a.ply").opacity, scene.opacity, atol=2e-6)


GOOD = b"ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\nend_header\n" + bytes(8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"solid cube", "not a PLY file"),
        (b"", "not a PLY file"),
        (b"ply\n" + b"comment x\n" * 20_000, "not a PLY file"),
        (GOOD.replace(b"vertex 2", b"vertex 99999999999"), "truncated"),
        (GOOD.replace(b"vertex 2", b"vertex 999999999999999999999"), "header line"),
        (GOOD.replace(b"vertex 2", b"vertex -1"), "header line"),
        (GOOD.replace(b"float x", b"list uchar int x"), "header line"),
        (GOOD.replace(b"float x", b"quad x"), "header line"),
        (GOOD.replace(b"element vertex 2", b"element chunk 2"), "header line"),
        (GOOD.replace(b"end_header", b"element vertex 1\nend_header"), "2 elements"),
        (GOOD.replace(b"element vertex 2\nproperty float x\n", b""), "0 elements"),
        (GOOD.replace(b"format binary_little_endian 1.0", b"format wrong 1.0"), "damaged"),
        (GOOD[:-1], "truncated"),
        (GOOD, "y, z, f_dc_0"),
        (GOOD.replace(b"binary_little_endian", b"ascii")[:-8] + b"1\nx\n\n\n\n", "damaged"),
    ],
)
def test_files_that_lie_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.ply"
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_ply(path)
    assert str(path) in caught.value.place
    assert caught.value.remedy


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), min_size=1, max_size=4), cut=st.integers(0, 40)
)
def test_a_damaged_file_is_read_or_refused_but_never_worse(
    tmp_path: Path, edits: list[tuple[int, int]], cut: int
) -> None:
    path = tmp_path / "a.ply"
    write_ply(random_scene(7, 3), path)
    data = bytearray(path.read_bytes())
    for at, value in edits:
        data[at] = value
    path.write_bytes(data[: len(data) - cut])
    try:
        scene = read_ply(path)
    except FileFormatError:  # any other error fails the test
        return
    assert len(scene) <= 3


def test_missing_files_sizes_and_odd_harmonics_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileFormatError, match="does not exist"):
        read_ply(tmp_path / "none.ply")
    with pytest.raises(FileFormatError):
        read_ply(tmp_path)
    write_ply(random_scene(5, 3), tmp_path / "a.ply")
    data = (tmp_path / "a.ply").read_bytes()
    (tmp_path / "odd.ply").write_bytes(data.replace(b"property float f_rest_44\n", b"property float other_44\n"))
    with pytest.raises(FileFormatError, match="44 f_rest"):
        read_ply(tmp_path / "odd.ply")
    monkeypatch.setattr(ply, "MAX_PLY_BYTES", 100)
    with pytest.raises(FileFormatError, match="more than the 100"):
        read_ply(tmp_path / "a.ply")


def test_writing_into_nowhere_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError):
        write_ply(random_scene(6, 2), tmp_path / "missing" / "a.ply")
