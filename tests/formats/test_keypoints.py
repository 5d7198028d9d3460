"""Keypoint files of every format: points arrive at their place, in the house's pixel origin, weak ones absent."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mouseview.formats import read_labels
from mouseview.formats.keypoints import KEYPOINT_FORMATS, read_keypoints, sniff_keypoints, write_keypoints
from mouseview.formats.keypoints.table import KeypointTable
from mouseview.model.camera import Labels
from mouseview.model.errors import FileFormatError
from tests.formats import keypoint_files as made
from tests.shared_data import shared_path

NAN = np.nan


def points(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 600, (*shape, 2))


def pixels(table: KeypointTable) -> np.ndarray:
    assert table.pixels is not None
    return table.pixels(np.arange(len(table.frames)))


def world(table: KeypointTable) -> np.ndarray:
    assert table.world is not None
    return table.world(np.arange(len(table.frames)))


def columns(xy: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    """(F, N, 2) and (F, N) → DeepLabCut's columns (F, 3 N)."""
    return np.concatenate([xy, likelihood[..., None]], axis=-1).reshape(len(xy), -1)


def test_sleap_analysis_takes_the_best_track_and_drops_weak_points(tmp_path: Path) -> None:
    tracks = points(2, 5, 3)
    tracks[0, 1:] = NAN
    scores = np.full((2, 5, 3), 0.9)
    scores[1, 2, 0] = 0.19
    scores[1, 3, 1] = NAN  # labelled by hand: no score
    made.sleap_analysis(tmp_path / "a.h5", tracks, scores)
    table = read_keypoints(tmp_path / "a.h5")
    expected = tracks[1] + 0.5
    expected[2, 0] = NAN
    np.testing.assert_array_equal(pixels(table)[0], expected)
    assert table.names == made.NAMES
    assert table.frames.tolist() == [0, 1, 2, 3, 4]
    assert any("track_1" in note for note in table.notes)
    assert any("0.2" in note for note in table.notes)


def test_sleap_analysis_of_the_minimal_session() -> None:
    path = shared_path("data/sleap_anipose_minimal_session") / "mid" / "minimal_mid_proofread.analysis.h5"
    with h5py.File(path) as file:
        stored = file["tracks"][0]
    table = read_keypoints(path)
    assert table.names[:3] == ("Nose", "Ear_R", "Ear_L")
    np.testing.assert_allclose(pixels(table)[0], np.moveaxis(stored, (0, 1, 2), (2, 1, 0)) + 0.5)


def test_sleap_labels_prefer_what_was_labelled_by_hand(tmp_path: Path) -> None:
    made.sleap_labels(tmp_path / "a.slp")
    table = read_keypoints(tmp_path / "a.slp")
    assert table.names == ("nose", "ear left", "tail")  # in the skeleton's order, not in that of the list
    assert table.views == ("D:/data/left/video.mp4", "D:/data/right/video.mp4")
    assert table.frames.tolist() == [0, 3]
    found = pixels(table)
    np.testing.assert_array_equal(found[0, 0], [[1.5, 2.5], [NAN, NAN], [3.5, 4.5]])
    np.testing.assert_array_equal(found[1, 1], [[NAN, NAN], [20.5, 30.5], [21.5, 31.5]])


def test_early_sleap_labels_start_at_the_outer_corner(tmp_path: Path) -> None:
    made.sleap_labels(tmp_path / "a.slp", version=1.0)
    np.testing.assert_array_equal(pixels(read_keypoints(tmp_path / "a.slp"))[0, 0, 0], [1.0, 2.0])


@pytest.mark.parametrize("layout", ["csv", "table", "fixed"])
def test_deeplabcut_in_all_its_layouts(tmp_path: Path, layout: str) -> None:
    xy, likelihood = points(4, 3), np.full((4, 3), 0.95)
    likelihood[1, 2] = 0.59
    likelihood[3, 0] = 0.6
    path = tmp_path / ("a.csv" if layout == "csv" else "a.h5")
    write = {"csv": made.deeplabcut_csv, "table": made.deeplabcut_table, "fixed": made.deeplabcut_blocks}[layout]
    write(path, columns(xy, likelihood))
    table = read_keypoints(path)
    expected = xy + 0.5
    expected[1, 2] = NAN
    np.testing.assert_array_equal(pixels(table)[0], expected)
    assert table.names == made.NAMES
    assert any("0.6" in note for note in table.notes)


@pytest.mark.parametrize("suffix", [".csv", ".h5"])
def test_of_several_animals_the_one_of_most_points_is_taken(tmp_path: Path, suffix: str) -> None:
    first, second = points(4, 3, seed=1), points(4, 3, seed=2)
    likely = np.full((4, 3), 0.9)
    unlikely = np.where(np.arange(4)[:, None] < 2, 0.1, likely)
    both = np.concatenate([columns(first, unlikely), columns(second, likely)], axis=1)
    write = made.deeplabcut_csv if suffix == ".csv" else made.deeplabcut_table
    write(tmp_path / f"a{suffix}", both, ("Anna", "Bela"))
    table = read_keypoints(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(pixels(table)[0], second + 0.5)
    assert any("Bela" in note for note in table.notes)


def test_labelled_images_of_deeplabcut_are_frames_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "CollectedData.csv").write_text(
        "scorer,,,me,me\nbodyparts,,,nose,nose\ncoords,,,x,y\n"
        "labeled-data,left,img0107.png,10,20\nlabeled-data,left,img0009.png,,\n"
    )
    table = read_keypoints(tmp_path / "CollectedData.csv")
    assert table.frames.tolist() == [9, 107]
    np.testing.assert_array_equal(pixels(table)[0, :, 0], [[NAN, NAN], [10.5, 20.5]])


