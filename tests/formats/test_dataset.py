"""Opening folders, lists and files: everything usable opens, everything else is named."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from mouseview.formats import images, open_dataset, write_rig
from mouseview.formats.fields import natural_key
from mouseview.formats.images import write_png
from mouseview.model.errors import FileFormatError, MouseViewError
from mouseview.model.finding import Severity
from tests.formats.builders import edit_json, noise_image, ring_rig, write_sample
from tests.formats.test_mammal import camera as mammal_camera
from tests.shared_data import shared_path


def test_a_sample_folder(tmp_path: Path) -> None:
    dataset = open_dataset(write_sample(tmp_path / "sample_1"))
    assert (dataset.names, dataset.format, dataset.problems) == (("sample_1",), "facelift", ())
    (sample,) = dataset
    assert sample.folder == tmp_path / "sample_1"
    assert all(source is not None and source.has_mask for source in sample.sources)
    for i, image in enumerate(sample.images()):
        np.testing.assert_array_equal(image, noise_image(seed=i))


def test_a_folder_of_samples_in_natural_order_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template = write_sample(tmp_path / "data" / "sample_0")
    for i in (10, 2, 1):
        shutil.copytree(template, tmp_path / "data" / f"sample_{i}")
    (tmp_path / "data" / "sample_3" / "images").mkdir(parents=True)
    (tmp_path / "data" / "notes").mkdir()
    monkeypatch.setattr(images.cv2, "imdecode", None)
    dataset = open_dataset(tmp_path / "data")
    assert dataset.names == ("sample_0", "sample_1", "sample_2", "sample_10")
    assert [sample.name for sample in dataset] == list(dataset.names)
    (problem,) = dataset.problems
    assert (problem.code, problem.severity) == ("sample-without-cameras", Severity.ERROR)
    assert problem.place.endswith("sample_3")


def test_a_broken_sample_raises_when_read_and_the_others_stay_usable(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_sample(tmp_path / name)
    (tmp_path / "b" / "opencv_cameras.json").write_text('{"frames": [')
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 3
    with pytest.raises(FileFormatError, match="truncated"):
        dataset[1]
    assert [len(dataset[i].images()) for i in (0, 2)] == [4, 4]


def test_thousands_of_samples_are_listed_without_opening_them(tmp_path: Path) -> None:
    for i in range(3000):
        folder = tmp_path / f"sample_{i}"
        folder.mkdir()
        (folder / "opencv_cameras.json").write_text("not read")
    dataset = open_dataset(tmp_path)
    assert len(dataset) == 3000
    assert dataset.names[2999] == "sample_2999"


# --- list files


def test_a_list_file_with_everything_that_lists_have(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / "data" / name)
    elsewhere = write_sample(tmp_path / "elsewhere" / "c")
    (tmp_path / "data" / "bare").mkdir()
    lines = ["# train", "a", "", "missing", f"  {elsewhere}  ", "bare", "a", "x" * 5000, "b"]
    listing = tmp_path / "data" / "train.txt"
    listing.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    dataset = open_dataset(listing)
    assert dataset.names == ("a", "c", "b")
    assert [len(sample.images()) for sample in dataset] == [4, 4, 4]
    found = [(problem.code, problem.place.rpartition(" ")[2]) for problem in dataset.problems]
    assert found == [
        ("sample-folder-missing", "4"),
        ("sample-without-cameras", "6"),
        ("sample-listed-twice", "7"),
        ("sample-folder-missing", "8"),
    ]
    assert all(str(listing) in problem.place and problem.remedy for problem in dataset.problems)


def test_equal_folder_names_are_told_apart(tmp_path: Path) -> None:
    for parent in ("p", "q"):
        write_sample(tmp_path / parent / "s")
    (tmp_path / "list.txt").write_text("p/s\nq/s")
    assert open_dataset(tmp_path / "list.txt").names == ("p/s", "q/s")


def test_entries_relative_to_a_parent_are_found_and_said(tmp_path: Path) -> None:
    write_sample(tmp_path / "data" / "s")
    (tmp_path / "data" / "list.txt").write_text("data/s")
    dataset = open_dataset(tmp_path / "data" / "list.txt")
    assert dataset.names == ("s",)
    assert [problem.code for problem in dataset.problems] == ["list-base-folder"]


def test_a_list_without_a_suffix_is_known_by_its_first_folder(tmp_path: Path) -> None:
    write_sample(tmp_path / "s")
    (tmp_path / "train").write_text("s")
    assert open_dataset(tmp_path / "train").names == ("s",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"gone\nalso gone\n", "none of its 2 entries"),
        (b"\n# nothing\n", "lists no sample"),
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a\0b", "not a text file"),
    ],
)
def test_a_list_that_opens_nothing_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        open_dataset(tmp_path / "list.txt")
    assert "list.txt" in caught.value.place
    assert caught.value.remedy


# --- images and masks of a sample


def test_a_missing_and_a_broken_image_spoil_only_their_views(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "s")
    (folder / "images" / "cam_000.png").unlink()
    (folder / "images" / "cam_001.png").write_bytes(b"")
    (sample,) = open_dataset(folder)
    for index, message in ((0, "does not exist"), (1, "0 bytes")):
        with pytest.raises(FileFormatError, match=message) as caught:
            sample.image(index)
        assert f"cam_00{index}.png" in caught.value.place
    assert sample.image(2).shape == (20, 24, 4)


@pytest.mark.parametrize(
    "place", ["masks/{}.png", "mask/{}.png", "images/masks/{}.png", "images/{}_mask.png", "masks/{}_mask.jpg"]
)
def test_masks_beside_the_images_are_found(tmp_path: Path, place: str) -> None:
    folder = write_sample(tmp_path / "s", channels=3)
    without = open_dataset(folder)[0]
    assert not any(source.has_mask for source in without.sources if source)
    mask = np.zeros((20, 24), np.uint8)
    mask[4:12, 4:12] = 255
    for camera in without.rig:
        path = folder / place.format(camera.name)
        path.parent.mkdir(exist_ok=True)
        write_png(path, mask)
    sample = open_dataset(folder)[0]
    for source, image in zip(sample.sources, sample.images(), strict=True):
        assert source is not None
        assert source.has_mask
        assert source.mask_path is not None
        np.testing.assert_array_equal(image[..., 3], mask)


def test_a_path_that_climbs_out_spoils_only_its_sample(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / "data" / name)
    write_png(tmp_path / "secret.png", noise_image())
    edit_json(tmp_path / "data" / "a" / "opencv_cameras.json", file_path="../../secret.png")
    dataset = open_dataset(tmp_path / "data")
    with pytest.raises(FileFormatError, match="climbs out") as caught:
        dataset[0]
    assert "frames[0].file_path" in caught.value.place
    assert len(dataset[1].images()) == 4


# --- calibration files


def test_a_bare_calibration_has_no_images(tmp_path: Path) -> None:
    write_rig(ring_rig(), tmp_path / "rig.json", "facelift")
    (sample,) = open_dataset(tmp_path / "rig.json")
    assert (sample.name, sample.has_images, len(sample.rig)) == ("rig", False, 4)
    with pytest.raises(MouseViewError, match="has no image"):
        sample.image(0)


def test_the_camera_file_of_a_sample_brings_its_images(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "s")
    (folder / "images" / "cam_002.png").unlink()
    (sample,) = open_dataset(folder / "opencv_cameras.json")
    assert sample.name == "s"
    assert [source is not None for source in sample.sources] == [True, True, False, True]


def test_a_raw_session_opens_by_its_calibration(tmp_path: Path) -> None:
    (tmp_path / "videos_undist").mkdir()
    (tmp_path / "new_cam.pkl").write_bytes(pickle.dumps([mammal_camera()] * 3))
    dataset = open_dataset(tmp_path)
    assert (dataset.format, len(dataset[0].rig)) == ("mammal", 3)
    assert dataset[0].sources == (None, None, None)


def test_a_folder_of_several_calibrations_asks_which(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_rig(ring_rig(), tmp_path / f"{name}.json", "facelift")
    with pytest.raises(FileFormatError, match=r"one\.json, two\.json"):
        open_dataset(tmp_path)


def test_a_named_format_overrules_the_content(tmp_path: Path) -> None:
    (tmp_path / "new_cam.pkl").write_bytes(pickle.dumps([mammal_camera()]))
    assert open_dataset(tmp_path, "mammal").format == "mammal"
    with pytest.raises(FileFormatError, match="no MATLAB file"):
        open_dataset(tmp_path / "new_cam.pkl", "dannce")
    with pytest.raises(FileFormatError, match="no camera format"):
        open_dataset(tmp_path, "magic")


@pytest.mark.parametrize("name", ["empty", "missing", "nul\0", "x" * 5000])
def test_what_cannot_be_opened_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileFormatError) as caught:
        open_dataset(tmp_path / name)
    assert caught.value.place
    assert caught.value.remedy


def test_natural_order() -> None:
    names = ["cam_10", "cam_2", "Cam_1", "cam_02", "a", "10", "9", "²"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "Cam_1", "cam_02", "cam_2", "cam_10", "²"]


def test_the_real_sample_opens() -> None:
    (sample,) = open_dataset(shared_path("data/facelift_sample"))
    assert len(sample.rig) == 8
    for image in sample.images():
        assert (image.shape, image.dtype) == ((512, 512, 4), np.uint16)
    assert all(source is not None and source.has_mask for source in sample.sources)
