"""Every written format gives back the cameras it was given, or says what it does not hold."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mouseview.formats import read_rig, write_rig
from mouseview.formats.capacity import file_safe_names
from mouseview.formats.registry import FORMATS
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig
from tests.formats.strategies import rigs

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Holds:
    """What a format is expected to give back."""

    radtan: int = 8
    fisheye: bool = True
    skew: bool = True
    units: bool = True
    matrices: bool = False
    sorts: bool = False  # cameras come back in the order of their names
    suffix: str = ""


EXPECTED = {
    "anipose": Holds(suffix=".toml"),
    "caliscope": Holds(radtan=5, units=False, matrices=True, suffix=".toml"),
    "colmap": Holds(skew=False, units=False),
    "colmap-bin": Holds(skew=False, units=False),
    "nerfstudio": Holds(radtan=5, matrices=True, suffix=".json"),
    "dannce": Holds(radtan=5, fisheye=False, units=False, matrices=True, suffix=".mat"),
    "jarvis": Holds(radtan=5, fisheye=False, matrices=True, sorts=True),
    "opencv": Holds(matrices=True, suffix=".yml"),
}
_numbered = itertools.count()


def round_trip(rig: Rig, folder: Path, format: str) -> tuple[Rig, tuple[str, ...]]:
    """Written to a new path, recognised by its content and read."""
    path = folder / f"{next(_numbered)}{EXPECTED[format].suffix}"
    lost = write_rig(rig, path, format)
    back = read_rig(path)
    assert back.format == format
    if EXPECTED[format].sorts:
        written, _ = file_safe_names(rig)
        files = [f"{name}.yaml" for name in written]
        assert [f"{name}.yaml" for name in back.names] == sorted(files)
        assert any("order" in line for line in lost) == (files != sorted(files))
        back = back.subset(tuple(written))
    return back, lost


def padded(camera: Camera) -> np.ndarray:
    values = np.zeros(8)
    values[: len(camera.distortion)] = camera.distortion
    return values


def assert_equal_cameras(one: Camera, other: Camera) -> None:
    assert one.size == other.size
    assert one.lens is other.lens
    for a, b in ((one.K, other.K), (one.T_cam_world, other.T_cam_world), (padded(one), padded(other))):
        np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE)


def test_every_written_format_is_examined() -> None:
    assert EXPECTED.keys() | {"facelift"} >= {known.name for known in FORMATS if known.can_write}


@pytest.mark.parametrize("name", EXPECTED)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_cameras_come_back(name: str, data: st.DataObject, tmp_path: Path) -> None:
    holds = EXPECTED[name]
    rig = data.draw(rigs(holds.radtan, holds.fisheye, holds.skew))
    back, lost = round_trip(rig, tmp_path, name)
    assert len(back) == len(rig)
    renamed = any(line.startswith("names:") for line in lost)
    assert (back.names != rig.names) == renamed
    for one, other in zip(rig, back, strict=True):
        assert_equal_cameras(one, other)
    if holds.units:
        assert back.units == rig.units


@pytest.mark.parametrize("name", EXPECTED)
@given(rig=rigs())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_does_not_fit_is_refused_or_listed(name: str, rig: Rig, tmp_path: Path) -> None:
    holds = EXPECTED[name]
    unfit = any(
        np.any(camera.distortion[holds.radtan :] != 0) if camera.lens is LensModel.RADTAN else not holds.fisheye
        for camera in rig
    )
    if unfit:
        with pytest.raises(FileFormatError) as caught:
            write_rig(rig, tmp_path / "refused", name)
        assert caught.value.remedy
        assert not (tmp_path / "refused").exists()
        return
    back, lost = round_trip(rig, tmp_path, name)
    for one, other in zip(rig, back, strict=True):
        if one.skew != other.skew:
            assert other.skew == 0
            assert any("skew" in line and one.name in line for line in lost)
        upright = one.K.copy()
        upright[0, 1] = other.skew
        assert_equal_cameras(one.replace(K=upright), other)
    if rig.units != back.units:
        assert any("unit of length" in line for line in lost)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["K", "T_cam_world", "distortion"])
def test_impossible_numbers_are_not_written(tmp_path: Path, name: str, value: float, field: str) -> None:
    camera = ring_rig()[0].replace(distortion=np.zeros(4))
    broken = getattr(camera, field).copy()
    broken.flat[0] = value
    with pytest.raises(FileFormatError, match="not finite"):
        write_rig(Rig((camera.replace(**{field: broken}),)), tmp_path / "a", name)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", EXPECTED)
def test_poses_that_are_no_rotation(tmp_path: Path, name: str) -> None:
    """Held as declared by formats of matrices, else refused; a rounded rotation is noted where it is mended."""
    holds = EXPECTED[name]
    camera = ring_rig()[0]
    for change, refused in ((np.diag([1.0, 1.0, -1.0, 1.0]), True), (np.diag([1 + 1e-4, 1, 1, 1]), True)):
        rig = Rig((camera.replace(T_cam_world=change @ camera.T_cam_world),))
        if holds.matrices or not refused:
            back, _ = round_trip(rig, tmp_path, name)
            np.testing.assert_allclose(back[0].T_cam_world, rig[0].T_cam_world, atol=TOLERANCE)
        else:
            with pytest.raises(FileFormatError, match="no rotation"):
                write_rig(rig, tmp_path / "a", name)
    rounded = camera.replace(T_cam_world=np.round(camera.T_cam_world, 8))
    assert any("rotations of" in line for line in round_trip(Rig((rounded,)), tmp_path, name)[1]) != holds.matrices


@pytest.mark.parametrize("name", EXPECTED)
def test_no_cameras_are_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileFormatError, match="no camera"):
        write_rig(Rig(()), tmp_path / "a", name)


@pytest.mark.parametrize("name", EXPECTED)
def test_more_than_ten_cameras_keep_their_order(tmp_path: Path, name: str) -> None:
    rig = Rig(tuple(camera.replace(name=f"cam_{i}") for i, camera in enumerate(ring_rig(12))))
    back, _ = round_trip(rig, tmp_path, name)
    for one, other in zip(rig, back, strict=True):
        assert_equal_cameras(one, other)


@pytest.mark.parametrize("name", EXPECTED)
def test_assumptions_are_listed_as_lost(tmp_path: Path, name: str) -> None:
    _, lost = round_trip(ring_rig().replace(assumptions=("the size was assumed",)), tmp_path, name)
    assert "the note: the size was assumed" in lost
