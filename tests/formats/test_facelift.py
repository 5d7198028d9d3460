"""FaceLift's camera file: round trips, the real sample, and files of the wrong kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mouseview.formats import read_rig, write_rig
from mouseview.formats.facelift import read_views, write_views
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError
from tests.formats.builders import edit_json, ring_rig
from tests.shared_data import shared_path

finite = st.floats(-1e6, 1e6)


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    fx, fy, cx, cy, skew = (draw(finite) for _ in range(5))
    lens = draw(st.sampled_from(LensModel))
    count = draw(st.sampled_from([0, 4, 5, 8] if lens is LensModel.RADTAN else [0, 4]))
    pose = np.eye(4)
    pose[:3] = draw(arrays(np.float64, (3, 4), elements=finite))
    return Camera(
        name=draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)),
        width=draw(st.integers(1, 8192)),
        height=draw(st.integers(1, 8192)),
        K=np.array([[fx, skew, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]]),
        distortion=draw(arrays(np.float64, count, elements=st.floats(-3, 3))),
        T_cam_world=pose,
        lens=lens,
    )


def assert_same(rig: Rig, other: Rig, tolerance: float = 1e-9) -> None:
    assert len(rig) == len(other)
    for a, b in zip(rig, other, strict=True):
        assert a.size == b.size
        for left, right in ((a.K, b.K), (a.T_cam_world, b.T_cam_world), (a.distortion, b.distortion)):
            np.testing.assert_allclose(left, right, rtol=0, atol=tolerance)


@given(
    st.lists(cameras(), min_size=1, max_size=4, unique_by=lambda camera: camera.name),
    st.sampled_from(["mm", "m", "model", "unknown"]),
)
def test_a_rig_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, rig_cameras: list[Camera], units: str
) -> None:
    path = tmp_path_factory.mktemp("rig") / "opencv_cameras.json"
    rig = Rig(tuple(rig_cameras), units=units, assumptions=("one thing was assumed",))
    lost = write_rig(rig, path, "facelift")
    back = read_rig(path)
    assert_same(rig, back)
    assert back.names == rig.names
    assert back.units == units
    assert "one thing was assumed" in back.assumptions
    assert [camera.lens for camera in back if camera.distortion.size] == [
        camera.lens for camera in rig if camera.distortion.size
    ]
    for word, is_lost in (
        ("skew", any(camera.skew != 0 for camera in rig)),
        ("distortion", any(not camera.is_pinhole for camera in rig)),
        ("unit of length", units != "unknown"),
    ):
        assert any(word in line for line in lost) == is_lost


def test_other_readers_find_the_keys_they_know(tmp_path: Path) -> None:
    rig = ring_rig(2)
    write_views(rig, tmp_path / "c.json", ["images/a.png", "images/b.png"], name="sample_7")
    document = json.loads((tmp_path / "c.json").read_text())
    assert document["id"] == "sample_7"
    frame = document["frames"][1]
    assert (frame["w"], frame["h"], frame["fx"], frame["cy"]) == (24, 20, 31.0, 10.0)
    assert frame["file_path"] == "images/b.png"
    assert frame["view_id"] == 1
    np.testing.assert_array_equal(frame["w2c"], rig[1].T_cam_world)


def test_the_real_sample_and_its_rig_only_file() -> None:
    folder = shared_path("data/facelift_sample")
    rig, views = read_views(folder / "opencv_cameras.json")
    assert rig.names[:3] == ("cam_000", "cam_004", "cam_008")
    assert [view.file_path for view in views][:2] == ["images/cam_000.png", "images/cam_004.png"]
    assert rig.units == "unknown"
    assert any("no unit" in line for line in rig.assumptions)
    np.testing.assert_allclose(rig.distances(np.zeros(3)), 2.7, atol=1e-6)
    np.testing.assert_allclose(rig[0].fxfycxcy, [548.9937744140625, 548.9937744140625, 256, 256])
    only, views = read_views(folder / "inference_rig.json")
    assert len(only) == 6
    assert all(view.file_path is None for view in views)
    assert only.names[0] == "cam_000"


def test_view_ids_of_the_lab_file_are_kept() -> None:
    rig, views = read_views(shared_path("data/markerless_mouse_cameras") / "m5_cameras.json")
    assert [view.view_id for view in views] == [0, 1, 2, 3, 4, 5]
    assert rig[0].fx == 549.0
    assert [round(float(np.linalg.det(camera.T_cam_world[:3, :3])), 9) for camera in rig] == [1.0] * 6


def test_values_that_cannot_be_a_camera_are_held_as_declared(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_rig(ring_rig(), path, "facelift")
    mirrored = np.diag([1.0, 1.0, -1.0, 1.0])
    mirrored[0, 3] = np.nan
    edit_json(path, fx=-5.0, cy=float("nan"), w2c=mirrored.tolist())
    camera = read_rig(path)[0]
    assert camera.fx == -5.0
    assert np.isnan(camera.cy)
    np.testing.assert_array_equal(camera.T_cam_world, mirrored)


def test_names_of_equal_files_in_different_folders_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    write_views(ring_rig(2), path, ["a/x.png", "b/x.png"])
    document = json.loads(path.read_text())
    for frame in document["frames"]:
        del frame["mouseview"]
    path.write_text(json.dumps(document))
    assert read_rig(path).names == ("x", "x_2")


WRONG: list[Any] = [None, "x", True, [], {}, [[1]], [1, "2"], 10**400, {"a": 1}]


@pytest.mark.parametrize("key", ["w", "h", "fx", "fy", "cx", "cy", "w2c"])
@pytest.mark.parametrize("value", WRONG, ids=lambda value: str(value)[:12])
def test_a_wrong_type_is_an_error_at_its_place(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "c.json"
    write_rig(ring_rig(), path, "facelift")
    edit_json(path, **{key: value})
    with pytest.raises(FileFormatError, match="expected") as caught:
        read_rig(path)
    assert f"frames[0].{key}" in caught.value.place
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"w": 40_000}, "frames[0].w"),
        ({"w": 1e300}, "frames[0].w"),
        ({"h": 0}, "frames[0].h"),
        ({"h": 12.5}, "frames[0].h"),
        ({"w": float("nan")}, "frames[0].w"),
        ({"w": 16_384, "h": 16_384}, "frames[0]"),
        ({"w2c": [[1.0] * 4] * 3}, "frames[0].w2c"),
        ({"file_path": 3}, "frames[0].file_path"),
        ({"file_path": "../../secret.png"}, "frames[0].file_path"),
        ({"file_path": "/etc/passwd"}, "frames[0].file_path"),
        ({"view_id": "a"}, "frames[0].view_id"),
        ({"mouseview": 3}, "frames[0].mouseview"),
        ({"mouseview": {"name": 3}}, "frames[0].mouseview.name"),
        ({"mouseview": {"lens": "magic"}}, "frames[0].mouseview.lens"),
        ({"mouseview": {"distortion": [1] * 99}}, "frames[0].mouseview.distortion"),
        ({"mouseview": {"distortion": ["a"]}}, "frames[0].mouseview.distortion[0]"),
    ],
)
def test_impossible_sizes_paths_and_own_keys_are_errors_at_their_place(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    path = tmp_path / "c.json"
    write_rig(ring_rig(), path, "facelift")
    edit_json(path, **changes)
    with pytest.raises(FileFormatError) as caught:
        read_rig(path)
    assert caught.value.place.endswith(place)


@pytest.mark.parametrize("document", [[], 3, None, {}, {"frames": {}}, {"frames": []}, {"frames": [3]}])
def test_another_document_is_an_error(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "opencv_cameras.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FileFormatError):
        read_rig(path, "facelift")


@pytest.mark.parametrize(
    "own", [{"units": "parsec"}, {"units": 3}, {"mouseview": []}, {"mouseview": {"assumptions": 1}}]
)
def test_own_keys_of_the_file_are_checked_too(tmp_path: Path, own: dict[str, Any]) -> None:
    path = tmp_path / "opencv_cameras.json"
    write_rig(ring_rig(), path, "facelift")
    path.write_text(json.dumps({**json.loads(path.read_text()), **own}))
    with pytest.raises(FileFormatError, match="expected"):
        read_rig(path)
