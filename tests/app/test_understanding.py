"""What the model sees: the pictures agree with what they are of, and the panel follows sample, mode and hand."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QTabBar
from pytestqt.qtbot import QtBot

from mouseview.app.crop.draft import DraftPlan, survey
from mouseview.app.main import Running
from mouseview.app.panels.map_groups import unbroken
from mouseview.app.panels.truth_tiles import best_grid
from mouseview.app.panels.understanding import UnderstandingPanel
from mouseview.app.qimages import texture, to_qimage
from mouseview.app.understanding import pictures
from mouseview.app.understanding.channels import beyond_note
from mouseview.app.understanding.study import Basis, basis_of, study
from mouseview.app.understanding.values import Against, MarkKind, Page, Quantity, Wish
from mouseview.geometry.transforms import Array
from mouseview.model.finding import Truth
from mouseview.model.recipe import Framing, Mode, Recipe, with_framing
from mouseview.model.sample import Sample
from mouseview.normalise.ledger import PROJECTION
from mouseview.normalise.prepare import plan_sample, prepare
from tests.app.conftest import wait_for_sample
from tests.rigs import mouse_ring
from tests.scene import photographed, sample_of

SIZE = (288, 256)


@cache
def sample() -> Sample:
    return photographed(mouse_ring(SIZE))


@cache
def basis(mode: Mode = Mode.EXACT_AIMED) -> Basis:
    recipe = Recipe(mode=mode, model="mouse-256", views=sample().rig.names[:5])
    return basis_of(sample(), survey(sample()), recipe)


@cache
def textures() -> tuple[np.ndarray, ...]:
    return tuple(texture(to_qimage(image)) for image in sample().images())


# ---- the work ----------------------------------------------------------------------------------------------------


def test_a_false_mode_stands_beside_the_exact_one_with_the_ledgers_numbers() -> None:
    shown = study(basis(), None, Wish(Page.BALL, as_if=Mode.FORCED_K), None, textures())
    assert shown.titles == ("exact-aimed", "forced-k")
    assert shown.verdict is Truth.FALSE
    assert [tile.held_out for tile in shown.tiles] == [False] * 5 + [True]
    rows = prepare(sample(), basis().recipe.replace(mode=Mode.FORCED_K)).ledger.rows
    expected = {row.view: row.after for row in rows if row.quantity == PROJECTION}
    for tile in shown.tiles:
        exact, false = tile.sides
        assert (exact.number, exact.truth) == ("0 px", Truth.TRUE)
        assert false.ball is not None
        assert false.ball.rms_px == pytest.approx(expected[tile.name])
        assert false.truth is Truth.FALSE
    worst = max(shown.tiles, key=lambda tile: expected[tile.name] or 0)
    assert worst.name in shown.text
    assert worst.sides[1].number in shown.text


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.PIXEL_BASED])
def test_the_photograph_behind_a_ball_is_what_the_model_gets(mode: Mode) -> None:
    side = 64
    view = basis(mode).plan.views[1]
    picture = pictures.photograph(view, textures()[1], side)
    assert picture is not None
    drawn = texture(picture)[..., 3] / 255.0
    alpha = prepare(sample(), basis(mode).recipe).images[1, ..., 3]
    fed = cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA)
    assert np.abs(drawn - fed).mean() < 0.01
    assert fed.max() > 0.9


def test_ray_maps_name_their_errors() -> None:
    shown = study(basis(), None, Wish(Page.RAYS, as_if=Mode.FORCED_K), None, ())
    assert shown.legend is not None
    exact, false = shown.tiles[0].sides
    assert (exact.number, exact.lines) == ("0°", ())
    assert false.lines
    assert false.number not in ("0°", "no ray")


@given(st.floats(0.02, 0.98))
@settings(max_examples=20, deadline=None)
def test_lines_of_equal_error_lie_where_the_error_is(share: float) -> None:
    size = 256
    level = pictures.CONTOURS_DEG[1]
    ramp: Array = np.tile(np.linspace(0, 1, 65), (65, 1)) / share * level  # the level is met at this share
    lines = [line for line in pictures.contours(ramp, size) if line.shape[0] > 10]
    met = [line for line in lines if abs(line[:, 0].mean() - (0.5 + share * (size - 1))) < 2.5]
    assert met
    assert np.ptp(met[0][:, 0]) < 2.5


def test_exact_channels_differ_from_the_file_by_frame_alone() -> None:
    wish = Wish(Page.CHANNELS, quantity=Quantity.NEAREST)
    shown = study(basis(), None, wish, "cam2", ())
    before, after, gap = shown.groups
    assert [len(group.maps) for group in shown.groups] == [3, 3, 3]
    assert "off the scale" in before.note  # millimetres
    assert (after.note, gap.note) == ("", "")
    assert "all zero" in shown.text
    assert "cam2" in shown.text
    moved = study(basis(), None, wish.replace(against=Against.BEFORE), "cam2", ())
    assert "off the scale" in moved.groups[2].note


def test_the_depth_window_is_empty_in_millimetres_and_full_after() -> None:
    shown = study(basis(), None, Wish(Page.CHANNELS, quantity=Quantity.WINDOW), "cam0", ())

    def colours(group: int) -> set[tuple[int, ...]]:
        image = texture(shown.groups[group].maps[0].image)
        return {tuple(rgb) for rgb in image[image[..., 3] == 255][:, :3].tolist()}

    amounts = pictures.amounts()
    assert colours(1) == {tuple(amounts[-1].tolist())}
    assert max(sum(rgb) for rgb in colours(0)) < sum(amounts[40].tolist())


def test_the_ladder_puts_millimetres_far_off_and_false_modes_near() -> None:
    shown = study(basis(), None, Wish(Page.DISTRIBUTION), None, ())
    marks = {mark.label: mark for mark in shown.ladder}
    assert {str(mode) for mode in Mode} < set(marks)
    assert marks["exact-aimed"].kind is MarkKind.SHOWN
    own, raw = marks["exact-aimed"].distance, marks["the file, fed as it is"].distance
    assert marks["training rig, turned"].distance < own < marks["forced-k"].distance < 1 < 10 < raw
    assert marks["forced-k"].truth is Truth.FALSE
    assert len(shown.histograms) == 6
    mean = np.mean([channel.distances[1] for channel in shown.histograms])
    assert mean == pytest.approx(own)
    other = study(basis(), None, Wish(Page.DISTRIBUTION, reference="inference"), None, ())
    assert (other.reference, other.references) == ("inference", ("inference", "training"))


def test_a_mode_that_cannot_be_done_says_so_and_the_present_one_stays() -> None:
    bare = sample_of(list(sample().images()), sample().rig, has_mask=False)
    made = basis_of(bare, survey(bare), Recipe(model="mouse-256"))
    shown = study(made, None, Wish(Page.BALL, as_if=Mode.PIXEL_BASED), None, ())
    assert shown.titles == ("exact-aimed",)
    assert "pixel-based cannot be done here" in shown.text
    assert "mask" in shown.text


def test_what_leaves_a_scale_is_told() -> None:
    assert beyond_note(np.array([-1.0, 0.5, 1.0]), -1, 1) == ""
    assert beyond_note(np.array([-1.0, 0.5, 3.0, np.nan]), -1, 1) == "33 % off the scale: -1 to 3"
    assert beyond_note(np.array([np.nan]), -1, 1) == "no ray"


def test_curves_break_where_the_lens_does() -> None:
    line = np.array([[0.0, 0], [1, 0], [np.nan, 0], [3, 0], [4, 0], [5, 0], [np.nan, np.nan], [7, 0]])
    assert [piece[:, 0].tolist() for piece in unbroken(line)] == [[0, 1], [3, 4, 5]]


@given(st.integers(0, 40), st.integers(1, 2), st.floats(250, 1600), st.floats(100, 700))
@settings(max_examples=100, deadline=None)
def test_all_tiles_have_a_place(tiles: int, sides: int, width: float, height: float) -> None:
    grid = best_grid(tiles, sides, width, height)
    assert grid.columns * grid.rows >= tiles
    assert grid.columns * (sides * grid.side + (sides - 1) * 3 + 8) - 8 <= width + 1


# ---- the panel ---------------------------------------------------------------------------------------------------


def click_tab(qtbot: QtBot, running: Running, title: str) -> None:
    bars = [bar for bar in running.window.children() if isinstance(bar, QTabBar) and bar.isVisible()]
    bar, tab = next((bar, tab) for bar in bars for tab in range(bar.count()) if bar.tabText(tab) == title)
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())


def choose(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """With the keys, as a person does."""
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText() == text:
            return
        key = Qt.Key.Key_Down if box.findText(text) > box.currentIndex() else Qt.Key.Key_Up
        qtbot.keyClick(box, key)
    assert box.currentText() == text


def wait_for(qtbot: QtBot, panel: UnderstandingPanel, page: Page, sides: int = 1) -> None:
    def there() -> bool:
        made = panel.study
        return made is not None and made.page is page and len(made.titles) == sides

    qtbot.waitUntil(there, timeout=30_000)


def test_the_panel_explains_a_mode_without_choosing_it(qtbot: QtBot, opened: Running) -> None:
    panel, controller = opened.window.understanding, opened.controller
    wait_for_sample(qtbot, opened)
    qtbot.waitUntil(lambda: controller.state.prepared is not None, timeout=30_000)
    assert panel.study is None  # nobody looks
    height = opened.window.docks["views"].height()
    click_tab(qtbot, opened, "What the model sees")
    wait_for(qtbot, panel, Page.BALL)
    assert all(tile.sides[0].truth is Truth.TRUE for tile in panel.tiles.tiles)
    assert opened.window.docks["understanding"].height() > height
    qtbot.mouseClick(panel.tiles, Qt.MouseButton.LeftButton, pos=panel.tiles.place(2).center().toPoint())
    assert controller.state.camera == panel.tiles.tiles[2].name

    choose(qtbot, panel.as_if, "as if pixel-based")
    qtbot.waitUntil(lambda: panel.study is not None and panel.study.titles[1:] == ("pixel-based",), timeout=30_000)
    assert panel.badge.text == "false"
    assert "Each view pushes the ball its own way" in panel.text.text()
    project = controller.state.project
    assert project is not None
    assert project.recipe.mode is Mode.EXACT_AIMED
    assert not controller.history.canUndo()

    qtbot.mouseClick(panel.pages.button(int(Page.CHANNELS)), Qt.MouseButton.LeftButton)
    wait_for(qtbot, panel, Page.CHANNELS)
    assert len(panel.maps.groups) == 3
    qtbot.mouseClick(panel.pages.button(int(Page.DISTRIBUTION)), Qt.MouseButton.LeftButton)
    wait_for(qtbot, panel, Page.DISTRIBUTION)
    assert len(panel.histograms.channels) == 6
    click_tab(qtbot, opened, "Views")
    qtbot.waitUntil(lambda: opened.window.docks["views"].height() == height, timeout=3000)


def test_a_drag_is_followed_and_forgotten(qtbot: QtBot, opened: Running) -> None:
    panel, controller = opened.window.understanding, opened.controller
    qtbot.waitUntil(lambda: controller.state.prepared is not None, timeout=30_000)
    opened.window.actions_["why-false"].trigger()
    wait_for(qtbot, panel, Page.BALL, 2)
    choose(qtbot, panel.as_if, panel.as_if.itemText(0))
    wait_for(qtbot, panel, Page.BALL, 1)
    before = panel.study
    assert before is not None
    shown, mask_stats = controller.state.sample, survey(controller.state.sample)  # type: ignore[arg-type]
    assert shown is not None
    name = shown.rig.names[0]
    recipe = Recipe(mode=Mode.FORCED_K, model="mouse-256", framings=with_framing((), name, Framing(aim_deg=(4.0, 0.0))))
    plan, _ = plan_sample(shown, recipe, mask_stats)
    opened.wiring.desks.understanding.preview(DraftPlan(shown, plan, recipe))
    qtbot.waitUntil(lambda: panel.study is not None and panel.study.titles == ("forced-k",), timeout=30_000)
    assert panel.study is not None
    assert [tile.sides[0].truth for tile in panel.study.tiles[:2]] == [Truth.FALSE, Truth.TRUE]
    opened.wiring.desks.understanding.preview(None)
    qtbot.waitUntil(lambda: panel.study is not None and panel.study.titles == before.titles, timeout=30_000)


def test_tiles_say_more_under_the_pointer(qtbot: QtBot) -> None:
    panel = UnderstandingPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 330)
    panel.show()
    panel.tiles.show_tiles((), ())
    panel.show_study(study(basis(), None, Wish(Page.BALL, as_if=Mode.FORCED_K), None, textures()))
    qtbot.waitExposed(panel)
    qtbot.mouseMove(panel.tiles, panel.tiles.place(5).center().toPoint())
    qtbot.mouseMove(panel.tiles, panel.tiles.place(5).center().toPoint() + QPoint(2, 1))
    qtbot.waitUntil(lambda: "held out" in panel.tiles.toolTip(), timeout=3000)
    assert "forced-k" in panel.tiles.toolTip()
