"""Whole datasets: one scale a session, resuming, failures that stay alone, and sources that are never written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.formats import open_dataset
from mouseview.jobs import JobProgress
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.phantom.dataset import write_sample
from mouseview.workflow.normalise import normalise_dataset
from mouseview.workflow.project import Project, save_project
from tests.rigs import conforming_ring, mouse_ring
from tests.scene import Ellipsoid, photograph
from tests.workflow.stage import fed_names, phantom_sample

SMALL = Recipe(model="mouse-256")


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def changed(before: dict[str, int], folder: Path) -> set[str]:
    """Names of samples of which a file was written since."""
    return {path.split("/")[0] for path, when in times(folder).items() if before.get(path) != when}


def times(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.glob("*/**/*") if path.is_file()
    }


@pytest.fixture
def copy(samples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(samples, tmp_path / "dataset"))


@pytest.fixture(scope="module")
def once(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("normalised") / "out"
    return out, normalise_dataset(samples, out, SMALL)


def test_every_sample_is_written_in_the_format(once: tuple[Path, dict[str, Any]], samples: Path) -> None:
    out, document = once
    assert document["failed"] == []
    again = open_dataset(out)
    assert again.names == open_dataset(samples).names
    for sample, told in zip(again, document["samples"], strict=True):
        assert Path(told["ledger"]).is_file()
        assert sample.rig.names == mouse_ring().names  # names and units are kept
        assert sample.rig.units == "model"
        assert sample.image(0).shape == (256, 256, 4)


def test_one_scale_a_session_and_one_centre_a_sample(once: tuple[Path, dict[str, Any]]) -> None:
    _, document = once
    similarities = [sample["similarity"] for sample in document["samples"]]
    assert {similarity["scale"] for similarity in similarities} == {document["scale"]}
    centres = np.array([similarity["centre"] for similarity in similarities])
    np.testing.assert_allclose(np.diff(centres[:, 0]), 4.0, atol=1.0)  # the animal walks 4 mm a sample
    assert document["similarity"] == similarities[0]


def test_samples_of_another_rig_have_their_own_scale(copy: Path, tmp_path: Path) -> None:
    rig = mouse_ring((144, 128))
    larger = rig.replace(cameras=tuple(c.replace(T_cam_world=_farther(c.T_cam_world)) for c in rig))
    write_sample(copy / "sample_000009", larger, [photograph(Ellipsoid(), camera, 1) for camera in larger])
    document = normalise_dataset(copy, tmp_path / "out", SMALL)
    scales = [sample["similarity"]["scale"] for sample in document["samples"]]
    assert scales[:3] == [document["scale"]] * 3
    assert scales[3] < 0.8 * document["scale"]
    distances = open_dataset(tmp_path / "out")[3].rig.distances(np.zeros(3))
    assert distances.mean() == pytest.approx(2.7)


def _farther(T_cam_world: np.ndarray) -> np.ndarray:
    T = np.array(T_cam_world)
    T[2, 3] += 150.0
    return T


def test_conforming_samples_are_copied_also_when_there_are_several(tmp_path: Path) -> None:
    rig = conforming_ring()
    scene = Ellipsoid(centre=np.array([0.1, 0.0, 0.1]), axes=(0.5, 0.3, 0.2), wavelength=0.3)
    images = [photograph(scene, camera, 1) for camera in rig]
    for name in ("a", "b"):
        write_sample(tmp_path / "in" / name, rig, images)
    document = normalise_dataset(tmp_path / "in", tmp_path / "out", Recipe())
    assert [sample["similarity"]["scale"] for sample in document["samples"]] == [1.0, 1.0]
    for camera in rig:
        source = tmp_path / "in" / "b" / "images" / f"{camera.name}.png"
        written = tmp_path / "out" / "b" / "images" / f"cam_{rig.names.index(camera.name):03d}.png"
        assert written.read_bytes() == source.read_bytes()


def test_normalising_what_was_normalised_changes_nothing(once: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out, document = once
    again = normalise_dataset(out, tmp_path / "again", SMALL)
    for sample in document["samples"]:
        first, second = out / sample["name"], tmp_path / "again" / sample["name"]
        for image in (first / "images").iterdir():
            assert (second / "images" / image.name).read_bytes() == image.read_bytes()
        before, after = (json.loads((folder / "opencv_cameras.json").read_text("utf-8")) for folder in (first, second))
        assert after["frames"] == before["frames"]
    assert [sample["similarity"]["scale"] for sample in again["samples"]] == [1.0] * 3
    other = normalise_dataset(out, tmp_path / "other", Recipe(model="facelift"))
    assert other["samples"][0]["similarity"]["scale"] != 1.0  # for another model it is a rig like any other


def test_two_processes_write_the_same_bytes(once: tuple[Path, dict[str, Any]], samples: Path, tmp_path: Path) -> None:
    out, document = once
    seen: list[JobProgress] = []
    parallel = normalise_dataset(samples, tmp_path / "out", SMALL, jobs=2, watch=seen.append)
    assert digests(tmp_path / "out") == digests(out)
    assert [s["similarity"] for s in parallel["samples"]] == [s["similarity"] for s in document["samples"]]
    assert {progress.item for progress in seen} == {f"sample_00000{index}" for index in range(3)}
    assert [progress.finished for progress in seen] == [1, 2, 3]


def test_resuming_does_again_only_what_changed(copy: Path, tmp_path: Path) -> None:
    out, image = tmp_path / "out", copy / "sample_000001" / "images" / "cam0.png"
    comment(image, b"bc")
    first = normalise_dataset(copy, out, SMALL)
    before = times(out)
    again = normalise_dataset(copy, out, SMALL, resume=True)
    assert changed(before, out) == set()
    assert [sample.get("skipped") for sample in again["samples"]] == [True] * 3
    assert again["similarity"] == first["similarity"]

    os.utime(image, ns=(1, 1))  # the same bytes
    normalise_dataset(copy, out, SMALL, resume=True)
    assert changed(before, out) == set()
    comment(image, b"bd")
    normalise_dataset(copy, out, SMALL, resume=True)
    assert changed(before, out) == {"sample_000001"}

    before, whole = times(out), digests(out)
    (out / "sample_000000" / "images" / "cam_003.png").write_bytes(b"short")
    (out / "sample_000001" / "recipe.json").write_text("{", encoding="utf-8")
    (out / "sample_000002" / "opencv_cameras.json").unlink()  # somebody took it away
    normalise_dataset(copy, out, SMALL, resume=True)
    assert changed(before, out) == {"sample_000000", "sample_000001", "sample_000002"}
    assert digests(out) == whole

    before = times(out)
    normalise_dataset(copy, out, Recipe(mode=Mode.FORCED_K, model="mouse-256"), resume=True)
    assert changed(before, out) == {"sample_000000", "sample_000001", "sample_000002"}


def comment(image: Path, letters: bytes) -> None:
    """Other bytes of the same size and time: a PNG ends with a chunk of 12 bytes, before it comes a comment of ours."""
    status, data = image.stat(), image.read_bytes()
    chunk = b"tEXta\0" + letters
    end = data[-12:]
    pixels = data[: data.find(b"\0\0\0\4tEXta\0")] if b"tEXta\0" in data else data[:-12]
    image.write_bytes(pixels + b"\0\0\0\4" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + end)
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(("broken", "jobs"), [(0, 1), (1, 1), (1, 2)])
def test_a_failing_sample_does_not_stop_the_rest(copy: Path, tmp_path: Path, broken: int, jobs: int) -> None:
    image = copy / f"sample_00000{broken}" / "images" / "cam3.png"
    image.write_bytes(b"")
    document = normalise_dataset(copy, tmp_path / "out", SMALL, jobs=jobs)
    (failed,) = document["failed"]
    assert failed["name"] == f"sample_00000{broken}"
    assert str(image) in failed["error"]["place"]
    assert failed["error"]["remedy"]
    assert len(document["samples"]) == 2
    assert not (tmp_path / "out" / failed["name"]).exists()
    assert document["scale"] is not None


def test_listed_folders_that_are_missing_are_failures(samples: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(f"{samples / 'sample_000001'}\n{samples / 'gone'}\n", encoding="utf-8")
    document = normalise_dataset(listed, tmp_path / "out", SMALL)
    assert [sample["name"] for sample in document["samples"]] == ["sample_000001"]
    assert "gone" in document["failed"][0]["error"]["message"]


def test_notes_are_no_failures(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    listed = tmp_path / "lists" / "list.txt"
    Path(tmp_path / "data").symlink_to(samples)
    listed.write_text("data/sample_000000\n", encoding="utf-8")  # counted from the parent: worth a note
    document = normalise_dataset(listed, tmp_path / "out", SMALL)
    assert document["failed"] == []
    assert len(document["notes"]) == 1


def test_equal_folder_names_do_not_meet(samples: Path, tmp_path: Path) -> None:
    for day in ("monday", "tuesday"):
        shutil.copytree(samples / "sample_000000", tmp_path / day / "sample")
    listed = tmp_path / "list.txt"
    listed.write_text(f"{tmp_path / 'monday' / 'sample'}\n{tmp_path / 'tuesday' / 'sample'}\n", encoding="utf-8")
    document = normalise_dataset(listed, tmp_path / "out", SMALL)
    assert document["failed"] == []
    assert len({sample["ledger"] for sample in document["samples"]}) == 2
    assert len(open_dataset(tmp_path / "out")) == 2


def outputs(copy: Path) -> dict[str, tuple[Path, Path]]:
    """PATH and --out that would write into what is read."""
    listed = copy.parent / "list.txt"
    listed.write_text("dataset/sample_000000\ndataset/sample_000001\n", encoding="utf-8")
    project = copy.parent / "p.mouseview"
    save_project(Project(str(copy)), project)
    link = copy.parent / "link"
    link.symlink_to(copy)
    return {
        "itself": (copy, copy),
        "below": (copy, copy / "sample_000000" / "out"),
        "by a link": (copy, link / "out"),
        "sample from its parent": (copy / "sample_000000", copy),
        "listed from their parent": (listed, copy),
        "of a project": (project, copy / "out"),
    }


@pytest.mark.parametrize(
    "case", ["itself", "below", "by a link", "sample from its parent", "listed from their parent", "of a project"]
)
def test_sources_are_never_written(copy: Path, case: str) -> None:
    path, out = outputs(copy)[case]
    before = digests(copy)
    if case == "listed from their parent":  # the list itself lies elsewhere: each sample defends itself
        document = normalise_dataset(path, out, SMALL)
        assert document["samples"] == []
        assert all("inside the source" in failed["error"]["message"] for failed in document["failed"])
    elif case == "sample from its parent":
        (failed,) = normalise_dataset(path, out, SMALL)["failed"]
        assert "inside the source" in failed["error"]["message"]
    else:
        with pytest.raises(MouseViewError, match="inside the source") as caught:
            normalise_dataset(path, out, SMALL)
        assert caught.value.remedy
    assert digests(copy) == before


def test_samples_of_others_are_not_overwritten(samples: Path, copy: Path) -> None:
    before = digests(copy)
    document = normalise_dataset(samples, copy, SMALL)  # another dataset lies where the output should go
    assert document["samples"] == []
    assert all("not written by" in failed["error"]["message"] for failed in document["failed"])
    assert digests(copy) == before


def test_a_run_that_breaks_off_leaves_no_sample_that_looks_whole(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    normalise_dataset(copy / "sample_000000", out, SMALL)

    def full(*_arguments: object) -> None:
        raise MouseViewError("the disk is full")

    monkeypatch.setattr("mouseview.normalise.export.write_png", full)
    document = normalise_dataset(copy / "sample_000000", out, Recipe(mode=Mode.RAW, model="mouse-256"))
    assert document["samples"] == []
    with pytest.raises(MouseViewError):
        open_dataset(out)


def test_an_unknown_model_or_path_is_said_before_anything_is_written(samples: Path, tmp_path: Path) -> None:
    for path, recipe in ((samples, Recipe(model="magic")), (tmp_path / "gone", SMALL)):
        with pytest.raises(MouseViewError) as caught:
            normalise_dataset(path, tmp_path / "out", recipe)
        assert caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_a_calibration_without_images_fails_by_name(tmp_path: Path, samples: Path) -> None:
    alone = tmp_path / "alone" / "opencv_cameras.json"
    alone.parent.mkdir()
    shutil.copy(samples / "sample_000000" / "opencv_cameras.json", alone)
    document = normalise_dataset(alone, tmp_path / "out", Recipe(model="mouse-256", centre=CentreSource.AXES))
    assert document["samples"] == []
    assert "no image" in document["failed"][0]["error"]["message"]
    assert not (tmp_path / "out" / "normalised.json").exists()


def test_cameras_marked_as_held_out_decide_neither_centre_nor_scale(tmp_path: Path) -> None:
    _, sample = phantom_sample()
    write_sample(tmp_path / "one", sample.rig, sample.images())
    fed = sample.rig.subset(fed_names(sample.rig))
    write_sample(tmp_path / "fed", fed, [sample.image(sample.rig.names.index(name)) for name in fed.names])
    marked = normalise_dataset(tmp_path / "one", tmp_path / "out", SMALL)
    without = normalise_dataset(tmp_path / "fed", tmp_path / "other", SMALL)
    assert marked["similarity"] == without["similarity"]
    assert open_dataset(tmp_path / "out")[0].rig.names == sample.rig.names  # they are written all the same
