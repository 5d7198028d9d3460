"""The whole window over real files, with real keys and clicks; only the neural engine is a stand-in."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import time
from pathlib import Path
from unittest.mock import create_autospec

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox, QTabBar
from pytestqt.qtbot import QtBot

from mouseview.app import tasks
from mouseview.app.consent import ConsentDesk
from mouseview.app.jobs import Ticket
from mouseview.app.main import Running, make_window
from mouseview.app.panels.messages import FailureCard
from mouseview.app.state import AppState
from mouseview.inference.hub import DownloadOffer, HubFile
from mouseview.model.gaussians import Gaussians
from mouseview.model.recipe import Mode
from mouseview.workflow.project import load_project
from tests.app.conftest import SAMPLES, compared_view, wait_for_sample


def failures(running: Running) -> list[FailureCard]:
    return [card for card in running.window.messages.cards if isinstance(card, FailureCard)]


def wait_prepared(qtbot: QtBot, running: Running) -> None:
    qtbot.waitUntil(lambda: running.controller.state.prepared is not None, timeout=60_000)


def test_it_begins_with_a_welcome_and_shows_panels_once_something_is_open(opened: Running, qtbot: QtBot) -> None:
    window = opened.window
    assert window.centre.currentWidget() is window.scene
    idle = ("session", "difference", "masks")  # they have nothing to say about images alone
    assert all(dock.isHidden() == (name in idle) for name, dock in window.docks.items())
    assert window.windowTitle().endswith("– MouseView")
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window.centre.currentWidget() is window.welcome
    assert all(dock.isHidden() for dock in window.docks.values())


def test_arrow_keys_walk_through_samples_and_views(opened: Running, qtbot: QtBot) -> None:
    window, controller = opened.window, opened.controller
    window.scene.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    qtbot.keyClick(window, Qt.Key.Key_Down)
    assert controller.state.camera == controller.state.sample.rig.names[1]
    qtbot.keyClick(window, Qt.Key.Key_Up)
    qtbot.keyClick(window, Qt.Key.Key_Up)
    assert controller.state.camera == controller.state.sample.rig.names[-1]
    qtbot.keyClick(window, Qt.Key.Key_Left)
    wait_for_sample(qtbot, opened, SAMPLES[0])
    assert controller.state.camera == controller.state.sample.rig.names[-1], "the view is kept over samples"


def test_a_focused_list_keeps_its_arrow_keys(opened: Running, qtbot: QtBot) -> None:
    opened.window.samples.list.setFocus()
    camera = opened.controller.state.camera
    qtbot.keyClick(opened.window.samples.list, Qt.Key.Key_Down)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    assert opened.controller.state.camera == camera


def test_choosing_a_mode_normalises_anew_and_can_be_undone(opened: Running, qtbot: QtBot) -> None:
    window, controller = opened.window, opened.controller
    wait_prepared(qtbot, opened)
    first = controller.state.prepared
    window.model.mode.setFocus()
    qtbot.keyClick(window.model.mode, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: getattr(controller.state.prepared, "mode", None) is Mode.PIXEL_BASED, timeout=30_000)
    assert window.model.truth.text == "false"
    assert "shifted and scaled by its mask" in window.model.summary.text()
    window.scene.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert controller.state.project.recipe.mode is Mode.EXACT_AIMED
    assert controller.state.prepared is first, "its result is still known"
    assert window.model.truth.text == "true"
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, modifiers)
    assert controller.state.project.recipe.mode is Mode.PIXEL_BASED


def test_undo_does_not_jump_to_another_sample(opened: Running, qtbot: QtBot) -> None:
    opened.controller.set_mode(Mode.RAW)
    opened.controller.choose_sample(2)
    wait_for_sample(qtbot, opened, SAMPLES[2])
    opened.controller.history.undo()
    assert opened.controller.state.project.sample == SAMPLES[2]
    assert opened.controller.state.project.recipe.mode is Mode.EXACT_AIMED


def test_views_are_held_out_by_a_click(opened: Running, qtbot: QtBot) -> None:
    window, controller = opened.window, opened.controller
    name = controller.state.sample.rig.names[2]
    box = window.model.views.box(name)
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert controller.state.project.held_out == (name,)
    assert name not in controller.state.fed
    assert "5 of 6" in window.model.views.title.text()
    controller.history.undo()
    assert box.isChecked()


def test_what_cannot_be_opened_says_so_and_stops_nothing(opened: Running, qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "opencv_cameras.json"
    broken.write_text('{"frames": [', encoding="utf-8")
    opened.controller.open(str(broken))
    qtbot.waitUntil(lambda: bool(failures(opened)), timeout=20_000)
    card = failures(opened)[0]
    assert "opencv_cameras.json" in card.failure.place
    assert card.failure.remedy
    qtbot.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    assert "Traceback" in QGuiApplication.clipboard().text()
    qtbot.mouseClick(card.details_button, Qt.MouseButton.LeftButton)
    assert card.details.isVisible()
    assert opened.controller.state.sample.name == SAMPLES[0], "what was open stays open"
    assert card.message.text()[0].isupper()
    opened.controller.open(str(opened.controller.state.dataset.path / SAMPLES[1]))
    wait_for_sample(qtbot, opened, SAMPLES[1])
    assert not failures(opened), "what could be opened since makes the message old"


def test_an_unreadable_image_is_named_in_its_place_and_nothing_is_run_with_it(
    running: Running, qtbot: QtBot, dataset_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hurt"
    shutil.copytree(dataset_folder / SAMPLES[0], folder)
    hurt = sorted((folder / "images").iterdir())[2]
    hurt.write_bytes(b"")
    running.controller.open(str(folder))
    wait_for_sample(qtbot, running)
    qtbot.waitUntil(lambda: bool(running.controller.state.prepare_problem), timeout=60_000)
    qtbot.waitUntil(lambda: running.controller.state.findings is not None, timeout=60_000)
    qtbot.waitUntil(lambda: all(running.controller.state.images), timeout=20_000)
    problems = {view.name: view.problem for view in running.controller.state.images if view.problem}
    assert list(problems) == [hurt.stem]
    assert "empty" in problems[hurt.stem]
    assert any(finding.camera == hurt.stem for finding in running.controller.state.findings)
    assert not running.window.model.run.isEnabled()
    assert running.window.model.run.toolTip() == running.controller.state.prepare_problem
    assert not failures(running)


def test_dropping_a_folder_opens_it(running: Running, qtbot: QtBot, dataset_folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(dataset_folder / SAMPLES[1]))])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    running.window.dropEvent(event)
    wait_for_sample(qtbot, running, SAMPLES[1])
    assert running.wiring.recent.paths() == [str(dataset_folder / SAMPLES[1])]
    assert not running.window.recent_menu.isEmpty()


def test_projects_are_saved_opened_and_restored(
    opened: Running, qtbot: QtBot, tmp_path: Path, settings: QSettings
) -> None:
    controller = opened.controller
    controller.set_mode(Mode.EXACT_ZOOM)
    controller.choose_sample(1)
    wait_for_sample(qtbot, opened, SAMPLES[1])
    file = tmp_path / "mine.mouseview"
    controller.save(str(file))
    assert load_project(file) == controller.state.project
    qtbot.waitUntil(lambda: (tmp_path / "autosaves" / "last.json").is_file(), timeout=5_000)
    controller.close()
    controller.open(str(file))
    wait_for_sample(qtbot, opened, SAMPLES[1])
    assert controller.state.project.recipe.mode is Mode.EXACT_ZOOM
    again = make_window(settings, tmp_path / "autosaves")
    qtbot.addWidget(again.window)
    assert again.controller.restore()
    wait_for_sample(qtbot, again, SAMPLES[1])
    assert again.controller.state.project.recipe.mode is Mode.EXACT_ZOOM
    again.controller.shutdown()


def test_findings_thumbnails_and_images_arrive(opened: Running, qtbot: QtBot) -> None:
    state = opened.controller.state
    qtbot.waitUntil(lambda: opened.controller.state.findings is not None, timeout=60_000)
    qtbot.waitUntil(lambda: all(opened.controller.state.images), timeout=20_000)
    model = opened.window.samples.model
    qtbot.waitUntil(lambda: not model.missing([0, 1, 2]), timeout=60_000)
    view = opened.controller.state.images[0]
    assert view.texture.shape == (96, 96, 4)
    assert len(view.outline) == 1
    assert not failures(opened)
    assert state.sample is opened.controller.state.sample


def test_the_window_stays_alive_while_work_is_done(opened: Running, qtbot: QtBot) -> None:
    gaps: list[float] = []
    last = time.perf_counter()
    opened.controller.jobs.submit("heavy", "Sorting", lambda _t: np.sort(np.random.default_rng(0).random(6_000_000)),
                                  lambda _r: None, lambda _f: None)  # fmt: skip
    while opened.controller.jobs.busy("heavy"):
        QGuiApplication.processEvents()
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
    assert len(gaps) > 20
    assert np.median(gaps) < 0.1


def engine_stand_in(opened: Running, monkeypatch: pytest.MonkeyPatch, steps: int = 4) -> list[Ticket]:
    """A run with the real one's signature: reports progress, can be cancelled, returns noise as prediction."""
    from mouseview.model.errors import Cancelled

    tickets: list[Ticket] = []

    def reconstruct(sample: object, project: object, ticket: Ticket) -> object:
        tickets.append(ticket)
        for step in range(steps):
            if ticket.cancelled():
                raise Cancelled("stopped")
            ticket.progress(step / steps, f"layer {step}")
            time.sleep(0.06)
        prepared = tasks.prepare(sample, project)[0]
        rng = np.random.default_rng(0)
        views = []
        for index, camera in enumerate(prepared.rig):
            truth = prepared.images[index]
            prediction = np.clip(truth + rng.normal(0, 0.05, truth.shape), 0, 1).astype(np.float32)
            role = "held-out" if camera.name in project.held_out else "input"
            views.append(compared_view(role, camera.name, truth, prediction))
        one = Gaussians(np.zeros((1, 3)), np.zeros((1, 1, 3)), np.full((1, 3), 0.1), np.eye(4)[:1], np.ones(1))
        result = create_autospec(_Result, instance=True, prepared=prepared, gaussians=one, seconds=1.5, device="cpu",
                                 white_collapse=False, predicted_alpha=0.8)  # fmt: skip
        return result, tuple(views)

    engine = opened.controller.engine
    monkeypatch.setattr(engine, "reconstruct", create_autospec(engine.reconstruct, side_effect=reconstruct))
    return tickets


