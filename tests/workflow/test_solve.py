"""Ask, use the answer everywhere, take it back: with the files untouched all the while."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import mouseview as mv
from mouseview.formats import sidecar
from mouseview.model.correction import Correction
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.phantom.dataset import write_sample
from mouseview.solve.conventions.length import KnownLength
from mouseview.workflow.inspect import describe
from mouseview.workflow.open import open_path
from mouseview.workflow.solve import describe_solved, read_under, solve_path, take_back, use_correction
from tests.rigs import mouse_ring
from tests.scene import photographed
from tests.shared_data import shared_path
from tests.workflow.misread_set import NOSE_TO_TAIL_MM, RIG, WRONG, calibration_folder, sample_folders


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar.platformdirs, "user_data_dir", lambda *_args, **_kept: str(tmp_path / "user"))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_right(rig: mv.Rig) -> None:
    for camera, truth in zip(rig, RIG, strict=True):
        np.testing.assert_allclose(camera.T_cam_world, truth.T_cam_world, atol=1e-6)


def test_a_misread_calibration_is_found_corrected_and_left_as_it_was(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig")
    before = content(folder)
    solved = solve_path(folder)
    assert solved.correction == WRONG
    assert not solved.agrees
    assert "another reading fits better: R transposed" in solved.verdict
    (place,) = use_correction(solved.dataset, solved.correction)
    after = content(folder)
    assert set(after) - set(before) == {str(place)}
    assert {path: after[path] for path in before} == before
    for rig in (open_path(folder)[0].rig, mv.open_dataset(folder)[0].rig, mv.read_rig(folder / "calibration.mat")):
        assert_right(rig)
        assert rig.correction == WRONG
    again = solve_path(folder)
    assert again.agrees
    assert again.in_use == again.correction == WRONG
    assert again.verdict.startswith("the reading in use is the best there is")
    assert take_back(again.dataset) == 1
    assert content(folder) == before
    assert take_back(again.dataset) == 0


def test_inspect_says_that_another_reading_fits_and_then_that_it_is_used(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig")
    found = {finding["code"]: finding for finding in describe(folder)["findings"]}
    assert "R transposed" in found["another-reading"]["message"]
    assert "instead of" in found["another-reading"]["message"]
    read_under(folder, WRONG)
    found = {finding["code"]: finding for finding in describe(folder)["findings"]}
    assert "another-reading" not in found
    assert found["reading-corrected"]["severity"] == "info"
    whole = (folder / "calibration.mat").read_bytes()
    (folder / "calibration.mat").write_bytes(whole[:20] + b"?" + whole[21:])  # a word of the header's free text
    found = {finding["code"]: finding for finding in describe(folder)["findings"]}
    assert found["correction-outdated"]["severity"] == "warning"
    assert "another-reading" in found
    assert read_under(folder, Correction())[0].rig.correction is None
    assert "correction-outdated" not in {finding["code"] for finding in describe(folder)["findings"]}


def test_every_sample_of_a_set_is_corrected_and_opens_so_by_any_path(tmp_path: Path) -> None:
    folder = sample_folders(tmp_path / "set", 3)
    solved = solve_path(folder)
    assert solved.correction == WRONG
    assert len(use_correction(solved.dataset, solved.correction)) == 3
    for path in (folder, folder / "sample_000001", folder / "sample_000002" / "opencv_cameras.json"):
        assert_right(open_path(path)[0].rig)
    (tmp_path / "list.txt").write_text("set/sample_000002\n")
    assert_right(open_path(tmp_path / "list.txt")[0].rig)
    shutil.copytree(folder / "sample_000001", tmp_path / "moved" / "copy")
    assert_right(open_path(tmp_path / "moved" / "copy")[0].rig)
    assert take_back(open_path(folder, corrected=False)) == 3


def test_a_known_length_sets_the_unit_and_survives_another_question(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig", Correction(transpose_R=True, scale=10.0))
    known = KnownLength("nose", "tail", NOSE_TO_TAIL_MM)
    solved = solve_path(folder, known=known)
    assert solved.solution.unit is not None
    assert solved.solution.unit.name == "cm"
    assert solved.correction == WRONG.replace(scale=10.0, units="mm")
    assert not solved.unit_agrees
    read_under(folder, solved.correction)
    assert_right(open_path(folder)[0].rig)
    again = solve_path(folder, known=known)
    assert again.agrees
    assert again.correction == solved.correction
    assert solve_path(folder).correction == solved.correction, "without the length the unit stays as it is"


def test_a_known_length_alone_can_disagree(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig", Correction())
    known = KnownLength("nose", "tail", 10 * NOSE_TO_TAIL_MM)
    solved = solve_path(folder, known=known)
    assert solved.solution.agrees
    assert not solved.agrees
    assert "unit of length is another" in solved.verdict
    assert solved.correction == Correction(scale=10.0, units="mm")


def test_the_document_is_json_and_has_what_is_promised(tmp_path: Path) -> None:
    document = json.loads(
        json.dumps(describe_solved(solve_path(calibration_folder(tmp_path / "rig"))), allow_nan=False)
    )
    assert document["best"] == ["R transposed"]
    assert document["evidence"][0] == "keypoints"
    first, *others = document["readings"]
    assert first["standing"] == "best"
    assert first["score"] < 1.0
    assert [reading["current"] for reading in document["readings"]].count(True) == 1
    assert all(reading["told_by"] for reading in others if reading["standing"] == "worse")
    assert document["cannot_be_separated"]


def test_it_can_be_cancelled_and_tells_its_progress(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig")
    told: list[float] = []
    solve_path(folder, progress=lambda fraction, _what: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(Cancelled):
        solve_path(folder, cancelled=lambda: len(told) > 0)


def test_a_hostile_sidecar_stops_with_the_way_out(tmp_path: Path) -> None:
    folder = calibration_folder(tmp_path / "rig")
    (folder / "calibration.mat.correction.mouseview.json").write_text("[" * 100_000)
    for ask in (lambda: open_path(folder), lambda: solve_path(folder)):
        with pytest.raises(MouseViewError) as caught:
            ask()
        assert "correction.mouseview.json" in caught.value.place
        assert caught.value.remedy
    assert take_back_anyway(folder) == []


def take_back_anyway(folder: Path) -> list[str]:
    """``--undo`` must also get rid of a sidecar that cannot be read."""
    take_back(open_path(folder, corrected=False))
    return [path.name for path in folder.iterdir() if "correction" in path.name]


def test_images_of_another_size_than_the_file_says_are_noticed(tmp_path: Path) -> None:
    """K of frames twice as large as the images that lie beside it, which only these can tell."""
    rig = mouse_ring((576, 512), lens=False)
    small = photographed(rig.replace(cameras=tuple(camera.resized(288, 256) for camera in rig)))
    write_sample(tmp_path / "s", rig, small.images())
    solved = solve_path(tmp_path / "s")
    assert solved.correction == Correction(size=(288, 256), K_size=(576, 512))
    read_under(tmp_path / "s", solved.correction)
    opened = open_path(tmp_path / "s")[0]
    assert opened.rig[0].size == (288, 256)
    np.testing.assert_allclose(opened.rig[0].K, rig[0].resized(288, 256).K, atol=1e-9)
    assert solve_path(tmp_path / "s").agrees


def test_labels_of_a_session_of_videos_follow_its_calibration(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    shutil.copytree(shared_path("data/sleap_anipose_minimal_session"), folder)
    before = open_path(folder)
    after = read_under(folder, Correction(transpose_R=True, scale=2.0, label_shift_px=1.0))
    assert after.session is not None
    assert after.session.rig.correction is not None
    old, new = before[0].labels, after[0].labels
    assert old is not None
    assert new is not None
    np.testing.assert_allclose(new.points_world, 2 * old.points_world)
    np.testing.assert_allclose(new.points_px, old.points_px + 1)
    np.testing.assert_allclose(after[0].rig[0].T_cam_world[:3, :3], before[0].rig[0].T_cam_world[:3, :3].T)
    solved = solve_path(folder)
    assert not solved.solution.fits, "two of its cameras are one: nothing explains what is seen"
    assert all("images" not in row.differs or "undistorted" in row.differs for row in solved.solution.ranked)
