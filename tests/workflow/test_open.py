"""Everything that PATH may be, which views are fed, which sample is meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mouseview.model.errors import MouseViewError
from mouseview.phantom.rig import HELD_OUT, demo_rig
from mouseview.workflow.open import fed_and_held_out, held_out_by_name, open_path, sample_named
from mouseview.workflow.project import Project, save_project
from tests.shared_data import shared_path


def test_a_folder_of_samples_a_sample_and_its_cameras(samples: Path) -> None:
    assert open_path(samples).names == ("sample_000000", "sample_000001", "sample_000002")
    assert open_path(str(samples / "sample_000001")).names == ("sample_000001",)
    dataset = open_path(samples / "sample_000001" / "opencv_cameras.json")
    assert len(dataset[0].rig) == 6
    assert dataset[0].has_images


def test_a_list_opens_what_exists_and_names_what_does_not(samples: Path, tmp_path: Path) -> None:
    listed = tmp_path / "train.txt"
    listed.write_text(f"{samples / 'sample_000002'}\n{samples / 'gone'}\n", encoding="utf-8")
    dataset = open_path(listed)
    assert dataset.names == ("sample_000002",)
    (problem,) = dataset.problems
    assert "gone" in problem.message
    assert "line 2" in problem.place


def test_a_project_opens_its_dataset(samples: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.mouseview"
    save_project(Project(str(samples)), file)
    assert len(open_path(file)) == 3


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_a_project_without_a_usable_dataset_is_an_error(path: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.mouseview"
    save_project(Project(path), file)
    with pytest.raises(MouseViewError) as caught:
        open_path(file)
    assert caught.value.place
    assert caught.value.remedy


def test_the_home_folder_may_be_abbreviated(samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(samples.parent))
    assert len(open_path("~/dataset")) == 3


@pytest.mark.parametrize(
    ("name", "cameras"),
    [
        ("data/dannce_markerless_mouse_1/label3d_demo.mat", 6),
        ("data/facelift_sample", 8),
        ("data/facelift_sample/inference_rig.json", 6),
        ("data/markerless_mouse_cameras/m5_cameras.json", 6),
    ],
)
def test_real_calibrations_open(name: str, cameras: int) -> None:
    assert len(open_path(shared_path(name))[0].rig) == cameras


def test_samples_by_name(samples: Path) -> None:
    dataset = open_path(samples)
    assert sample_named(dataset, None).name == "sample_000000"
    assert sample_named(dataset, "sample_000002").name == "sample_000002"
    with pytest.raises(MouseViewError) as caught:
        sample_named(dataset, "sample_9")
    assert "sample_000001" in caught.value.remedy


def test_a_broken_sample_leaves_the_others_usable(samples: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(samples, tmp_path / "copy"))
    (copy / "sample_000001" / "opencv_cameras.json").write_text("{", encoding="utf-8")
    dataset = open_path(copy)
    with pytest.raises(MouseViewError, match="JSON"):
        sample_named(dataset, "sample_000001")
    assert sample_named(dataset, "sample_000002").has_images


def test_what_is_not_held_out_is_fed() -> None:
    rig = demo_rig()
    assert held_out_by_name(rig) == HELD_OUT
    assert fed_and_held_out(rig, HELD_OUT) == tuple(f"cam_{i:03d}" for i in range(6))
    assert fed_and_held_out(rig, ("cam_001",), ("cam_001", "cam_004", "cam_000")) == ("cam_004", "cam_000")


@pytest.mark.parametrize(
    ("held", "views", "said"),
    [
        (("periscope",), (), "periscope"),
        ((), ("cam_000", "periscope"), "periscope"),
        ((), ("cam_000",), "1 view"),
        (demo_rig().names, (), "0 view"),
        (("cam_000", "cam_001"), ("cam_000", "cam_001", "cam_002"), "1 view"),
    ],
)
def test_impossible_choices_of_views_are_refused(held: tuple[str, ...], views: tuple[str, ...], said: str) -> None:
    with pytest.raises(MouseViewError, match=said) as caught:
        fed_and_held_out(demo_rig(), held, views)
    assert caught.value.remedy
