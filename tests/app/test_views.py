"""The views of the Model panel: clicks feed and hold out, the cost follows, and the order is asked about."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.panels.view_choice import ViewChoice
from mouseview.inference import hardware
from mouseview.inference.cost import cost
from mouseview.inference.declared import declared_config
from mouseview.inference.hardware import Processor
from mouseview.inference.passes import Pass
from mouseview.model.errors import Cancelled
from mouseview.workflow.order import Difference, OrderCheck
from tests.app.conftest import small_rig


@pytest.fixture
def panel(opened: Running, qtbot: QtBot) -> ViewChoice:
    opened.window.raise_panel("model")
    views = opened.window.model.views
    qtbot.waitUntil(lambda: "tokens" in views.cost.text(), timeout=20_000)
    return views


def click(qtbot: QtBot, box: QCheckBox) -> None:
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def choose(qtbot: QtBot, panel: ViewChoice, text: str) -> None:
    """An entry of the menu, with the mouse."""
    (entry,) = [action for action in panel.menu.actions() if action.text() == text]
    panel.menu.popup(panel.more.mapToGlobal(QPoint(0, panel.more.height())))
    qtbot.waitUntil(panel.menu.isVisible)
    qtbot.mouseClick(panel.menu, Qt.MouseButton.LeftButton, pos=panel.menu.actionGeometry(entry).center())


def held_out(running: Running) -> tuple[str, ...]:
    project = running.controller.state.project
    assert project is not None
    return project.held_out


def test_clicks_hold_out_and_feed_again_and_the_menu_does_many_in_one_step(
    opened: Running, panel: ViewChoice, qtbot: QtBot
) -> None:
    name = small_rig().names[1]
    box = panel.box(name)
    click(qtbot, box)
    assert held_out(opened) == (name,)
    assert box.text() == f"{name} (held out)"
    assert "Click to feed" in box.toolTip()
    assert "5 of 6" in panel.title.text()
    click(qtbot, box)
    assert held_out(opened) == ()
    assert box.text() == name
    assert "Click to hold it out" in box.toolTip()
    # many views in one undoable step
    names = small_rig().names
    choose(qtbot, panel, "Hold out every third fed view")
    assert held_out(opened) == (names[2], names[5])
    choose(qtbot, panel, "Exchange fed and held out")
    assert held_out(opened) == (names[0], names[1], names[3], names[4])
    choose(qtbot, panel, "Feed all views")
    assert held_out(opened) == ()
    opened.controller.history.undo()
    assert held_out(opened) == (names[0], names[1], names[3], names[4])
    assert panel.box(names[2]).isChecked()


def test_the_cost_follows_views_runs_device_and_weights(
    opened: Running, panel: ViewChoice, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert panel.cost.text().startswith("6 views · 6,146 tokens · about ")
    assert panel.one_more.text().startswith("+1 view: +17 % tokens")
    assert panel.warning.isHidden()
    for name in small_rig().names[:3]:
        click(qtbot, panel.box(name))
    qtbot.waitUntil(lambda: panel.cost.text().startswith("3 views · 3,074 tokens"), timeout=20_000)
    assert panel.warning.text() == "Trained with 4 to 8 views"
    assert panel.warning.isVisible()
    # once a run was measured, its time is known
    config = declared_config("mouse-256")
    assert config is not None
    flop = cost(config, 256, 4).flop
    ran = Pass("cpu", f"{hardware.cpu_name()}, 2 threads", config.sizes, 4098, flop, 3.0)
    monkeypatch.setattr("mouseview.inference.passes.known_passes", lambda: (ran,))
    click(qtbot, panel.box(small_rig().names[0]))
    qtbot.waitUntil(lambda: "and 3.0 s on this CPU" in panel.cost.text(), timeout=20_000)
    # memory that is not there is a warning
    monkeypatch.setattr(hardware, "processor", lambda _device: Processor("cuda", "Small GPU", 600_000_000))
    opened.controller.set_device("cuda")
    qtbot.waitUntil(lambda: "Too little memory" in panel.warning.text(), timeout=20_000)
    assert "of Small GPU" in panel.warning.text()
    assert "this GPU" in panel.cost.text()
    # weights that are not here have no cost that anyone knows
    opened.controller.set_checkpoint("hf:some/where/else.pt")
    qtbot.waitUntil(lambda: "Cost unknown" in panel.cost.text(), timeout=20_000)
    assert panel.one_more.isHidden()


def order_check(names: tuple[str, ...]) -> OrderCheck:
    difference = Difference(levels=0.08, psnr=120.0, point=5e-7)
    return OrderCheck(names, ((names[::-1], difference),), False, 118.0, "mm", "cpu")


def test_the_order_is_asked_about_with_a_click_and_the_answer_goes_with_the_question(
    opened: Running, panel: ViewChoice, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = small_rig().names
    told: list[str] = []
    opened.controller.told.connect(told.append)
    monkeypatch.setattr(opened.controller.engine, "check_order", lambda *_arguments: order_check(names))
    qtbot.mouseClick(panel.order, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "0.08 of 255 levels" in panel.answer.text(), timeout=20_000)
    assert panel.answer.text().startswith("Order: No")
    assert any("Does the order of the views matter? No" in text for text in told)
    click(qtbot, panel.box(names[0]))
    assert panel.answer.isHidden(), "of other views nothing was asked"
    click(qtbot, panel.box(names[0]))
    assert panel.answer.isVisible()
    click(qtbot, panel.box(names[1]))

    # and it can be stopped
    def endless(_sample: Any, _project: Any, ticket: Any) -> OrderCheck:
        while not ticket.cancelled():
            time.sleep(0.01)
        raise Cancelled("stopped")

    monkeypatch.setattr(opened.controller.engine, "check_order", endless)
    opened.window.actions_["check-order"].trigger()
    qtbot.waitUntil(opened.window.model.stop.isVisible, timeout=20_000)
    qtbot.mouseClick(opened.window.model.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not opened.controller.jobs.busy("run"), timeout=20_000)
    assert panel.answer.isHidden()
