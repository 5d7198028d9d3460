"""Calibrations compared from files: the document, the sheet, and what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats.images import read_image
from mouseview.formats.registry import write_rig
from mouseview.geometry.rotations import rotation_of
from mouseview.geometry.transforms import Rigid, Similarity
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import CentreSource
from mouseview.multiview.rig_difference import compare_rigs
from mouseview.workflow.diff import compare_paths, describe_difference, difference_of, write_difference
from mouseview.workflow.diff_sheet import draw_sheet
from tests.rigs import mouse_ring, with_camera
from tests.scene import photographed


def shifted(rig: Rig, index: int, millimetres: float) -> Rig:
    pose = rig[index].pose
    return with_camera(rig, index, T_cam_world=Rigid(pose.R, pose.t - np.array([millimetres, 0, 0])).matrix)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A calibration in millimetres, and a later one in another frame whose cam3 was moved by 2 mm to its right."""
    ring = mouse_ring()
    other = shifted(ring, 3, 2.0).moved(Similarity(np.array(1.0), rotation_of([0, 0, 1]), np.array([9.0, 8, 7])), "mm")
    first, second = tmp_path / "may" / "calibration.toml", tmp_path / "june" / "calibration.toml"
    for rig, path in ((ring, first), (other, second)):
        path.parent.mkdir()
        write_rig(rig, path, "anipose")
    return first, second


def test_the_document_is_complete_and_json(pair: tuple[Path, Path]) -> None:
    document = json.loads(json.dumps(describe_difference(compare_paths(*pair)), allow_nan=False))
    assert document["first"]["path"] == str(pair[0])
    assert document["second"]["path"] == str(pair[1])
    assert not document["equal"]
    assert document["largest_px"] > 5
    assert document["alignment"]["odd"] == ["cam3"]
    np.testing.assert_allclose(np.array(document["similarity"]["rotation"]), rotation_of([0, 0, -1]), atol=1e-6)
    by_name = {camera["name"]: camera for camera in document["cameras"]}
    assert by_name["cam3"]["moved"] == pytest.approx(2.0, abs=1e-5)
    np.testing.assert_allclose(by_name["cam3"]["move_right_down_forward"], [2, 0, 0], atol=1e-5)
    assert by_name["cam0"]["moved"] < 1e-5
    assert by_name["cam3"]["by_pose_px"]["rms"] == pytest.approx(by_name["cam3"]["displacement_px"]["rms"])
    assert by_name["cam3"]["intrinsics"]["fx"].keys() == {"first", "second", "change", "effect_px"}
    assert all(camera["displacement_px"]["max"] < 1e-2 for name, camera in by_name.items() if name != "cam3")


def test_equal_is_within_the_tolerance_that_is_named(pair: tuple[Path, Path]) -> None:
    compared = compare_paths(*pair)
    largest = compared.difference.largest_px
    assert describe_difference(compared, 1.01 * largest)["equal"]
    assert not describe_difference(compared, 0.99 * largest)["equal"]
    assert describe_difference(compare_paths(pair[0], pair[0]))["equal"]


def test_the_volume_lies_where_it_is_asked_for(pair: tuple[Path, Path]) -> None:
    given = compare_paths(*pair, point=(40.0, 50.0, 30.0), radius=12.0).difference.volume
    np.testing.assert_array_equal(given.centre, [40, 50, 30])
    assert given.radius == 12
    axes = compare_paths(*pair).difference.volume.centre
    trusted = compare_paths(*pair, source=None).difference.volume.centre
    np.testing.assert_allclose(trusted, axes, atol=1e-6)  # a bare calibration has nothing better than its axes
    with pytest.raises(MouseViewError, match="no masks") as error:
        compare_paths(*pair, source=CentreSource.MASKS)
    assert "X,Y,Z" in error.value.remedy
    with pytest.raises(MouseViewError, match="not positive"):
        difference_of(mouse_ring(), mouse_ring(), radius=-1.0)


def test_nothing_in_common_is_an_error_with_both_places(tmp_path: Path) -> None:
    ring = mouse_ring().replace(source=tmp_path / "a")
    with pytest.raises(MouseViewError, match="no camera in common") as error:
        difference_of(ring, Rig((), source=tmp_path / "b"))
    assert "a and" in error.value.place
    assert error.value.remedy


def test_json_and_sheet_are_written_whole(pair: tuple[Path, Path], tmp_path: Path) -> None:
    compared = compare_paths(*pair)
    document = describe_difference(compared)
    written = write_difference(compared, document, tmp_path / "new" / "folder")
    assert json.loads(Path(written["json"]).read_text(encoding="utf-8")) == document
    sheet = read_image(Path(written["picture"]))
    assert sheet.shape[0] > 800
    assert sheet.shape[1] > 1500


def test_arrows_point_where_the_second_calibration_sees_things() -> None:
    """cam3 moved to its right: what it sees moves to the left, and nothing moves elsewhere."""
    ring = mouse_ring(size=(288, 256))
    sample = photographed(ring, supersample=1)
    images = {camera.name: sample.image(index) for index, camera in enumerate(ring)}
    still = draw_sheet(compare_rigs(ring, ring), images).astype(int)
    # arrows are as long in both, so that dots and captions are the only other ink
    moved = draw_sheet(compare_rigs(ring, shifted(ring, 3, 2.0)), images).astype(int)
    assert still.shape == moved.shape
    changed = np.abs(moved - still).sum(axis=-1) > 60
    rows, columns = moved.shape[0] - 64, moved.shape[1]
    picture = changed[64:]
    tile = picture[rows // 2 : rows - 80, : columns // 3 - 20]  # cam3 lies first in the second row
    elsewhere = picture[: rows // 2 - 80, :]
    assert tile.mean() > 0.02
    assert elsewhere.mean() < 1e-4
