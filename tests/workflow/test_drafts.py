"""Drafts over a session of videos: used and called drafts by everything, corrected, kept beside, taken back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mouseview.checks import inspect
from mouseview.formats import draft_masks as store
from mouseview.formats.dataset import open_dataset
from mouseview.formats.draft_masks import FOLDER, beside, drafted, elsewhere, stream_of, write_draft
from mouseview.formats.images import write_png
from mouseview.model.errors import Cancelled, FileFormatError, MouseViewError
from mouseview.model.sample import ImageSource, MaskOrigin
from mouseview.phantom.coats import Coat
from mouseview.phantom.session import write_session
from mouseview.workflow.drafts import (
    draft_backgrounds,
    draft_from_box,
    forget_correction,
    forget_drafts,
    keep_mask,
    mask_in,
)
from mouseview.workflow.extract import Extraction, extract_dataset

SIZE = (288, 256)


@pytest.fixture(scope="module", params=[Coat.WHITE, Coat.BROWN, Coat.BLACK])
def masked_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drafts") / str(request.param)
    write_session(folder, seed=4, frames=16, fps=4.0, size=SIZE, coat=request.param, keypoint_noise_px=None)
    return folder


@pytest.fixture(scope="module")
def black(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("black")
    write_session(folder, seed=2, frames=12, fps=4.0, size=SIZE, coat=Coat.BLACK, keypoint_noise_px=None, masks=False)
    return folder


@pytest.fixture
def bare(black: Path, tmp_path: Path) -> Path:
    """A session without masks, to be changed."""
    return Path(shutil.copytree(black, tmp_path / "session"))


def test_drafts_from_the_background_are_close_to_the_truth(masked_session: Path, tmp_path: Path) -> None:
    bare = Path(shutil.copytree(masked_session, tmp_path / "bare", ignore=shutil.ignore_patterns("masks")))
    truth, before = open_dataset(masked_session), open_dataset(bare)
    assert all(source.origin is MaskOrigin.NONE for source in before[0].sources)
    drafted_now = draft_backgrounds(before)
    assert [camera.name for camera in drafted_now] == list(before.session.rig.names)
    overlaps = []
    for row in (1, 6, 11):
        drafts, true = before[row], truth[row]
        assert all(source.origin is MaskOrigin.DRAFT for source in drafts.sources)
        for index in range(len(drafts.rig)):
            a, b = mask_in(drafts.image(index), True), mask_in(true.image(index), True)
            overlaps.append((a & b).sum() / (a | b).sum())
    # the mouse stays about the middle, so that its trunk is never uncovered
    assert np.mean(overlaps) > 0.84
    assert min(overlaps) > 0.6


def test_a_draft_is_called_one_and_the_sources_stay_as_they_were(bare: Path) -> None:
    before = {path: path.read_bytes() for path in bare.rglob("*") if path.is_file()}
    dataset = open_dataset(bare)
    assert "no-mask" in {finding.code for finding in inspect(dataset[3])}
    draft_backgrounds(dataset)
    found = {finding.code: finding for finding in inspect(open_dataset(bare)[3])}
    assert "no-mask" not in found
    assert "6 of 6 views are drafts" in found["draft-masks"].message
    assert {path: path.read_bytes() for path in before} == before
    # what was added is found by nobody as a video, an image sequence or a calibration
    again = open_dataset(bare)
    assert again.session.rig.names == dataset.session.rig.names
    assert len(again) == len(dataset)
    assert all(FOLDER not in str(path) for path in again.session.video_candidates + again.session.mask_candidates)


def test_a_correction_counts_for_its_frame_alone_and_can_be_taken_back(bare: Path) -> None:
    dataset = open_dataset(bare)
    draft_backgrounds(dataset, views=("cam_001",))
    sample = dataset[5]
    by_background = mask_in(sample.image(1), True)
    drawn = np.zeros(SIZE[::-1], bool)
    drawn[20:60, 30:90] = True
    kept = keep_mask(sample, 1, drawn, MaskOrigin.CORRECTED)
    assert kept.is_relative_to(bare)
    again = open_dataset(bare)
    np.testing.assert_array_equal(mask_in(again[5].image(1), True), drawn)
    assert again[5].sources[1].origin is MaskOrigin.CORRECTED
    assert again[4].sources[1].origin is again[6].sources[1].origin is MaskOrigin.DRAFT
    assert again[5].sources[0].origin is MaskOrigin.NONE
    # a newer draft takes its place
    keep_mask(sample, 1, ~drawn, MaskOrigin.DRAFT)
    np.testing.assert_array_equal(mask_in(again[5].image(1), True), ~drawn)
    assert again[5].sources[1].origin is MaskOrigin.DRAFT
    forget_correction(again[5], 1)
    np.testing.assert_array_equal(mask_in(open_dataset(bare)[5].image(1), True), by_background)
    assert forget_drafts(dataset) == 6
    assert not list(bare.rglob(FOLDER))
    assert open_dataset(bare)[5].sources[1].origin is MaskOrigin.NONE


def test_a_draft_never_replaces_a_mask_that_came_with_the_data(tmp_path: Path) -> None:
    image, mask = tmp_path / "a.png", np.zeros((8, 8), bool)
    write_png(image, np.full((8, 8, 4), 200, np.uint8))
    own = ImageSource(image, lambda: np.full((8, 8, 4), 255, np.uint8), has_mask=True)
    write_draft(own, mask, MaskOrigin.DRAFT)
    assert drafted(own) is own
    write_draft(own, mask, MaskOrigin.CORRECTED)  # but a person's hand does
    corrected = drafted(own)
    assert corrected.origin is MaskOrigin.CORRECTED
    assert not corrected.load()[..., 3].any()
    nowhere = ImageSource(None, own.load)
    assert drafted(nowhere) is nowhere
    with pytest.raises(FileFormatError, match="no file"):
        stream_of(nowhere)


def test_where_nobody_may_write_drafts_lie_in_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.platformdirs, "user_data_dir", lambda *_a, **_k: str(tmp_path / "home"))
    image = tmp_path / "data" / "a.png"
    image.parent.mkdir()
    write_png(image, np.full((8, 8, 3), 200, np.uint8))
    (tmp_path / "data" / FOLDER).write_text("a file in the way", encoding="utf-8")
    source = ImageSource(image, lambda: np.full((8, 8, 4), 255, np.uint8), has_mask=False)
    drawn = np.eye(8, dtype=bool)
    path = write_draft(source, drawn, MaskOrigin.CORRECTED)
    assert path.is_relative_to(elsewhere(image))
    assert not beside(image).exists()
    np.testing.assert_array_equal(drafted(source).load()[..., 3] > 0, drawn)


def test_a_draft_of_another_size_is_named(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    write_png(image, np.full((8, 8, 3), 200, np.uint8))
    source = ImageSource(image, lambda: np.full((8, 8, 4), 255, np.uint8), has_mask=False)
    write_draft(source, np.ones((4, 4), bool), MaskOrigin.DRAFT)
    with pytest.raises(FileFormatError, match="4×4") as error:
        drafted(source).load()
    assert "remove the drafts" in error.value.remedy
    (beside(image) / "image.draft.png").write_bytes(b"no picture")
    with pytest.raises(FileFormatError):
        drafted(source).load()


def test_extracted_drafts_stay_drafts(bare: Path, tmp_path: Path) -> None:
    dataset = open_dataset(bare)
    draft_backgrounds(dataset)
    keep_mask(dataset[0], 2, np.eye(*SIZE[::-1], dtype=bool), MaskOrigin.CORRECTED)
    extract_dataset(bare, tmp_path / "out", Extraction(stride=6))
    sample = open_dataset(tmp_path / "out")[0]
    assert [source.origin for source in sample.sources] == [
        MaskOrigin.CORRECTED if index == 2 else MaskOrigin.DRAFT for index in range(6)
    ]
    np.testing.assert_array_equal(mask_in(sample.image(0), True), mask_in(dataset[0].image(0), True))


def test_a_box_drafts_one_view(bare: Path) -> None:
    sample = open_dataset(bare)[2]
    draft_backgrounds(open_dataset(bare))
    by_background = mask_in(open_dataset(bare)[2].image(0), True)
    rows, columns = np.nonzero(by_background)
    box = (columns.min() - 6, rows.min() - 6, columns.max() + 7, rows.max() + 7)
    found = draft_from_box(sample, 0, tuple(int(value) for value in box))
    assert (found & by_background).sum() / (found | by_background).sum() > 0.75
    with pytest.raises(MouseViewError, match="whole image") as error:
        draft_from_box(sample, 0, (0, 0, *SIZE))
    assert "drag a box" in error.value.remedy


def test_what_cannot_be_drafted_says_why(bare: Path, samples: Path) -> None:
    with pytest.raises(MouseViewError, match="single images"):
        draft_backgrounds(open_dataset(samples))
    dataset = open_dataset(bare)
    with pytest.raises(MouseViewError, match="no camera 'nobody'"):
        draft_backgrounds(dataset, views=("nobody",))
    with pytest.raises(MouseViewError, match="too few"):
        draft_backgrounds(dataset, frames=3)
    with pytest.raises(Cancelled):
        draft_backgrounds(dataset, cancelled=lambda: True)
    assert not list(bare.rglob(FOLDER))
