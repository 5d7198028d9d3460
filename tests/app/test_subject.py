"""The Subject panel on the open window: choices are steps, numbers name their source, a picked point is a sample's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from mouseview.app.main import Running
from mouseview.app.panels.messages import FailureCard
from mouseview.app.panels.subject import SubjectPanel
from mouseview.app.panels.subject_text import centre_choices, numbers_in
from mouseview.app.probing.probe import Probe
from mouseview.app.probing.solution import solve_probe
from mouseview.app.scene3d.geometry import shown_cameras
from mouseview.app.scene3d.state import SceneState
from mouseview.app.subject_facts import subject_facts
from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Rig
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import AzimuthSource, CentreSource, Recipe, UpSource
from mouseview.model.recipe_book import SampleChange
from mouseview.model.sample import Sample
from mouseview.normalise.plan import make_plan
from mouseview.resources import model_format
from tests.app.conftest import SAMPLES
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring

LEFT = Qt.MouseButton.LeftButton
SPOT = np.array([0.05, -0.08, 0.1])


@pytest.fixture
def panel(opened: Running, qtbot: QtBot) -> SubjectPanel:
    opened.window.raise_panel("subject")
    made = opened.window.subject
    qtbot.waitUntil(lambda: bool(opened.controller.state.centres) and made.centre.combo.count() > 3, timeout=60_000)
    return made


def choose(qtbot: QtBot, combo: QComboBox, text: str) -> None:
    """Open the list and click the row that begins with ``text``."""
    row = next(row for row in range(combo.count()) if combo.itemText(row).startswith(text))
    combo.showPopup()
    rows = combo.view()
    qtbot.waitUntil(rows.isVisible, timeout=5_000)
    index = combo.model().index(row, 0)
    rows.scrollTo(index)
    qtbot.wait(QApplication.doubleClickInterval() // 4)  # a list just opened takes no click that may be the opening's
    QTest.mouseMove(rows.viewport(), rows.visualRect(index).center())
    qtbot.mouseClick(rows.viewport(), LEFT, pos=rows.visualRect(index).center())
    qtbot.waitUntil(lambda: not rows.isVisible(), timeout=5_000)


def recipe_of(running: Running) -> Recipe:
    project = running.controller.state.project
    assert project is not None
    return project.recipe


def own_change(running: Running) -> SampleChange:
    """What the first sample has of its own."""
    project = running.controller.state.project
    assert project is not None
    return project.book.change(SAMPLES[0])


def test_a_chosen_centre_is_one_step_and_is_used(opened: Running, panel: SubjectPanel, qtbot: QtBot) -> None:
    choose(qtbot, panel.centre.combo, "Optical")
    assert recipe_of(opened).centre is CentreSource.AXES

    def used() -> bool:
        prepared = opened.controller.state.prepared
        return (
            prepared is not None
            and prepared.centre.source is CentreSource.AXES
            and "axes" in panel.centre.source.text()
        )

    qtbot.waitUntil(used, timeout=30_000)
    assert "Fixed" in panel.walking.text()
    opened.controller.history.undo()
    assert recipe_of(opened).centre is None
    assert panel.centre.combo.currentText().startswith("Most trusted")


def test_up_and_azimuth_with_their_sources(opened: Running, panel: SubjectPanel, qtbot: QtBot) -> None:
    choose(qtbot, panel.up.combo, "The cameras'")
    assert recipe_of(opened).up is UpSource.CAMERAS
    qtbot.waitUntil(lambda: "level" in panel.up.source.text(), timeout=10_000)
    choose(qtbot, panel.azimuth.combo, "inference_2 at 180°")
    assert recipe_of(opened).azimuth is AzimuthSource.CAMERA
    assert recipe_of(opened).azimuth_camera == "inference_2"
    qtbot.waitUntil(lambda: "inference_2" in panel.azimuth.source.text(), timeout=10_000)
    assert "-90.00°" in panel.azimuth.number.text()

    def turned() -> bool:
        prepared = opened.controller.state.prepared
        return prepared is not None and "inference_2" in str(prepared.chain[0])

    qtbot.waitUntil(turned, timeout=30_000)


def test_numbers_of_ones_own(opened: Running, panel: SubjectPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: panel.scale.number.text() != "", timeout=10_000)
    choose(qtbot, panel.scale.combo, "Own number")
    qtbot.waitUntil(lambda: panel.scale.own.isVisible(), timeout=10_000)
    panel.scale.own.selectAll()
    qtbot.keyClicks(panel.scale.own, "0.5")
    qtbot.keyClick(panel.scale.own, Qt.Key.Key_Return)
    assert recipe_of(opened).scale == 0.5
    panel.scale.own.selectAll()
    qtbot.keyClicks(panel.scale.own, "-3")
    qtbot.keyClick(panel.scale.own, Qt.Key.Key_Return)
    assert recipe_of(opened).scale == 0.5
    assert numbers_in("0, 1; 2.5") == (0.0, 1.0, 2.5)
    assert numbers_in("0, x") == numbers_in("nan") == ()


def test_the_session_is_measured_and_its_numbers_are_taken(opened: Running, panel: SubjectPanel, qtbot: QtBot) -> None:
    choose(qtbot, panel.centre.combo, "Session's median · measures the session")
    qtbot.waitUntil(lambda: recipe_of(opened).centre is CentreSource.SESSION, timeout=60_000)
    assert "3 frames" in dict(recipe_of(opened).measured)["point"]
    assert "3 of 3 frames" in panel.found.text()
    assert "No ground" in panel.found.text()
    qtbot.waitUntil(lambda: "leave the ±1 box" in panel.walking.text(), timeout=10_000)
    panel.session_scale_chosen.emit(True)
    assert recipe_of(opened).session_scale
    panel.up_chosen.emit(UpSource.GROUND)  # it is known by now that there is none
    assert recipe_of(opened).up is UpSource.FILE
    cards = [card for card in opened.window.messages.cards if isinstance(card, FailureCard)]
    assert any("cannot be told" in card.failure.message for card in cards)
    opened.controller.set_fed("inference_0", False)
    assert "not measured yet" in panel.found.text()


def test_a_picked_point_is_this_samples_centre_until_it_is_given_back(
    opened: Running, panel: SubjectPanel, qtbot: QtBot
) -> None:
    controller = opened.controller
    assert not panel.pick_here.isEnabled()
    sample = controller.state.sample
    assert sample is not None
    probe = Probe(sample.name)
    for camera in sample.rig.cameras[:3]:
        probe = probe.with_mark(camera.name, *camera.project(SPOT)[0])
    controller.set_probe(probe)
    qtbot.waitUntil(lambda: panel.pick_here.isEnabled(), timeout=10_000)
    assert solve_probe(sample.rig, probe).known(0)
    qtbot.mouseClick(panel.pick_here, LEFT, pos=QPoint(8, 8))
    change = own_change(opened)
    assert change.centre is CentreSource.POINT
    assert change.point == pytest.approx(tuple(SPOT), abs=1e-6)
    assert recipe_of(opened).centre is None
    qtbot.waitUntil(lambda: "picked with the probe" in str(panel.centre.source.detail), timeout=10_000)
    qtbot.waitUntil(lambda: panel.own_centre.isVisible(), timeout=10_000)
    qtbot.mouseClick(panel.own_centre, LEFT, pos=QPoint(8, 8))
    assert own_change(opened).is_empty
    qtbot.mouseClick(panel.pick_all, LEFT, pos=QPoint(8, 8))
    assert recipe_of(opened).centre is CentreSource.POINT
    assert "picked in 3 views" in dict(recipe_of(opened).measured)["point"]
    for _ in range(3):
        controller.history.undo()
    assert recipe_of(opened) == Recipe()
    assert own_change(opened).is_empty


def test_the_scene_turns_with_the_choice() -> None:
    """Before and after stand in one frame, the model's: no camera leaves its place on the way."""
    rig, recipe = mouse_ring(), Recipe(up=UpSource.GIVEN, up_vector=(0.3, -0.2, 0.9), azimuth=AzimuthSource.REFERENCE)
    centre = SubjectCentre(CentreSource.POINT, SUBJECT_MM, None, "")
    plan = make_plan(rig, (None,) * len(rig), centre, recipe, model_format("facelift"))
    after = Rig(tuple(view.declared for view in plan.views))
    state = SceneState(before=rig, after=after, similarity=plan.similarity)
    places = [
        [camera.centre for camera in shown_cameras(dataclasses.replace(state, blend=blend))]
        for blend in (0.0, 0.5, 1.0)
    ]
    assert np.allclose(places[0], plan.similarity.apply(rig.centres))
    assert np.allclose(places[0], places[1])
    assert np.allclose(places[0], places[2])


