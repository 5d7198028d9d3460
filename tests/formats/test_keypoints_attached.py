"""Keypoint files find their cameras and frames: calibration folders, sessions with shifts, broken files said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mouseview.checks import inspect
from mouseview.formats import open_dataset, read_labels, read_rig, write_rig
from mouseview.formats.keypoints import discover, find_keypoints, write_keypoints
from mouseview.formats.keypoints.assign import camera_of, cameras_of_views
from mouseview.model.camera import Labels
from mouseview.model.errors import FileFormatError
from mouseview.model.recipe import CentreSource
from mouseview.normalise.centres import subject_centres
from tests.formats import keypoint_files as made
from tests.formats.builders import write_sample
from tests.rigs import SUBJECT_MM, mouse_ring, with_camera
from tests.shared_data import shared_path

NAMES = tuple(f"cam{i}" for i in range(6))


def walk(frames: int) -> np.ndarray:
    """(F, 3, 3) points of an animal on its way."""
    rng = np.random.default_rng(3)
    return SUBJECT_MM + rng.normal(size=(1, 3, 3)) * 15 + np.linspace(-20, 20, frames)[:, None, None]


def write_views(folder: Path, frames: int = 5) -> np.ndarray:
    """The rig as calibration.toml and a SLEAP file for each camera; returns the points (F, N, 3)."""
    rig, points = mouse_ring(), walk(frames)
    write_rig(rig, folder / "calibration.toml", "anipose")
    for camera in rig:
        (folder / camera.name).mkdir()
        made.sleap_analysis(folder / camera.name / "video.analysis.h5", (camera.project(points)[0] - 0.5)[None])
    return points


@pytest.mark.parametrize(
    ("relative", "camera"),
    [
        ("cam1/anything.h5", 1),
        ("pose-2d/cam1.h5", 1),
        ("pose-2d/CAM1DLC_resnet50_miceJul1shuffle1_100000.h5", 1),
        ("session_cam1_proofread.analysis.h5", 1),
        ("cam10.csv", 3),
        ("cam10DLC_x.csv", 3),
        ("videos/rec-10-leftDLC_net.csv", 0),
        ("top.h5", None),
        ("cam1_cam2.h5", None),
    ],
)
def test_names_tell_the_camera(relative: str, camera: int | None) -> None:
    videos = [Path("videos/rec-10-left.mp4"), Path("videos/rec-10-right.mp4"), None, None]
    assert camera_of(relative, ("cam0", "cam1", "cam2", "cam10"), videos) == camera


def test_views_of_one_file_are_named_or_numbered() -> None:
    cameras = ("Camera_B", "Camera_T", "Camera_L")
    assert cameras_of_views(("camera_t", "Camera_L"), cameras, ()) == (1, 2)
    assert cameras_of_views(("0", "1", "2"), cameras, ()) == (0, 1, 2)
    assert cameras_of_views(("0", "1"), cameras, ()) == (None, None)
    assert cameras_of_views(("D:/x/Camera_L/video.mp4", "D:/x/Camera_B/video.mp4"), cameras, ()) == (2, 0)
    assert cameras_of_views(("Camera_B", "x/Camera_B/1.mp4"), cameras, ()) == (None, None)


def test_points_follow_their_video_to_the_camera_it_was_given() -> None:
    cameras, swapped = ("left", "right"), (Path("right.mp4"), Path("left.mp4"))
    assert cameras_of_views(("left", "right"), cameras, swapped) == (1, 0)
    assert cameras_of_views(("left", "right"), cameras, (Path("a.mp4"), Path("b.mp4"))) == (0, 1)


def test_the_monkey_has_two_framesets_in_one_sample() -> None:
    (sample,) = open_dataset(shared_path("data/jarvis_12cam_monkey"))
    assert sample.labels is not None
    assert sample.labels.points_px is not None
    assert sample.labels.points_px.shape == (12, 2, 23, 2)
    assert sample.labels.frames == (0, 1)
    assert any("frameset_A, frameset_B" in note for note in sample.labels.notes)
    first = subject_centres(sample)[0]
    assert first.source is CentreSource.LABELS
    assert "46 keypoints of 2 frame(s) triangulated from 2D labels of 12 views" in first.note
    (said,) = [finding for finding in inspect(sample) if finding.code == "labels"]
    assert "2D in 12 of 12 views (552 marks)" in said.message


def test_frames_of_the_minimal_session_have_their_own_labels() -> None:
    folder = shared_path("data/sleap_anipose_minimal_session")
    dataset = open_dataset(folder)
    assert len(dataset) == 120
    whole = read_labels(folder / "top" / "minimal_top_proofread.analysis.h5")
    assert whole is not None
    assert whole.points_px is not None
    for index in (0, 77):
        labels = dataset[index].labels
        assert labels is not None
        assert labels.points_px is not None
        assert labels.frames == (index,)
        view = dataset[index].rig.names.index("top")
        np.testing.assert_array_equal(labels.points_px[view, 0], whole.points_px[0, index])
        assert np.all(np.isfinite(labels.points_world))


def test_a_calibration_folder_without_videos_takes_all_frames(tmp_path: Path) -> None:
    points = write_views(tmp_path)
    (sample,) = open_dataset(tmp_path)
    labels = sample.labels
    assert labels is not None
    assert labels.points_px is not None
    expected = np.stack([camera.project(points)[0] for camera in sample.rig])
    np.testing.assert_allclose(labels.points_px, expected, atol=1e-9)
    assert not len(labels.finite_points)
    centre = subject_centres(sample)[0]
    assert centre.source is CentreSource.LABELS
    np.testing.assert_allclose(centre.point, points.reshape(-1, 3).mean(axis=0), atol=1e-6)


def test_keypoints_that_do_not_meet_give_no_centre(tmp_path: Path) -> None:
    write_views(tmp_path)
    (sample,) = open_dataset(tmp_path)
    labels = sample.labels
    assert labels is not None
    assert labels.points_px is not None
    noise = np.random.default_rng(0).normal(size=labels.points_px.shape) * 60
    false = Labels(labels.points_world, labels.names, labels.points_px + noise)
    spoilt = type(sample)(sample.name, sample.rig, labels=false)
    assert all(centre.source is not CentreSource.LABELS for centre in subject_centres(spoilt))


def test_labels_follow_the_views_that_are_chosen(tmp_path: Path) -> None:
    write_views(tmp_path)
    (sample,) = open_dataset(tmp_path)
    chosen = sample.subset(["cam4", "cam1"])
    assert chosen.labels is not None
    assert chosen.labels.points_px is not None
    assert sample.labels is not None
    assert sample.labels.points_px is not None
    np.testing.assert_array_equal(chosen.labels.points_px, sample.labels.points_px[[4, 1]])
    impossible = with_camera(sample.rig, 0, K=np.diag([-1.0, 1.0, 1.0]))
    findings = inspect(type(sample)("mouse", impossible, labels=sample.labels))
    assert not [finding for finding in findings if finding.code.startswith("label-view")]


def test_many_frames_are_sampled_and_that_is_said(tmp_path: Path) -> None:
    write_views(tmp_path, frames=450)
    (sample,) = open_dataset(tmp_path)
    assert sample.labels is not None
    assert len(sample.labels.frames) == 100
    assert sample.labels.frames[0] == 0
    assert sample.labels.frames[-1] == 449
    assert any("100 of 450" in note for note in sample.labels.notes)


def test_each_camera_is_asked_for_its_own_frame(tmp_path: Path) -> None:
    points = write_views(tmp_path)
    rig = read_rig(tmp_path / "calibration.toml")
    found = find_keypoints(tmp_path, rig.names)
    assert found is not None
    labels = found.at(2, [2, 3, 1, None, 2, 99])
    assert labels is not None
    assert labels.points_px is not None
    for view, frame in ((0, 2), (1, 3), (2, 1), (4, 2)):
        np.testing.assert_allclose(labels.points_px[view, 0], rig[view].project(points[frame])[0], atol=1e-9)
    assert np.all(np.isnan(labels.points_px[[3, 5]]))
    assert found.at(500) is None


def test_3d_points_join_2d_ones_by_order_or_are_left_out(tmp_path: Path) -> None:
    points = write_views(tmp_path)
    made.points3d(tmp_path / "points3d.h5", points)
    (sample,) = open_dataset(tmp_path)
    assert sample.labels is not None
    np.testing.assert_array_equal(sample.labels.points_world, points)
    made.points3d(tmp_path / "points3d.h5", points[:, :2])
    (sample,) = open_dataset(tmp_path)
    assert sample.labels is not None
    assert not len(sample.labels.finite_points)
    assert any("2 nameless points do not fit 3 points" in note for note in sample.labels.notes)


def test_points_join_by_name_where_files_name_them_in_another_order(tmp_path: Path) -> None:
    points = write_views(tmp_path)
    camera = mouse_ring()[1]
    swapped = (camera.project(points)[0] - 0.5)[:, [2, 0, 1]]
    made.sleap_analysis(tmp_path / "cam1" / "video.analysis.h5", swapped[None], names=("tail", "nose", "ear left"))
    (sample,) = open_dataset(tmp_path)
    assert sample.labels is not None
    assert sample.labels.points_px is not None
    np.testing.assert_allclose(sample.labels.points_px[1], camera.project(points)[0], atol=1e-9)


def test_a_second_file_for_a_camera_is_named_and_not_used(tmp_path: Path) -> None:
    write_views(tmp_path)
    made.deeplabcut_csv(tmp_path / "cam2DLC_net.csv", np.ones((2, 9)))
    (sample,) = open_dataset(tmp_path)
    assert sample.labels is not None
    assert any("not used: cam2DLC_net.csv" in note for note in sample.labels.notes)


def test_of_several_recordings_the_one_of_the_videos_is_taken(tmp_path: Path) -> None:
    points = write_views(tmp_path)
    rig = read_rig(tmp_path / "calibration.toml")
    (tmp_path / "pose-2d").mkdir()
    for camera in rig:
        shutil.rmtree(tmp_path / camera.name)
        for recording, shift in (("rec1", 40.0), ("rec2", 0.0)):
            px = camera.project(points)[0] - 0.5 + shift
            made.sleap_analysis(tmp_path / "pose-2d" / f"{recording}-{camera.name}.h5", px[None])
    found = find_keypoints(tmp_path, rig.names, [Path(f"videos/rec2-{name}.mp4") for name in rig.names])
    assert found is not None
    labels = found.at(1)
    assert labels is not None
    assert labels.points_px is not None
    np.testing.assert_allclose(labels.points_px[3, 0], rig[3].project(points[1])[0], atol=1e-9)


def test_a_broken_file_costs_its_camera_alone(tmp_path: Path) -> None:
    write_views(tmp_path)
    path = tmp_path / "cam3" / "video.analysis.h5"
    path.write_bytes(path.read_bytes()[:3000])
    dataset = open_dataset(tmp_path)
    findings = (*dataset.problems, *inspect(dataset[0]))
    (said,) = [finding for finding in findings if finding.code == "keypoints-unreadable"]
    assert "video.analysis.h5" in said.place
    labels = dataset[0].labels
    assert labels is not None
    assert labels.points_px is not None
    assert np.isfinite(labels.points_px).all(axis=(1, 2, 3)).tolist() == [True, True, True, False, True, True]


def test_a_folder_that_may_not_be_listed_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_views(tmp_path)
    real = discover.os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "cam5":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(discover.os, "scandir", guarded)
    found = find_keypoints(tmp_path, NAMES)
    assert found is not None
    assert [(problem.code, Path(problem.place).name) for problem in found.problems] == [
        ("keypoints-unreadable", "cam5")
    ]
    assert found.at(0) is not None


def test_a_file_of_no_camera_is_said(tmp_path: Path) -> None:
    write_views(tmp_path)
    made.deeplabcut_csv(tmp_path / "overhead.csv", np.ones((2, 9)))
    problems = open_dataset(tmp_path).problems
    assert [problem.code for problem in problems] == ["keypoints-without-camera"]
    assert "overhead.csv" in problems[0].place


def test_sample_folders_carry_their_keypoints(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "sample")
    rig = read_rig(folder / "opencv_cameras.json")
    px = np.random.default_rng(0).uniform(0, 20, (4, 1, 3, 2))
    order = [2, 0, 3]
    labels = Labels(np.full((1, 3, 3), np.nan), made.NAMES, px[order], (120,))
    write_keypoints(labels, [rig.names[index] for index in order], folder / "keypoints.json")
    found = open_dataset(tmp_path)[0].labels
    assert found is not None
    assert found.points_px is not None
    np.testing.assert_array_equal(found.points_px[order], px[order])
    assert np.all(np.isnan(found.points_px[1]))
    assert found.frames == (120,)
    (folder / "keypoints.json").write_text('{"format": "mouseview-keypoints", "version": 1')
    with_broken = open_dataset(tmp_path)[0]
    assert with_broken.labels is not None
    assert [problem.code for problem in with_broken.labels.problems] == ["keypoints-unreadable"]
    assert "keypoints-unreadable" in {finding.code for finding in inspect(with_broken)}
    assert all(centre.source is not CentreSource.LABELS for centre in subject_centres(with_broken))


def test_keypoints_alone_are_no_dataset(tmp_path: Path) -> None:
    made.point_sets(tmp_path / "keypoints2d.json", np.ones((2, 1, 3, 2)))
    with pytest.raises(FileFormatError, match=r"keypoints .* no cameras"):
        open_dataset(tmp_path / "keypoints2d.json")


def test_tables_of_whole_sessions_are_parsed_line_by_line(tmp_path: Path) -> None:
    """Of 18 000 frames of six cameras only the lines of the frame that is asked for become numbers."""
    few = np.random.default_rng(0).uniform(0, 999, (300, 9))
    few[:, 2::3] = 0.9
    made.deeplabcut_csv(tmp_path / "cam0.csv", few)
    lines = (tmp_path / "cam0.csv").read_text().splitlines()
    head, rows = lines[:3], lines[3:]
    numbered = [f"{frame},{rows[frame % 300].split(',', 1)[1]}" for frame in range(18_000)]
    numbered[5] = numbered[5].replace("0.9", "words")
    (tmp_path / "cam0.csv").write_text("\n".join([*head, *numbered]) + "\n")
    for name in NAMES[1:]:
        shutil.copy(tmp_path / "cam0.csv", tmp_path / f"{name}.csv")
    found = find_keypoints(tmp_path, NAMES)
    assert found is not None
    labels = found.at(17_777)
    assert labels is not None
    assert labels.points_px is not None
    np.testing.assert_allclose(labels.points_px[5, 0], few[17_777 % 300].reshape(3, 3)[:, :2] + 0.5)
    assert not labels.problems
    broken = found.at(5)
    assert broken is not None
    assert all("line 9" in problem.place for problem in broken.problems)
    assert len(broken.problems) == 6