def test_columns_beside_x_y_and_likelihood_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "scorer,eks,eks,eks,eks\nbodyparts,nose,nose,nose,nose\ncoords,x,y,likelihood,x_var\n0,10,20,0.9,3\n"
    )
    np.testing.assert_array_equal(pixels(read_keypoints(tmp_path / "a.csv"))[0, 0], [[10.5, 20.5]])
    (tmp_path / "a.csv").write_text("scorer,a\nbodyparts,nose\ncoords,x\n0,10\n")
    with pytest.raises(FileFormatError, match="x and y of every body part"):
        read_keypoints(tmp_path / "a.csv")


def test_3d_points_of_sleap_anipose_and_anipose(tmp_path: Path) -> None:
    stored = np.random.default_rng(0).normal(size=(4, 3, 3)) * 100
    made.points3d(tmp_path / "points3d.h5", stored)
    np.testing.assert_array_equal(world(read_keypoints(tmp_path / "points3d.h5")), stored)
    M = np.array([[0.8, 0.6, 0], [-0.6, 0.8, 0.01], [0, 0, 1.0]])  # anipose's is not quite a rotation
    made.anipose_csv(tmp_path / "a.csv", stored, M, np.array([3.0, -40, 7]))
    table = read_keypoints(tmp_path / "a.csv")
    assert table.names == made.NAMES
    np.testing.assert_allclose(world(table), stored, atol=1e-9)


def test_jarvis_annotations(tmp_path: Path) -> None:
    marks = points(3, 2, 3)
    marks[2, 1, 0] = NAN
    made.jarvis_annotations(tmp_path / "instances_val.json", ("Camera_T", "Camera_B", "Camera_10"), marks)
    table = read_keypoints(tmp_path / "instances_val.json")
    assert table.views == ("Camera_10", "Camera_B", "Camera_T")
    assert table.frames.tolist() == [10, 20]
    np.testing.assert_array_equal(pixels(table)[[2, 1, 0]], marks + 0.5)
    assert table.names == made.NAMES


def test_plain_sets_count_cameras_within_each_set(tmp_path: Path) -> None:
    marks = points(3, 2, 4)
    made.point_sets(tmp_path / "a.json", marks)
    table = read_keypoints(tmp_path / "a.json")
    assert table.views == ("0", "1", "2")
    np.testing.assert_array_equal(pixels(table), marks + 0.5)


values = st.floats(-5e5, 5e5) | st.just(NAN)


@given(arrays(float, (2, 3, 4, 2), elements=values), arrays(float, (3, 4, 3), elements=values), st.booleans())
def test_own_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, px: np.ndarray, xyz: np.ndarray, named: bool
) -> None:
    path = tmp_path_factory.mktemp("own") / "keypoints.json"
    names = ("a", "b", "c", "d") if named else ()
    write_keypoints(Labels(xyz, names, px, (4, 7, 120)), ["left", "right"], path)
    read = read_labels(path)
    absent = np.isnan(px).any(axis=-1, keepdims=True)
    lost = np.isnan(xyz).any(axis=-1, keepdims=True)
    if absent.all() and lost.all():
        assert read is None
        return
    assert read is not None
    assert read.points_px is not None
    assert (read.names, read.frames) == (names, (4, 7, 120))
    np.testing.assert_array_equal(read.points_px, np.where(absent, NAN, px))
    np.testing.assert_array_equal(read.points_world, np.where(lost, NAN, xyz))


def test_own_file_states_its_pixel_origin(tmp_path: Path) -> None:
    write_keypoints(Labels(np.full((1, 1, 3), NAN), ("a",), points(1, 1, 1), (3,)), ["left"], tmp_path / "k.json")
    document = json.loads((tmp_path / "k.json").read_text())
    assert document["pixel_origin"] == "outer corner of the first pixel"
    assert set(document["cameras"]) == {"left"}
    assert "points_world" not in document
    document["pixel_origin"] = "centre of the first pixel"
    (tmp_path / "k.json").write_text(json.dumps(document))
    with pytest.raises(FileFormatError, match="pixel_origin"):
        read_keypoints(tmp_path / "k.json")


def test_each_format_is_told_by_content_alone(tmp_path: Path) -> None:
    likely = columns(points(2, 3), np.ones((2, 3)))
    writers = {
        "sleap-analysis": lambda path: made.sleap_analysis(path, points(1, 2, 3)),
        "sleap-labels": made.sleap_labels,
        "deeplabcut-csv": lambda path: made.deeplabcut_csv(path, likely),
        "deeplabcut-hdf5": lambda path: made.deeplabcut_table(path, likely),
        "sleap-anipose-3d": lambda path: made.points3d(path, np.zeros((2, 3, 3))),
        "anipose-3d": lambda path: made.anipose_csv(path, np.zeros((2, 3, 3)), np.eye(3), np.zeros(3)),
        "jarvis-annotations": lambda path: made.jarvis_annotations(path, ("a", "b"), points(2, 1, 3)),
        "point-sets": lambda path: made.point_sets(path, points(2, 1, 3)),
        "mouseview-keypoints": lambda path: write_keypoints(
            Labels(np.zeros((1, 3, 3)), (), points(2, 1, 3)), ["a", "b"], path
        ),
    }
    assert set(writers) == {known.name for known in KEYPOINT_FORMATS}
    for name, write in writers.items():
        write(tmp_path / "file")
        found = sniff_keypoints(tmp_path / "file")
        assert found is not None
        assert found.name == name
    (tmp_path / "file").write_text("time,voltage\n0,1\n")
    assert sniff_keypoints(tmp_path / "file") is None
    with pytest.raises(FileFormatError, match="not a keypoint file"):
        read_keypoints(tmp_path / "file")