@pytest.mark.parametrize("step", [0.0, 0.01])
def test_a_rig_in_the_format_is_kept_and_the_panel_says_so(step: float) -> None:
    """Conforming, or normalised before: what is said is what the plan does."""
    rig = conforming_ring()
    cameras = [
        camera.replace(T_cam_world=Rigid(camera.pose.R, camera.pose.t * (1 + step * index)).matrix)
        for index, camera in enumerate(rig)
    ]
    sample = Sample("kept", Rig(tuple(cameras), units="model"), (None,) * len(rig))
    centres = (SubjectCentre(CentreSource.MASKS, np.array([0.01, 0.02, 0.0]), 0.1, "masks"),)
    facts = subject_facts(sample, Recipe(), centres, "facelift")
    plan = make_plan(sample.rig, (None,) * len(rig), centres[0], Recipe(), model_format("facelift"))
    assert facts.scale == plan.similarity.scale == 1.0
    assert facts.scale_note == plan.scale_note
    assert "normalised to the format before" in facts.scale_note
    assert facts.centre is not None
    assert np.array_equal(facts.centre.point, plan.centre.point)
    rows = centre_choices(centres, facts.centre, Recipe(), None, "model units")
    assert rows[0][0] == "Most trusted (file's origin)"
    own = subject_facts(sample, Recipe(scale=2.0), centres, "facelift")
    assert own.scale == 2.0
    assert own.centre is centres[0]
