"""Masks corrected in the window with real strokes: kept at once, undone step by step, used from then on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mouseview.app.desks.mask_strokes import stroke, tinted
from mouseview.app.main import Running
from mouseview.app.panels.mask_canvas import MaskCanvas, Tool
from mouseview.formats.dataset import open_dataset
from mouseview.formats.images import write_png
from mouseview.model.sample import MaskOrigin
from mouseview.phantom.session import write_session
from mouseview.workflow.drafts import mask_in
from tests.app.conftest import SIDE_PX, disc, wait_for_sample


@pytest.fixture
def editing(running: Running, dataset_folder: Path, tmp_path: Path, qtbot: QtBot) -> Running:
    """The mask panel over a copy of one sample."""
    folder = Path(shutil.copytree(dataset_folder / "mouse_a", tmp_path / "mouse_a"))
    for path in (folder / "images").iterdir():
        image = disc(0)
        image[image[..., 3] == 0, :3] = 20  # so that colours tell the disc from what lies around
        write_png(path, image)
    running.controller.open(str(folder))
    wait_for_sample(qtbot, running)
    assert running.window.docks["masks"].isHidden()
    QTest.keyClick(running.window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: running.controller.state.mask_view is not None, timeout=20_000)
    qtbot.waitUntil(running.window.masks.canvas.isVisible)
    return running


def drag(widget: QWidget, places: list[QPoint], button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    QTest.mousePress(widget, button, Qt.KeyboardModifier.NoModifier, places[0])
    for place in places[1:]:
        QTest.mouseMove(widget, place)
    QTest.mouseRelease(widget, button, Qt.KeyboardModifier.NoModifier, places[-1])


def draw(
    running: Running, pixels: list[tuple[float, float]], button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    canvas = running.window.masks.canvas
    drag(canvas, [canvas.to_widget(QPointF(*pixel)).toPoint() for pixel in pixels], button)


def on_disk(running: Running, camera: int = 0) -> np.ndarray:
    """The mask that a later opening finds."""
    sample = open_dataset(running.controller.state.dataset.path)[0]
    return mask_in(sample.image(camera), sample.sources[camera].has_mask)


def origin_on_disk(running: Running) -> MaskOrigin:
    return open_dataset(running.controller.state.dataset.path)[0].sources[0].origin


def kept(running: Running, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not running.controller.jobs.busy(f"keep-mask {running.controller.state.mask_view.key}"))


def test_a_stroke_is_drawn_kept_and_undone(editing: Running, qtbot: QtBot) -> None:
    before = editing.controller.state.mask_view
    source = Path(before.sample.sources[0].path)
    bytes_before = source.read_bytes()
    assert before.origin is MaskOrigin.ALPHA
    assert not before.mask[8, 8:40].any()
    draw(editing, [(8, 8), (24, 8), (40, 8)])
    after = editing.controller.state.mask_view
    assert after.origin is MaskOrigin.CORRECTED
    assert after.mask[8, 8:40].all()
    assert after.mask[40:60, 40:60].all(), "what was there stays"
    assert editing.window.masks.origin.text == "draft, corrected by hand"
    kept(editing, qtbot)
    np.testing.assert_array_equal(on_disk(editing), after.mask)
    assert origin_on_disk(editing) is MaskOrigin.CORRECTED
    assert editing.controller.history.undoText().startswith("mask of ")
    assert editing.controller.history.command(0).sample == before.sample.name, "undone elsewhere, it is told"
    QTest.keyClick(editing.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(editing.controller.state.mask_view.mask, before.mask)
    kept(editing, qtbot)
    assert origin_on_disk(editing) is MaskOrigin.ALPHA, "nothing of ours is left"
    np.testing.assert_array_equal(on_disk(editing), before.mask)
    assert source.read_bytes() == bytes_before


def test_the_right_button_and_the_other_tool_take_away(editing: Running, qtbot: QtBot) -> None:
    panel = editing.window.masks
    draw(editing, [(48, 48), (52, 48)], Qt.MouseButton.RightButton)
    assert not editing.controller.state.mask_view.mask[48, 48:52].any()
    erase = panel.tools.button(1)
    QTest.mouseClick(erase, Qt.MouseButton.LeftButton, pos=QPoint(erase.width() // 2, erase.height() // 2))
    draw(editing, [(48, 34), (56, 34)])
    assert not editing.controller.state.mask_view.mask[34, 48:56].any()
    draw(editing, [(48, 34), (56, 34)], Qt.MouseButton.RightButton)
    assert editing.controller.state.mask_view.mask[34, 48:56].all()
    assert editing.controller.history.count() == 3


def test_findings_and_outlines_follow_the_correction(editing: Running, qtbot: QtBot) -> None:
    draw(editing, [(10, 10), (14, 10)])
    qtbot.waitUntil(lambda: "draft-masks" in {f.code for f in editing.controller.state.findings or ()}, timeout=60_000)
    assert editing.controller.state.sample.sources[0].is_draft
    assert editing.controller.state.mask_view.mask[10, 10:14].all()


def test_taking_back_returns_the_files_own_mask(editing: Running, qtbot: QtBot) -> None:
    own = editing.controller.state.mask_view.mask
    draw(editing, [(10, 10), (14, 10)])
    kept(editing, qtbot)
    back = editing.window.masks.back
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: editing.controller.state.mask_view.origin is MaskOrigin.ALPHA, timeout=20_000)
    np.testing.assert_array_equal(editing.controller.state.mask_view.mask, own)
    assert origin_on_disk(editing) is MaskOrigin.ALPHA


def test_the_next_view_is_shown_and_corrected_apart(editing: Running, qtbot: QtBot) -> None:
    draw(editing, [(8, 8), (12, 8)])
    kept(editing, qtbot)
    editing.controller.step_camera(1)
    second = editing.controller.state.camera
    qtbot.waitUntil(lambda: editing.controller.state.mask_view.camera == second, timeout=20_000)
    assert not editing.controller.state.mask_view.mask[8, 8:12].any()
    draw(editing, [(90, 90)])
    kept(editing, qtbot)
    assert on_disk(editing, 1)[90, 90]
    assert not on_disk(editing, 0)[90, 90]


def test_a_box_is_cut_out_by_colour(editing: Running, qtbot: QtBot) -> None:
    """The disc stands on dark grey: inside a box around it GrabCut finds the disc and nothing else."""
    panel = editing.window.masks
    truth = editing.controller.state.mask_view.mask.copy()
    box = panel.tools.button(2)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(box.width() // 2, box.height() // 2))
    draw(editing, [(16, 16), (40, 60), (82, 82)])
    qtbot.waitUntil(lambda: editing.controller.history.count() == 1, timeout=60_000)
    found = editing.controller.state.mask_view.mask
    assert np.count_nonzero(found & truth) / np.count_nonzero(found | truth) > 0.9
    assert editing.controller.state.mask_view.origin is MaskOrigin.CORRECTED, "over the file's own mask a person asked"


def test_another_dataset_closes_the_panel(editing: Running, dataset_folder: Path, qtbot: QtBot) -> None:
    editing.controller.open(str(dataset_folder))
    qtbot.waitUntil(lambda: editing.controller.state.dataset.path == dataset_folder, timeout=20_000)
    qtbot.waitUntil(editing.window.docks["masks"].isHidden)
    assert editing.controller.state.mask_view is None


@pytest.fixture
def canvas(qtbot: QtBot) -> MaskCanvas:
    from PySide6.QtGui import QImage

    made = MaskCanvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    image = QImage(SIDE_PX, SIDE_PX, QImage.Format.Format_RGBA8888)
    image.fill(0xFF808080)
    made.show_view(image, np.zeros((SIDE_PX, SIDE_PX), bool), same_view=False)
    return made


def test_zooming_keeps_the_pixel_under_the_cursor_and_places_go_both_ways(canvas: MaskCanvas, qtbot: QtBot) -> None:
    from PySide6.QtGui import QWheelEvent

    place = QPointF(150, 90)
    pixel = canvas.to_image(place)
    for delta in (120, 240, -120):
        event = QWheelEvent(place, place, QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
                            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        canvas.wheelEvent(event)
    again = canvas.to_image(place)
    assert (again.x(), again.y()) == pytest.approx((pixel.x(), pixel.y()), abs=1e-9)
    there = canvas.to_widget(again)
    assert (there.x(), there.y()) == pytest.approx((150, 90), abs=1e-9)


def test_the_brush_grows_by_keys_and_a_click_paints_its_size(canvas: MaskCanvas, qtbot: QtBot) -> None:
    canvas.set_radius(3.0)
    with qtbot.waitSignal(canvas.mask_drawn) as drawn:
        drag(canvas, [canvas.to_widget(QPointF(48, 48)).toPoint()])
    small = int(drawn.args[0].sum())
    assert small == pytest.approx(np.pi * 9, rel=0.25)
    for _ in range(4):
        QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert canvas.radius == pytest.approx(3 * 1.25**4)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert canvas.radius == pytest.approx(3 * 1.25**3)


def test_a_box_outside_or_too_small_is_no_box(canvas: MaskCanvas) -> None:
    boxes: list[tuple[int, int, int, int]] = []
    canvas.box_drawn.connect(boxes.append)
    canvas.choose(Tool.BOX)
    drag(canvas, [QPoint(200, 150), QPoint(202, 151)])
    assert boxes == []
    drag(canvas, [QPoint(1, 1), canvas.to_widget(QPointF(50, 60)).toPoint()])
    assert boxes[0][:2] == (0, 0)
    assert boxes[0][2:] == pytest.approx((50, 60), abs=1)


def test_strokes_touch_what_a_brush_of_that_size_touches() -> None:
    mask = np.zeros((60, 80), bool)
    rows, columns = stroke(mask, (10.0, 30.0), (70.0, 30.0), 4.0, add=True)
    assert mask.sum() == pytest.approx(60 * 8 + np.pi * 16, rel=0.05)
    outside = np.ones(mask.shape, bool)
    outside[rows, columns] = False
    assert not mask[outside].any()
    stroke(mask, (10.0, 30.0), (70.0, 30.0), 6.0, add=False)
    assert not mask.any()
    assert stroke(mask, (-90.0, -90.0), (-80.0, -90.0), 3.0, add=True) == (slice(0, 0), slice(0, 0))
    stroke(mask, (5.2, 5.2), (5.2, 5.2), 0.5, add=True)
    assert mask[5, 5]


def test_the_tint_shows_the_mask_and_its_outline() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    tint = tinted(mask, (10, 20, 30), 0.4)
    assert not tint[~mask].any()
    assert tint[10, 10].tolist() == [10, 20, 30, 102]
    assert tint[5, 10, 3] == 255


def test_backgrounds_of_a_session_are_learnt_at_the_push_of_a_button(
    running: Running, tmp_path: Path, qtbot: QtBot
) -> None:
    write_session(tmp_path, frames=6, fps=3.0, size=(144, 128), keypoint_noise_px=None, masks=False)
    running.controller.open(str(tmp_path))
    wait_for_sample(qtbot, running)
    running.window.actions_["edit-masks"].trigger()
    qtbot.waitUntil(lambda: running.controller.state.mask_view is not None, timeout=20_000)
    panel = running.window.masks
    assert panel.origin.text == "no mask"
    assert panel.background.isEnabled()
    QTest.mouseClick(panel.background, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: running.controller.state.mask_view.origin is MaskOrigin.DRAFT, timeout=60_000)
    assert running.controller.state.mask_view.mask.any()
    assert panel.origin.text == "draft"
    assert all(source.is_draft for source in running.controller.state.sample.sources)