@dataclasses.dataclass
class _Result:
    """What the window reads of a reconstruction."""

    prepared: object
    gaussians: Gaussians
    seconds: float
    device: str
    white_collapse: bool
    predicted_alpha: float


def test_a_run_shows_progress_then_every_view_with_held_out_ones_first(
    opened: Running, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, controller = opened.window, opened.controller
    engine_stand_in(opened, monkeypatch)
    held = controller.state.sample.rig.names[3]
    controller.set_fed(held, False)
    qtbot.mouseClick(window.model.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "layer" in window.model.note.text(), timeout=10_000)
    assert window.model.stop.isVisible()
    assert not window.model.run.isVisible()
    qtbot.waitUntil(lambda: bool(controller.state.compared), timeout=60_000)
    assert window.model.run.isVisible()
    assert window.compare.cards[0].view.name == held
    assert len(window.compare.cards) == 6
    assert "1.5 s on cpu" in window.compare.headline.text()
    assert "dB" in window.compare.cards[0].accessibleName()
    kept = controller.state.reconstruction
    controller.set_mode(Mode.RAW)
    assert controller.state.reconstruction is None
    controller.history.undo()
    assert controller.state.reconstruction is kept


def test_a_run_can_be_stopped(opened: Running, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = engine_stand_in(opened, monkeypatch, steps=400)
    qtbot.keyClick(opened.window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: bool(tickets) and opened.window.model.stop.isVisible(), timeout=10_000)
    qtbot.mouseClick(opened.window.model.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.model.run.isVisible(), timeout=10_000)
    assert tickets[0].cancelled()
    assert not failures(opened)
    assert opened.controller.state.reconstruction is None


def test_before_and_after_by_key_with_a_transition(opened: Running, qtbot: QtBot) -> None:
    wait_prepared(qtbot, opened)
    opened.window.scene.view.setFocus()
    blends: list[float] = []
    opened.controller.changed.connect(lambda state: blends.append(state.scene.blend))
    qtbot.keyClick(opened.window, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: opened.controller.state.scene.blend == 1.0, timeout=5_000)
    assert any(0.0 < blend < 1.0 for blend in blends)
    assert opened.window.scene.view.state.blend == 1.0
    assert opened.window.scene.sides.index == 1


def test_the_scene_gets_rays_theme_and_selection(opened: Running, qtbot: QtBot) -> None:
    scene = opened.window.scene
    scene.view.setFocus()
    qtbot.keyClick(opened.window, Qt.Key.Key_R)
    assert scene.view.state.ray_field.camera == opened.controller.state.camera
    scene.ray_colour.setCurrentIndex(3)
    scene.ray_colour.activated.emit(3)
    assert scene.view.state.ray_field.colour == "angular error"
    scene.layer_actions["ghost"].trigger()
    assert scene.view.state.layers.ghost
    opened.window.actions_["theme-dark"].trigger()
    assert scene.view.state.theme == "dark"
    opened.controller.choose_camera("inference_4")
    assert scene.view.state.selected == "inference_4"


def test_pictures_of_panels_at_a_chosen_scale(opened: Running, qtbot: QtBot, tmp_path: Path) -> None:
    for name in ("window", "views", "scene"):
        path = tmp_path / f"{name}.png"
        assert opened.wiring.shoot(name, str(path), 2.0)
        image = QImage(str(path))
        widget = {"window": opened.window, "scene": opened.window.scene}.get(name) or opened.window.docks[name].panel
        ratio = 2.0 * widget.devicePixelRatioF()
        assert (image.width(), image.height()) == (round(widget.width() * ratio), round(widget.height() * ratio))
    assert not opened.wiring.shoot("views", str(tmp_path / "no_such_kind.xyz"))
    assert failures(opened)


def test_the_layout_survives_a_restart(opened: Running, qtbot: QtBot, settings: QSettings) -> None:
    opened.window.docks["ledger"].close()
    opened.window.close()
    again = make_window(settings, None)
    qtbot.addWidget(again.window)
    again.window.show()
    again.window.show_docks(True)
    assert again.window.docks["ledger"].isHidden()
    assert not again.window.docks["findings"].isHidden()
    again.window.actions_["reset-layout"].trigger()
    assert not again.window.docks["ledger"].isHidden()
    again.controller.shutdown()


def test_an_empty_state_fits_every_panel(running: Running) -> None:
    for panel in running.window.panels:
        panel.show_state(AppState(dark=True))
        panel.show_state(AppState())


def test_a_download_waits_for_the_users_consent(running: Running, qtbot: QtBot, tmp_path: Path) -> None:
    offer = DownloadOffer(HubFile("owner/name", "model.pt"), "main", 3_600_000_000, 3_600_000_000, "research only",
                          "https://example.org/owner/name", tmp_path)  # fmt: skip
    answers: list[object] = []
    for button, expected in (("Download", True), ("Cancel", False)):
        running.controller.jobs.submit("ask", "Asking", lambda _t: running.controller.consent.ask(offer),
                                       answers.append, answers.append)  # fmt: skip
        qtbot.waitUntil(lambda: bool(running.window.findChildren(QMessageBox)), timeout=5_000)
        box = running.window.findChildren(QMessageBox)[0]
        assert "3.60 GB" in box.text()
        assert "research only" in box.text()
        choice = next(found for found in box.buttons() if found.text().replace("&", "") == button)
        qtbot.mouseClick(choice, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not running.controller.jobs.busy("ask"), timeout=5_000)
        assert answers[-1] is expected
        qtbot.waitUntil(lambda: not running.window.findChildren(QMessageBox), timeout=5_000)


def test_an_unanswered_question_does_not_outlive_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    desk = ConsentDesk()
    offer = DownloadOffer(HubFile("owner/name", "model.pt"), "main", 1, 1, "", "", tmp_path)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(desk.ask(offer)))
    with qtbot.waitSignal(desk.asked):
        waiting.start()
    desk.close()
    waiting.join(5)
    assert answers == [False]
    assert desk.ask(offer) is False


def test_no_tab_bar_is_left_behind_when_docks_are_arranged(opened: Running, qtbot: QtBot) -> None:
    window = opened.window

    def bars() -> list[QTabBar]:
        return [bar for bar in window.children() if isinstance(bar, QTabBar) and bar.isVisible()]

    def titles() -> list[list[str]]:
        return sorted([bar.tabText(tab) for tab in range(bar.count())] for bar in bars())

    below = ["Views", "Crop", "What the model sees", "Compare", "All modes"]
    expected = [["Findings", "Ledger", "Probe"], ["Model", "Subject"], below]
    qtbot.waitUntil(lambda: titles() == expected, timeout=3000)
    window.resize(1180, 700)
    window.actions_["reset-layout"].trigger()
    qtbot.wait(120)
    qtbot.waitUntil(lambda: titles() == expected, timeout=3000)
    for bar in bars():
        for tab in range(bar.count()):
            qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(tab).center())
            shown = next(dock for dock in window.docks.values() if dock.windowTitle() == bar.tabText(tab))
            qtbot.waitUntil(lambda shown=shown: not shown.visibleRegion().isEmpty(), timeout=3000)
    assert titles() == expected
