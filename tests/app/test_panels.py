"""Panels alone: a state in, intents out."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from mouseview import resources
from mouseview.app.compare_images import subject_square
from mouseview.app.jobs import Failure, JobStatus
from mouseview.app.main import Running
from mouseview.app.panels.compare import ComparePanel, decibel, headline
from mouseview.app.panels.findings import FindingsPanel
from mouseview.app.panels.ledger import LedgerPanel, as_table, change, number
from mouseview.app.panels.messages import FailureCard
from mouseview.app.panels.modes import ModesPanel
from mouseview.app.panels.samples import SamplesPanel
from mouseview.app.panels.scene import RayReadout
from mouseview.app.panels.views import ViewsPanel, best_columns
from mouseview.app.panels.widgets import sentence, verdict_width
from mouseview.app.qimages import mask_outline, texture, to_bytes, to_qimage
from mouseview.app.scene3d.ray_fields import picked_ray
from mouseview.app.state import AppState, Changed, SampleSummary, worst_of
from mouseview.formats.dataset import open_dataset
from mouseview.geometry.rays import RayEncoding
from mouseview.model.finding import Finding, Severity, Truth, Verdict
from mouseview.model.prepared import LedgerRow
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Dataset
from mouseview.workflow.prepare import prepare_sample
from tests.app.conftest import compared_view, disc

ERROR = Finding("units", Severity.ERROR, "rig.json", "these are millimetres", "normalise")
WARNING = Finding("off-centre", Severity.WARNING, "cam", "off-centre by 4 %", "choose exact-aimed", "inference_2")


@given(st.integers(1, 40), st.integers(110, 2000), st.integers(80, 1200), st.floats(0.5, 2.0))
def test_tiles_never_spill_over_the_side(count: int, width: int, height: int, aspect: float) -> None:
    columns, tile_width, tile_height = best_columns(count, width, height, aspect)
    assert columns >= 1
    assert columns * tile_width <= width
    rows = -(-count // columns)
    assert tile_width >= 104 or rows * tile_height <= height or columns == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0"), (548.99377, "549"), (2.7, "2.7"), (0.0123456, "0.01235"), (1632.34, "1632.3"),
     (math.inf, "not finite"), (-71.04, "-71.04"), (3e-9, "3.00e-09")],
)  # fmt: skip
def test_numbers_keep_four_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_row_says_what_changed() -> None:
    verdict = Verdict(Truth.TRUE, True)
    assert change(LedgerRow("", "fx", "px", 725.47, 548.99, verdict)) == "725.5 → 549 px"
    assert change(LedgerRow("", "padding", "%", None, 12.5, verdict)) == "12.5 %"


def test_decibels() -> None:
    assert [decibel(value) for value in (None, math.nan, math.inf, 24.06)] == ["–", "–", "∞", "24.1"]


def test_changes_are_noticed_by_identity_and_value() -> None:
    changed, images = Changed(), (object(), None)
    assert changed(images, "a", 1)
    assert not changed(images, "a", 1)
    assert not changed(tuple(images), "a", 1)
    assert changed((images[0], object()), "a", 1)
    assert changed((images[0], None), "b", 1)


def test_the_worst_finding_is_the_error() -> None:
    assert worst_of((WARNING, ERROR)) is ERROR
    assert worst_of(()) is None


def test_pixels_survive_the_way_to_qt() -> None:
    image = disc(0)
    assert np.array_equal(to_bytes(image.astype(np.uint16) * 257), image)
    back = texture(to_qimage(image))
    assert np.array_equal(back, image)
    contour = max(mask_outline(image), key=len)
    radius = np.linalg.norm(contour - 48.0, axis=1)
    assert radius == pytest.approx(np.full(len(radius), 24.0), abs=1.5)


def test_findings_come_worst_first_and_lead_to_their_camera(qtbot: QtBot, dataset_folder: Path) -> None:
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 300)
    panel.show()
    sample = open_dataset(dataset_folder)[0]
    panel.show_state(AppState(sample=sample, findings=(WARNING, ERROR)))
    assert panel.summary.text() == "1 error · 1 warning"
    assert [panel.model.item(row).text() for row in range(2)] == [ERROR.message, WARNING.message]
    rect = panel.list.visualRect(panel.model.index(1, 0))
    with qtbot.waitSignal(panel.camera_chosen) as caught:
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert caught.args == ["inference_2"]
    panel.show_state(AppState(sample=sample, findings=()))
    assert not panel.list.isVisible()
    assert "every check passed" in panel.empty.text()


def test_finding_cards_grow_when_the_panel_gets_narrow(qtbot: QtBot) -> None:
    panel = FindingsPanel()
    qtbot.addWidget(panel)
    panel.show()
    long = Finding("x", Severity.INFO, "here", "a long sentence " * 8, "and a long remedy " * 5)
    panel.show_state(AppState(findings=(long,)))
    heights = []
    for width in (600, 240):
        panel.resize(width, 400)
        qtbot.wait(30)
        heights.append(panel.list.visualRect(panel.model.index(0, 0)).height())
    assert heights[1] > heights[0] + 20


def test_the_ledger_shows_both_verdicts_and_leads_to_the_camera(qtbot: QtBot, dataset_folder: Path) -> None:
    sample = open_dataset(dataset_folder)[0]
    prepared = prepare_sample(sample, Recipe(), "mouse-256")
    panel = LedgerPanel()
    qtbot.addWidget(panel)
    panel.resize(330, 500)
    panel.show()
    panel.show_state(AppState(sample=sample, prepared=prepared, camera="inference_1"))
    assert panel.truth.text == str(prepared.ledger.verdict.truth)
    assert panel.format.text == ("in format" if prepared.ledger.verdict.in_format else "outside")
    groups = [panel.model.item(row).text() for row in range(panel.model.rowCount())]
    assert groups[0] == "Whole rig"
    assert set(sample.rig.names) <= set(groups)
    index = panel.model.index(groups.index("inference_0"), 0)
    panel.tree.scrollTo(index)
    rect: QRect = panel.tree.visualRect(index)
    with qtbot.waitSignal(panel.camera_chosen) as caught:
        qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert caught.args == ["inference_0"]
    qtbot.keyClicks(panel.filter, "fx")
    leaf = panel.model.item(panel.model.rowCount() - 1).child(0)
    assert leaf.text() == "fx"
    assert len(as_table(prepared.ledger).splitlines()) == len(prepared.ledger.rows) + 1


def test_views_draw_the_window_where_the_model_looks(qtbot: QtBot, dataset_folder: Path) -> None:
    sample = open_dataset(dataset_folder)[0]
    prepared = prepare_sample(sample, Recipe(), "mouse-256")
    panel = ViewsPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 240)
    panel.show()
    state = AppState(sample=sample, prepared=prepared, camera="inference_1", images=(None,) * len(sample.rig))
    panel.show_state(state)
    tile = panel.grid.tiles[1]
    assert tile.overlay.principal_point == pytest.approx([48.0, 48.0])
    assert tile.overlay.window is not None
    low, high = tile.overlay.window.min(axis=0), tile.overlay.window.max(axis=0)
    assert low == pytest.approx([0.0, 0.0], abs=12.0)
    assert high - low == pytest.approx([96.0, 96.0], abs=12.0)
    panel.window_box.click()
    assert panel.grid.tiles[1].overlay.window is None
    qtbot.mouseClick(panel.source.button(1), Qt.MouseButton.LeftButton)
    assert panel.grid.tiles[1].image is not None
    assert panel.grid.tiles[1].image.width() == 256
    with qtbot.waitSignal(panel.camera_chosen) as caught:
        qtbot.mouseClick(panel.grid.tiles[3], Qt.MouseButton.LeftButton)
    assert caught.args == ["inference_3"]


def test_twenty_thousand_samples_ask_only_for_rows_in_sight(qtbot: QtBot) -> None:
    names = tuple(f"frame_{index:06d}" for index in range(20_000))

    def never(index: int) -> object:
        raise AssertionError(f"sample {index} was read by a panel")

    dataset = Dataset("big", Path("/nowhere"), "facelift", names, never)  # type: ignore[arg-type]
    panel = SamplesPanel()
    qtbot.addWidget(panel)
    panel.resize(240, 600)
    panel.show()
    asked: list[tuple[int, ...]] = []
    panel.rows_needed.connect(asked.append)
    panel.show_state(AppState(dataset=dataset, sample_index=0))
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0][0] == 0
    assert len(asked[0]) < 15
    panel.list.scrollToBottom()
    qtbot.waitUntil(lambda: asked[-1][-1] == 19_999)
    assert len(asked[-1]) < 15
    panel.model.set_summary(19_999, SampleSummary((), ERROR, 1, 6))
    qtbot.keyClicks(panel.search, "019999")
    assert panel.list.model().rowCount() == 1
    assert panel.list.model().index(0, 1).data() == ERROR.message


def test_worst_first_brings_errors_to_the_top(qtbot: QtBot) -> None:
    panel = SamplesPanel()
    qtbot.addWidget(panel)
    panel.model.reset(("a", "b", "c"))
    for row, worst in enumerate((None, WARNING, ERROR)):
        panel.model.set_summary(row, SampleSummary((), worst, 1, 6))
    panel.order.setCurrentIndex(2)
    shown = panel.list.model()
    assert [shown.index(row, 0).data() for row in range(3)] == ["c", "b", "a"]


def test_the_close_up_holds_the_subject_and_stays_in_the_image() -> None:
    truth = np.zeros((100, 120, 4), np.float32)
    truth[10:30, 90:120, 3] = 1.0
    square = subject_square(truth)
    assert (square.width(), square.right()) == (pytest.approx(37.2), pytest.approx(120.0))
    assert square.top() <= 10 <= 30 <= square.bottom()
    assert subject_square(np.zeros((100, 120, 4), np.float32)).width() == 120


def test_sentences_begin_with_a_capital_unless_they_begin_with_a_name() -> None:
    assert [sentence(text) for text in ("cameras stand far", "no reading fits", "fx of cam", "cam_0 is off", "")] == [
        "Cameras stand far", "No reading fits", "fx of cam", "cam_0 is off", ""]  # fmt: skip


def test_the_headline_of_a_comparison_fits_a_narrow_window(qtbot: QtBot) -> None:
    done = SimpleNamespace(prepared=SimpleNamespace(mode=Mode.DISTANCE_MATCHED), gaussians=range(393_218),
                           seconds=12.34, device="cuda:0", white_collapse=False, predicted_alpha=0.97)  # fmt: skip
    panel = ComparePanel()
    qtbot.addWidget(panel)
    panel.resize(853, 220)  # what a window 1180 px wide leaves
    pixels = np.random.default_rng(0).random((16, 16, 4)).astype(np.float32)
    state = AppState(reconstruction=done, compared=(compared_view("held-out", "cam", pixels, pixels),))  # type: ignore[arg-type]
    panel.show_state(state)
    panel.show()
    assert panel.headline.fontMetrics().horizontalAdvance(panel.headline.text()) <= panel.headline.width()
    assert "393 k" in panel.headline.text()
    panel.headline.grab()
    assert "393,218" in panel.headline.toolTip()
    assert "0.97" in panel.headline.toolTip()
    assert headline(SimpleNamespace(**{**vars(done), "white_collapse": True})).startswith("WHITE COLLAPSE")  # type: ignore[arg-type]


def test_a_run_is_told_of_where_its_results_will_stand(qtbot: QtBot) -> None:
    for panel in (ComparePanel(), ModesPanel()):
        qtbot.addWidget(panel)
        panel.show()
        panel.show_progress(JobStatus("run", "Reconstructing", True, 0.4, "raw: layer 3"))
        assert panel.empty_text.text() == "raw: layer 3 …"
        assert panel.run.isHidden()
        panel.show_progress(JobStatus("run", "Reconstructing", False))
        assert not panel.run.isHidden()
        assert "layer" not in panel.empty_text.text()


def test_both_badges_of_a_mode_fit_a_narrow_window(qtbot: QtBot) -> None:
    panel = ModesPanel()
    qtbot.addWidget(panel)
    panel.resize(853, 220)
    panel.show()
    panel.table.show()
    last = panel.table.columnViewportPosition(5)
    widest = verdict_width(Verdict(Truth.APPROXIMATE, True)) + 16
    assert last + widest <= panel.table.viewport().width()


@pytest.mark.parametrize("encoding", list(RayEncoding))
def test_all_that_a_pixel_is_fed_fits_a_narrow_window(qtbot: QtBot, encoding: RayEncoding) -> None:
    camera = resources.model_format("mouse-256").reference()[0]
    texture = np.full((8, 8, 4), 255, np.uint8)
    ray = picked_ray(camera, (12.5, 200.0), encoding, texture)
    readout = RayReadout()
    qtbot.addWidget(readout)
    readout.resize(616, 70)  # the scene in a window 1180 px wide
    readout.show_ray(ray)
    readout.show()
    for label in (readout.fed, readout.rest):
        for line in label.text().splitlines():
            assert label.fontMetrics().horizontalAdvance(line) <= label.width(), line
    shown = [float(word) for word in readout.fed.text().split() if word[0] in "+-"]
    np.testing.assert_allclose(shown, ray.values, atol=6e-5)


def test_cards_that_come_together_are_high_enough_for_their_words(running: Running, qtbot: QtBot) -> None:
    stack = running.window.messages
    for title in ("Reading samples", "Checking the sample"):
        running.controller.failed.emit(Failure(title, "a message of some length " * 4, "", "and what to do " * 6, "x"))
    qtbot.waitUntil(lambda: len(stack.cards) == 2 and all(card.isVisible() for card in stack.cards))
    qtbot.wait(50)
    for card in stack.cards:
        assert isinstance(card, FailureCard)
        assert card.height() >= card.layout().totalHeightForWidth(card.width())
        assert card.copy.height() >= card.copy.sizeHint().height()
