"""What can be read and written, and what is said of everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mouseview.formats import read_rig, write_rig
from mouseview.formats.registry import FORMATS, by_name, sniff
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig
from tests.shared_data import shared_path


def test_names_are_unique_and_every_format_explains_itself() -> None:
    names = [known.name for known in FORMATS]
    assert len(set(names)) == len(names)
    read = {"facelift", "dannce", "mammal", "anipose", "pose2sim", "caliscope", "jarvis", "easymocap"}
    assert read | {"colmap", "colmap-bin", "nerfstudio", "blender", "opencv"} <= set(names)
    written = {"facelift", "colmap", "colmap-bin", "nerfstudio", "anipose", "opencv", "jarvis", "caliscope", "dannce"}
    assert {known.name for known in FORMATS if known.can_write} >= written
    for known in FORMATS:
        assert known.title
        assert known.description
        assert known.file_names


def test_content_decides_and_not_the_file_name(tmp_path: Path) -> None:
    write_rig(ring_rig(), tmp_path / "cameras.mat", "facelift")
    assert sniff(tmp_path / "cameras.mat") is by_name("facelift")
    assert len(read_rig(tmp_path / "cameras.mat")) == 4


@pytest.mark.parametrize("name", [known.name for known in FORMATS if known.can_write])
def test_what_can_be_written_can_be_read(tmp_path: Path, name: str) -> None:
    lost = write_rig(ring_rig(), tmp_path / "cameras", name)
    named = read_rig(tmp_path / "cameras", name).names
    assert len(named) == len(ring_rig())
    assert (named != ring_rig().names) == any(line.startswith("names:") for line in lost)


def test_an_unknown_file_is_told_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "notes.bin").write_text("hello")
    with pytest.raises(FileFormatError) as caught:
        read_rig(tmp_path / "notes.bin")
    for known in FORMATS:
        assert known.title in caught.value.remedy


def test_truncated_json_is_named_as_such_also_before_any_camera(tmp_path: Path) -> None:
    whole = tmp_path / "cameras.json"
    write_rig(ring_rig(), whole, "facelift")
    for end in (1, 20, 400):
        (tmp_path / "cut.json").write_bytes(whole.read_bytes()[:end])
        with pytest.raises(FileFormatError, match="truncated") as caught:
            read_rig(tmp_path / "cut.json")
        assert "line" in caught.value.place


def test_json_of_another_program_is_not_taken_for_cameras(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"cameras": [1, 2]}')
    with pytest.raises(FileFormatError, match="not a camera file"):
        read_rig(tmp_path / "other.json")


def test_keypoints_opened_as_cameras_are_named_as_what_they_are() -> None:
    with pytest.raises(FileFormatError, match=r"holds keypoints .* no cameras"):
        read_rig(shared_path("data/jarvis_12cam_monkey") / "keypoints2d.json")


def test_empty_missing_and_unknown_names(tmp_path: Path) -> None:
    (tmp_path / "empty.pkl").write_bytes(b"")
    for path, message in (
        (tmp_path / "empty.pkl", "0 bytes"),
        (tmp_path / "no", "does not exist"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(FileFormatError, match=message):
            read_rig(path)
    with pytest.raises(FileFormatError, match="no camera format 'magic'"):
        read_rig(tmp_path / "empty.pkl", "magic")


def test_a_format_that_cannot_be_written_says_which_can(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="facelift"):
        write_rig(ring_rig(), tmp_path / "a.pkl", "mammal")
    assert not (tmp_path / "a.pkl").exists()
