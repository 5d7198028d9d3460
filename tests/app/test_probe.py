"""Probe and ruler on the open window: what is seen is what is clicked, and what is clicked is where it says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.overlays import Overlay
from mouseview.app.panels.framing import MOST_MAGNIFIED, Framing
from mouseview.app.panels.probe import ProbePanel
from mouseview.app.panels.ruler import rounded
from mouseview.app.panels.view_tile import ViewTile
from mouseview.app.probing.keypoints import judge_keypoints, judgement_text
from mouseview.app.probing.overlay import ProbeOverlay, RayCurves, probe_overlay
from mouseview.app.probing.probe import Probe
from mouseview.app.probing.scene import magnification, probe_shape
from mouseview.app.probing.solution import ProbeSolution, solve_probe
from mouseview.app.state import AppState
from mouseview.formats.registry import read_rig
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Labels, Rig
from mouseview.model.sample import Sample
from mouseview.multiview.epipolar import EpipolarViews
from mouseview.multiview.points import triangulate_pixels
from tests.app.conftest import SAMPLES, wait_for_sample
from tests.rigs import SUBJECT_MM, mouse_ring, with_camera

A, B = np.array([0.05, -0.08, 0.1]), np.array([-0.2, 0.15, 0.02])
LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def send(widget: QWidget, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton = LEFT,
         modifiers: Qt.KeyboardModifier = PLAIN) -> None:  # fmt: skip
    """A mouse event at a fractional position, as a high-resolution screen sends it."""
    held = NO_BUTTON if kind == QEvent.Type.MouseButtonRelease or button is NO_BUTTON else button
    pressed = NO_BUTTON if kind == QEvent.Type.MouseMove else button
    QApplication.sendEvent(widget, QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), pressed, held, modifiers))


def wheel(widget: QWidget, at: QPointF, notches: int) -> None:
    for _ in range(abs(notches)):
        turn = QPoint(0, 120 if notches > 0 else -120)
        there = QPointF(widget.mapToGlobal(at))
        phase = Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(widget, QWheelEvent(at, there, QPoint(), turn, NO_BUTTON, PLAIN, phase, False))


class Hand:
    """What a user does with the probe."""

    def __init__(self, running: Running, qtbot: QtBot) -> None:
        self.running, self.qtbot = running, qtbot

    @property
    def rig(self) -> Rig:
        return self.running.controller.state.sample.rig

    def tile(self, view: int) -> ViewTile:
        return self.running.window.views.grid.tiles[view]

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        self.qtbot.keyClick(self.running.window, key, modifiers)

    def at(self, view: int, point: Array, shift: tuple[float, float] = (0.0, 0.0)) -> QPointF:
        """Where a world point is shown on the tile of a view."""
        return self.tile(view).framing.to_widget(QPointF(*(self.rig[view].project(point)[0] + shift)))

    def click(self, view: int, point: Array, other: bool = False, shift: tuple[float, float] = (0.0, 0.0)) -> None:
        at, held = self.at(view, point, shift), SHIFT if other else PLAIN
        send(self.tile(view), QEvent.Type.MouseButtonPress, at, modifiers=held)
        send(self.tile(view), QEvent.Type.MouseButtonRelease, at, modifiers=held)

    def solved(self) -> ProbeSolution:
        self.qtbot.waitUntil(lambda: self.running.controller.state.shown_solution is not None, timeout=5_000)
        return self.running.controller.state.shown_solution


@pytest.fixture
def hand(opened: Running, qtbot: QtBot) -> Hand:
    opened.window.scene.view.setFocus()
    made = Hand(opened, qtbot)
    qtbot.waitUntil(lambda: all(opened.controller.state.images), timeout=20_000)
    made.press(Qt.Key.Key_M)
    assert opened.controller.state.probing
    QApplication.processEvents()
    return made


# ---- values alone ----------------------------------------------------------------------------------------------------

areas = st.builds(QRectF, st.floats(0, 50), st.floats(0, 50), st.floats(60, 900), st.floats(60, 900))
planes = st.builds(lambda w, h: QRectF(0, 0, w, h), st.floats(50, 4000), st.floats(50, 4000))
places = st.builds(QPointF, st.floats(-200, 1200), st.floats(-200, 1200))


@given(areas, planes, st.floats(1, MOST_MAGNIFIED), places, st.floats(0.2, 8), places)
def test_magnifying_keeps_what_is_under_the_pointer(
    area: QRectF, shown: QRectF, zoom: float, centre: QPointF, factor: float, pointer: QPointF
) -> None:
    before = Framing(area, shown, zoom, centre if zoom > 1 else None)
    there = before.to_widget(before.to_image(pointer))
    np.testing.assert_allclose([there.x(), there.y()], [pointer.x(), pointer.y()], atol=1e-6)
    mapped = before.transform.map(before.to_image(pointer))
    np.testing.assert_allclose([mapped.x(), mapped.y()], [pointer.x(), pointer.y()], atol=1e-5)
    after = Framing(area, shown, *before.zoomed(factor, pointer))
    kept, now = before.to_image(pointer), after.to_image(pointer)
    assert 1 <= after.zoom <= MOST_MAGNIFIED
    inside = shown.contains(before.middle) and after.zoom > 1 and shown.contains(kept)
    held = after.middle.x() in (shown.left(), shown.right()) or after.middle.y() in (shown.top(), shown.bottom())
    if inside and not held:
        np.testing.assert_allclose([now.x(), now.y()], [kept.x(), kept.y()], atol=1e-6 * max(shown.width(), 1))
    assert shown.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(after.middle)


def test_marks_are_moved_taken_back_and_kept_apart_by_point() -> None:
    probe = Probe("s").with_mark("a", 1, 2).with_mark("b", 3, 4).with_mark("a", 5, 6)
    assert [(mark.camera, mark.pixel) for mark in probe.marks] == [("a", (5.0, 6.0)), ("b", (3.0, 4.0))]
    other = probe.with_mark("a", 7, 8, point=1)
    assert other.active == 1
    assert other.points[0] == probe.points[0]
    np.testing.assert_array_equal(other.pixels(("b", "a"))[:, 1], [[np.nan, np.nan], [7, 8]])
    assert other.without_last().marks == ()
    assert other.without_last().without_last().active == 0, "an empty B gives way to A"
    assert probe.without("a").marks == (probe.marks[1],)
    assert probe.cleared().is_empty
    assert probe.of("t").is_empty
    assert probe.of("s") is probe


def marked(rig: Rig, points: tuple[Array, ...], noise_px: float = 0.0, off: dict[int, float] | None = None) -> Probe:
    rng, probe = np.random.default_rng(2), Probe("s")
    for which, point in enumerate(points):
        for view, camera in enumerate(rig):
            pixel = camera.project(point)[0] + rng.normal(0, noise_px, 2) + (off or {}).get(view, 0.0)
            probe = probe.with_mark(camera.name, *pixel, point=which)
    return probe


def test_a_length_and_its_uncertainty_are_those_of_repeated_marking() -> None:
    rig = mouse_ring().subset(("cam0", "cam1", "cam3"))
    ends = SUBJECT_MM, SUBJECT_MM + np.array([35.0, -8, 12])
    true = float(np.linalg.norm(ends[1] - ends[0]))
    length, sigma = solve_probe(rig, marked(rig, ends)).length
    assert length == pytest.approx(true, abs=1e-9)
    exact = np.stack([camera.project(np.array(ends))[0] for camera in rig])
    noise = np.random.default_rng(0).normal(0, 1.0, (len(rig), 2000, 2, 2))
    found = triangulate_pixels(rig, (exact[:, None] + noise).reshape(len(rig), -1, 2), leave_one_out=False)
    first, second = found.points_world.reshape(-1, 2, 3).transpose(1, 0, 2)
    lengths = np.linalg.norm(second - first, axis=-1)
    assert lengths.std() == pytest.approx(sigma, rel=0.06)
    assert lengths.mean() == pytest.approx(true, abs=4 * sigma / np.sqrt(2000))


def test_the_view_that_does_not_fit_is_suspected_and_no_sound_one() -> None:
    rig = mouse_ring()
    assert solve_probe(rig, marked(rig, (SUBJECT_MM,), 1.0)).suspects == (None, None)
    assert solve_probe(rig, marked(rig, (SUBJECT_MM,), 1.0, {3: 9.0})).suspects == (3, None)
    two = rig.subset(("cam0", "cam1"))
    assert solve_probe(two, marked(two, (SUBJECT_MM,), 1.0, {1: 9.0})).suspects == (None, None)


def test_the_overlay_parts_a_curve_by_depth_and_loses_none_of_it() -> None:
    rig = mouse_ring()
    pixel = tuple(rig[0].project(SUBJECT_MM)[0])
    curves = EpipolarViews(rig).curves(0, pixel)
    ray = RayCurves(0, "cam0", pixel, curves, 320.0)
    overlay = probe_overlay(Probe("s"), None, (ray,), None, rig.names, 2)
    assert {line.strong for line in overlay.lines} == {True, False}
    joined = np.vstack([overlay.lines[0].points, *(line.points[1:] for line in overlay.lines[1:])])
    np.testing.assert_array_equal(joined, curves[2].pieces[0])
    near = min((line for line in overlay.lines if line.strong),
               key=lambda line: np.linalg.norm(line.points - rig[2].project(SUBJECT_MM)[0], axis=1).min())  # fmt: skip
    assert np.linalg.norm(near.points - rig[2].project(SUBJECT_MM)[0], axis=1).min() < 40
    assert probe_overlay(Probe("s"), None, (), None, rig.names, 0).is_empty


def test_ellipsoids_are_enlarged_by_a_power_of_ten_that_is_told() -> None:
    rig = mouse_ring()
    solution = solve_probe(rig, marked(rig, (SUBJECT_MM, SUBJECT_MM + 20), 0.5))
    factor = magnification(solution)
    assert factor == 100
    shape = probe_shape(solution)
    assert len(shape.rays) == 12
    reach = max(np.linalg.norm(loop - shape.points[0], axis=1).max() for loop in shape.loops[:3])
    assert reach == pytest.approx(factor * solution.found.ellipsoid[0][0, 0], rel=1e-3)
    ends = shape.rays[0]
    assert np.linalg.norm(np.cross(ends[1] - ends[0], shape.points[0] - ends[0])) < 5 * np.linalg.norm(
        ends[1] - ends[0]
    )
    assert probe_shape(None) is None
    assert probe_shape(solve_probe(rig, Probe("s").with_mark("cam0", 500, 500))).ruler is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.1496, "0.15"), (0.0803, "0.080"), (12.34, "12"), (0.0, "0"), (np.inf, "unknown")]
)
def test_uncertainties_have_two_digits(value: float, text: str) -> None:
    assert rounded(value) == text


# ---- in the window ---------------------------------------------------------------------------------------------------


def test_the_tool_is_told_by_a_cross_and_ends_with_its_key(hand: Hand) -> None:
    window = hand.running.window
    assert window.actions_["probe"].isChecked()
    assert window.probe.tool.isChecked()
    assert hand.tile(0).cursor().shape() == Qt.CursorShape.CrossCursor
    assert "Point at a spot" in window.probe.hint.text()
    hand.press(Qt.Key.Key_M)
    assert not hand.running.controller.state.probing
    assert hand.tile(0).cursor().shape() == Qt.CursorShape.PointingHandCursor
    chosen = hand.rig.names[3]
    hand.click(3, A)
    assert hand.running.controller.state.camera == chosen, "without the probe a click chooses the camera"
    assert hand.running.controller.state.probe.is_empty


@pytest.mark.parametrize("notches", [0, 3, 9])
def test_the_pixel_that_is_seen_is_the_pixel_that_is_marked(qtbot: QtBot, notches: int) -> None:
    """One lit pixel of a photograph is found on the painted tile, and clicked there."""
    lit, size = (151, 88), (240, 200)
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(0)
    image.setPixel(*lit, 0xFFFF0000)
    tile = ViewTile("cam")
    qtbot.addWidget(tile)
    tile.resize(900, 760)
    tile.show_view(image, size, Overlay(), selected=False, tag="", problem="")
    tile.set_probing(True)
    tile.show()
    got: list[tuple[float, float]] = []
    tile.marked.connect(lambda _name, x, y, _other, _grain: got.append((x, y)))
    wheel(tile, tile.framing.to_widget(QPointF(150.0, 90.0)), notches)
    picture = tile.grab().toImage()
    ratio = picture.devicePixelRatio()
    rows, columns = np.nonzero([
        [(colour := picture.pixelColor(x, y)).red() > 120 and colour.green() < 90 for x in range(picture.width())]
        for y in range(picture.height())
    ])  # fmt: skip
    centre = QPointF((columns.min() + columns.max() + 1) / 2 / ratio, (rows.min() + rows.max() + 1) / 2 / ratio)
    send(tile, QEvent.Type.MouseButtonPress, centre)
    np.testing.assert_allclose(got[-1], np.array(lit) + 0.5, atol=0.5 if notches < 9 else 0.05)


def test_fractional_positions_reach_the_mark(hand: Hand) -> None:
    tile = hand.tile(1)
    wheel(tile, hand.at(1, A), 8)
    framing = tile.framing
    assert framing.scale > 5
    for fraction in (0.0, 0.25, 0.5, 0.75):
        at = framing.area.center() + QPointF(fraction, -fraction)
        send(tile, QEvent.Type.MouseButtonPress, at)
        send(tile, QEvent.Type.MouseButtonRelease, at)
        mark = hand.running.controller.state.probe.marks[-1]
        wanted = framing.to_image(at)
        np.testing.assert_allclose(mark.pixel, [wanted.x(), wanted.y()], atol=1e-9)
        assert mark.grain_px == pytest.approx(1 / (framing.scale * tile.devicePixelRatioF()))


def test_curves_follow_the_pointer_in_all_other_views(hand: Hand) -> None:
    send(hand.tile(2), QEvent.Type.MouseMove, hand.at(2, A), NO_BUTTON)
    pixel = hand.tile(2).framing.to_image(hand.at(2, A))
    origin, direction = hand.rig[2].rays([pixel.x(), pixel.y()])
    depth = np.linalg.norm(A - origin)
    for view, camera in enumerate(hand.rig):
        lines = hand.tile(view).probe_overlay.lines
        assert bool(lines) == (view != 2)
        if lines:
            there, _ = camera.project(origin + depth * direction)
            points = np.vstack([line.points for line in lines])
            assert np.linalg.norm(points - there, axis=1).min() < 12
    QApplication.sendEvent(hand.tile(2), QEvent(QEvent.Type.Leave))
    assert all(hand.tile(view).probe_overlay.is_empty for view in range(6))
    assert hand.running.controller.state.probe.is_empty, "pointing marks nothing"


def test_two_clicks_make_a_point_that_all_views_expect(hand: Hand) -> None:
    panel, unit = hand.running.window.probe, hand.rig.unit_words
    hand.click(0, A)
    assert hand.rig.names[0] in panel.hint.text()
    assert hand.tile(3).probe_overlay.lines, "the first mark's curves stay"
    hand.click(2, A)
    solution = hand.solved()
    np.testing.assert_allclose(solution.found.points_world[0], A, atol=1e-9)
    assert unit in panel.position.text()
    assert unit in panel.sure.text()
    assert "assuming 1 px noise" in panel.sure.text()
    for view, camera in enumerate(hand.rig):
        (spot,) = hand.tile(view).probe_overlay.spots
        np.testing.assert_allclose(spot.predicted, camera.project(A)[0], atol=1e-6)
        assert (spot.marked is not None) == (view in (0, 2))
        assert not hand.tile(view).probe_overlay.lines
    assert [key for key, _ in panel.views.rows] == [hand.rig.names[0], hand.rig.names[2]]
    assert "two cannot tell" in panel.misfit.text()
    scene = hand.running.window.scene.view.state
    np.testing.assert_allclose(scene.probe.points[0], A, atol=1e-9)
    assert len(scene.probe.rays) == 2
    assert len(scene.probe.loops) == 3


def test_more_views_refine_and_name_the_one_that_does_not_fit(hand: Hand) -> None:
    for view in range(6):
        hand.click(view, A, shift=(7.0, -6.0) if view == 4 else (0.0, 0.0))
    solution = hand.solved()
    guilty = hand.rig.names[4]
    assert solution.suspects[0] == 4
    assert guilty in hand.running.window.probe.misfit.text()
    assert hand.tile(4).probe_overlay.spots[0].suspect
    assert not hand.tile(1).probe_overlay.spots[0].suspect
    rows = dict(hand.running.window.probe.views.rows)
    assert rows[guilty][0].colour
    assert not rows[hand.rig.names[1]][0].colour
    off, left_out = float(rows[guilty][1].text), float(rows[guilty][2].text)
    assert left_out == pytest.approx(np.hypot(7, 6), rel=0.1)
    assert off < left_out
    hand.click(4, A)
    assert hand.solved().suspects[0] is None, "marked again, it moves"
    assert len(hand.running.controller.state.probe.marks) == 6


def test_a_drag_is_one_step_that_can_be_undone(hand: Hand) -> None:
    controller = hand.running.controller
    hand.click(0, A)
    tile = hand.tile(1)
    send(tile, QEvent.Type.MouseButtonPress, hand.at(1, A, (10, 4)))
    for step in range(5):
        send(tile, QEvent.Type.MouseMove, hand.at(1, A, (10 - 2 * step, 4 - step)))
    send(tile, QEvent.Type.MouseButtonRelease, hand.at(1, A))
    assert len(controller.state.probe.marks) == 2
    dragged = controller.state.probe.marks[1]
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [mark.camera for mark in controller.state.probe.marks] == [hand.rig.names[0]]
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert controller.state.probe.marks[1] == dragged
    hand.press(Qt.Key.Key_Backspace)
    assert len(controller.state.probe.marks) == 1
    hand.press(Qt.Key.Key_Escape)
    assert controller.state.probe.is_empty
    assert controller.state.probing
    hand.press(Qt.Key.Key_Escape)
    assert not controller.state.probing
    assert controller.state.shown_solution is None or controller.state.shown_probe.is_empty


def test_the_ruler_measures_and_gives_the_unit(hand: Hand, qtbot: QtBot) -> None:
    running, panel = hand.running, hand.running.window.probe
    for view in range(3):
        hand.click(view, A)
    for view in range(3):
        hand.click(view, B, other=True)
    qtbot.waitUntil(lambda: hand.solved().length is not None, timeout=5_000)
    true = float(np.linalg.norm(B - A))
    length, _ = hand.solved().length
    assert length == pytest.approx(true, abs=1e-9)
    assert not panel.ruler.isHidden()
    assert panel.ruler.length.text().startswith("A to B:  0.")
    assert hand.tile(5).probe_overlay.ruler is not None
    assert running.window.scene.view.state.probe.ruler is not None
    qtbot.keyClicks(panel.ruler.true_mm, f"{1000 * true:.3f}")
    assert panel.ruler.factor == pytest.approx(1000, rel=1e-3)
    assert "metres" in panel.ruler.said.text()
    source = hand.rig.source
    before = source.read_bytes()
    qtbot.mouseClick(panel.ruler.save, LEFT)
    qtbot.waitUntil(lambda: running.controller.state.sample is not None and hand.rig.units == "mm", timeout=20_000)
    assert source.read_bytes() == before
    np.testing.assert_allclose(read_rig(source).centres, 1000 * read_rig(source, corrected=False).centres, rtol=1e-3)
    assert any("mm" in words for words in hand.rig.assumptions)
    for sidecar in source.parent.glob("*.mouseview.json"):
        sidecar.unlink()


def test_marks_belong_to_their_sample(hand: Hand, qtbot: QtBot) -> None:
    hand.click(0, A)
    hand.click(1, A)
    hand.solved()
    controller = hand.running.controller
    controller.choose_sample(1)
    wait_for_sample(qtbot, hand.running, SAMPLES[1])
    qtbot.waitUntil(lambda: hand.tile(0).probe_overlay.is_empty, timeout=5_000)
    assert controller.state.shown_probe.is_empty
    assert controller.state.shown_solution is None
    assert hand.running.window.scene.view.state.probe is None
    controller.choose_sample(0)
    wait_for_sample(qtbot, hand.running, SAMPLES[0])
    assert len(hand.solved().views(0)) == 2


def test_fed_images_are_not_marked_and_that_is_said(hand: Hand, qtbot: QtBot) -> None:
    window = hand.running.window
    qtbot.waitUntil(lambda: hand.running.controller.state.prepared is not None, timeout=60_000)
    hand.click(0, A)
    qtbot.mouseClick(window.views.source.button(1), LEFT)
    assert "probe marks photographs" in window.views._hint.text()
    assert hand.tile(0).probe_overlay.is_empty
    hand.click(1, A)
    assert len(hand.running.controller.state.probe.marks) == 1
    hand.press(Qt.Key.Key_M)
    hand.press(Qt.Key.Key_M)
    assert window.views.source.index == 0, "taking up the probe shows photographs"


def test_views_grow_while_one_aims_and_shrink_again(hand: Hand, qtbot: QtBot) -> None:
    dock = hand.running.window.docks["views"]
    qtbot.waitUntil(lambda: dock.height() > 0.45 * hand.running.window.height(), timeout=2_000)
    hand.press(Qt.Key.Key_M)
    qtbot.waitUntil(lambda: dock.height() < 0.45 * hand.running.window.height(), timeout=2_000)


def test_cameras_without_images_can_be_probed(
    running: Running, qtbot: QtBot, dataset_folder: Path, tmp_path: Path
) -> None:
    rig_file = tmp_path / "opencv_cameras.json"
    rig_file.write_bytes((dataset_folder / SAMPLES[0] / "opencv_cameras.json").read_bytes())
    running.controller.open(str(rig_file))
    wait_for_sample(qtbot, running)
    running.window.scene.view.setFocus()
    hand = Hand(running, qtbot)
    hand.press(Qt.Key.Key_M)
    hand.click(0, A)
    hand.click(3, A)
    np.testing.assert_allclose(hand.solved().found.points_world[0], A, atol=1e-9)


def test_magnifying_beyond_the_shown_pixels_asks_for_all_of_them(qtbot: QtBot) -> None:
    tile = ViewTile("cam")
    qtbot.addWidget(tile)
    tile.resize(200, 220)
    tile.show_view(QImage(400, 400, QImage.Format.Format_RGB32), (2000, 2000), Overlay(), selected=False, tag="",
                   problem="")  # fmt: skip
    tile.set_probing(True)
    wanted: list[str] = []
    tile.detail_wanted.connect(wanted.append)
    middle = tile.framing.area.center()
    wheel(tile, middle, 1)
    assert not wanted
    wheel(tile, middle, 6)
    assert wanted[0] == "cam"
    tile.show_detail(QImage(2000, 2000, QImage.Format.Format_RGB32))
    before = len(wanted)
    wheel(tile, middle, 1)
    assert len(wanted) == before
    tile.set_probing(False)
    assert tile.framing.zoom == 1


def test_the_photograph_in_full_is_read_for_a_closer_look(hand: Hand, qtbot: QtBot) -> None:
    with qtbot.waitSignal(hand.running.wiring.desks.probe.detail_read, timeout=10_000) as got:
        hand.running.wiring.desks.probe.want_detail(hand.rig.names[2])
    name, masked, opaque = got.args
    assert name == hand.rig.names[2]
    assert (masked.width(), masked.height()) == hand.rig[2].size
    assert masked.pixelColor(1, 1).alpha() == 0
    assert opaque.pixelColor(1, 1).alpha() == 255


def test_beside_the_image_nothing_is_marked_and_a_drag_ends_at_its_border(hand: Hand) -> None:
    tile = hand.tile(0)
    tile._size = (96, 40)  # a wide image leaves room above and below it
    above = tile.framing.to_widget(QPointF(48, -8))
    assert tile.framing.area.contains(above)
    send(tile, QEvent.Type.MouseButtonPress, above)
    send(tile, QEvent.Type.MouseButtonRelease, above)
    assert hand.running.controller.state.probe.is_empty
    send(tile, QEvent.Type.MouseButtonPress, tile.framing.to_widget(QPointF(48, 12)))
    send(tile, QEvent.Type.MouseMove, above)
    send(tile, QEvent.Type.MouseButtonRelease, above)
    assert hand.running.controller.state.probe.marks[0].pixel == pytest.approx((48.0, 0.0))


# ---- keypoints -------------------------------------------------------------------------------------------------------


def labelled_sample(rig: Rig, frames: int = 1) -> Sample:
    rng = np.random.default_rng(5)
    world = SUBJECT_MM + rng.normal(size=(frames, 9, 3)) * 22
    px = np.stack([camera.project(world)[0] for camera in rig]) + rng.normal(0, 0.6, (len(rig), frames, 9, 2))
    px[2, :, 4] = np.nan
    labels = Labels(
        np.full_like(world, np.nan), tuple(f"joint{i}" for i in range(9)), px, tuple(range(10, 10 + frames))
    )
    return Sample("mouse", rig, labels=labels)


def test_keypoints_are_judged_and_the_guilty_view_named(qtbot: QtBot) -> None:
    sound, panel = labelled_sample(mouse_ring(), frames=3), ProbePanel()
    qtbot.addWidget(panel)
    judged = judge_keypoints(sound)
    assert judged.overall.guilty is None
    assert [row.views for row in judged.rows] == [6, 6, 6, 6, 5, 6, 6, 6, 6]
    assert np.isnan(judged.marks_px[2, 4]).all()
    assert np.nanmax(np.linalg.norm(judged.marks_px - judged.predicted_px, axis=-1)) < 4
    off = with_camera(mouse_ring(), 1, K=mouse_ring()[1].K + np.array([[0, 0, 9], [0, 0, 6], [0, 0, 0]]))
    wrong = dataclasses.replace(sound, rig=off)
    judged = judge_keypoints(wrong)
    assert off.names[judged.overall.guilty] == "cam1"
    assert "Without cam1" in judgement_text(judged)
    panel.show_state(AppState(sample=wrong, keypoints=judged))
    assert not panel.keypoints.isHidden()
    assert "frame 10" in panel.keypoints_title.text()
    cells = dict(panel.keypoints.rows)["joint0"]
    assert cells[3].text == "cam1"
    assert cells[3].colour
    with qtbot.waitSignal(panel.camera_chosen) as chosen:
        panel.keypoints.row_chosen.emit("joint0")
    assert chosen.args == ["cam1"]
    panel.show_state(AppState(sample=sound, keypoints=judged))
    assert panel.keypoints.isHidden(), "another sample's judgement is not shown"


def test_no_2d_labels_mean_no_judgement() -> None:
    sample = labelled_sample(mouse_ring())
    assert judge_keypoints(dataclasses.replace(sample, labels=None)) is None
    assert judge_keypoints(dataclasses.replace(sample, labels=Labels(np.zeros((1, 2, 3))))) is None


def test_an_empty_panel_says_how_to_begin(qtbot: QtBot) -> None:
    panel = ProbePanel()
    qtbot.addWidget(panel)
    panel.show_state(AppState())
    assert "Press M" in panel.hint.text()
    assert not panel.tool.isEnabled()
    assert panel.ruler.isHidden()
    assert panel.keypoints.isHidden()
    assert ProbeOverlay().is_empty
