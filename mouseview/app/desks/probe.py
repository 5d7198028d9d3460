"""The probe desk: marks made in views become points, lengths and curves; each mark is one undoable step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from mouseview.app.controller import Controller
from mouseview.app.edits import Replace
from mouseview.app.jobs import Ticket
from mouseview.app.probing.keypoints import KeypointJudgement, judge_keypoints
from mouseview.app.probing.overlay import RayCurves
from mouseview.app.probing.probe import POINTS, Probe
from mouseview.app.probing.solution import solve_probe
from mouseview.app.state import AppState
from mouseview.model.camera import Rig
from mouseview.model.sample import Sample
from mouseview.multiview.epipolar import EpipolarViews

KEYPOINTS_SLOT, DETAIL_SLOT = "keypoints", "detail"
_FOLLOW_MS = 12  # several moves of a dragged mark are solved once


class ProbeDesk(QObject):
    """Intents in; the controller shows marks and what they say.

    ``curves_changed(tuple[RayCurves, ...])``: of the pointer and of a point's only mark; they live for a moment and
    are no part of the state.  ``detail_read(camera, QImage, QImage)``: with the mask and without.
    """

    curves_changed = Signal(object)
    detail_read = Signal(str, object, object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._views: EpipolarViews | None = None
        self._judged: Sample | None = None
        self._solved: tuple[Rig, Probe] | None = None
        self._before: Probe | None = None  # of the mark that is being dragged
        self._hover: tuple[str, float, float] | None = None
        self._probing = False
        self._solver = QTimer(self, singleShot=True, interval=_FOLLOW_MS)
        self._solver.timeout.connect(self._solve)
        controller.changed.connect(self._follow)

    # ---- intents -------------------------------------------------------------------------------------------------

    def set_probing(self, probing: bool) -> None:
        if probing != self._controller.state.probing:
            self._hover = None
            self._controller.set_probing(probing)

    def mark(self, camera: str, x: float, y: float, other: bool = False, grain_px: float = 0.0) -> None:
        """Mark a pixel of a photograph, for the active point or, with ``other``, for B. More calls drag it, until
        ``mark_done``."""
        sample = self._controller.state.sample
        if sample is None or not self._controller.state.probing:
            return
        probe = self._probe
        if self._before is None:
            self._before = probe
        self._hover = None
        self._show(probe.with_mark(camera, x, y, 1 if other else None, grain_px))

    def mark_done(self) -> None:
        """One step in the history, however long the mark was dragged."""
        before, self._before = self._before, None
        if before is not None and before != self._probe:
            marks = self._probe.marks
            self._push(f"mark in {marks[-1].camera}" if marks else "mark", before, self._probe)

    def choose_point(self, point: int) -> None:
        self._show(self._probe.replace(active=point))

    def other_point(self) -> None:
        self.choose_point((self._probe.active + 1) % len(POINTS))

    def set_noise(self, noise_px: float) -> None:
        """What the uncertainty assumes of every mark."""
        self._show(self._probe.replace(noise_px=noise_px))

    def take_back(self) -> None:
        """Without the last mark of the active point."""
        self._push("take back a mark", self._probe, self._probe.without_last())

    def remove(self, camera: str) -> None:
        self._push(f"no mark in {camera}", self._probe, self._probe.without(camera))

    def clear(self) -> None:
        """Without marks; where there are none the tool is put away."""
        if self._probe.is_empty:
            self.set_probing(False)
        else:
            self._push("clear the probe", self._probe, self._probe.cleared())

    def hover(self, camera: str, x: float, y: float) -> None:
        """The pointer is over a pixel; NaN: over none."""
        self._hover = (camera, x, y) if np.isfinite([x, y]).all() else None
        self._send_curves()

    def want_detail(self, camera: str) -> None:
        """Read all pixels of a photograph, for a closer look."""
        sample = self._controller.state.sample
        if sample is None or camera not in sample.rig.names:
            return
        index = sample.rig.names.index(camera)

        def work(_ticket: Ticket) -> tuple[QImage, QImage]:
            from mouseview.app.qimages import to_qimage

            image = sample.image(index)
            return to_qimage(image), to_qimage(image, opaque=True)

        def done(read: tuple[QImage, QImage]) -> None:
            if self._controller.state.sample is sample:
                self.detail_read.emit(camera, *read)

        self._controller.jobs.submit(DETAIL_SLOT, f"Reading {camera}", work, done, self._controller.failed.emit)

    def save_scale(self, factor: float) -> None:
        """Lengths of this calibration times ``factor`` are millimetres: save that beside it, and read it so."""
        state = self._controller.state
        if state.sample is None or state.dataset is None:
            return
        rig, path, name = state.sample.rig, str(state.dataset.path), state.sample.name

        def work(_ticket: Ticket) -> Path:
            from mouseview.workflow.known_length import save_scale

            return save_scale(rig, factor)

        def done(place: Path) -> None:
            self._controller.open(path, name)
            self._controller.told.emit(f"Saved {place.name}: lengths are millimetres now. Delete it to go back.")

        self._controller.jobs.submit("scale", "Saving the unit", work, done, self._controller.failed.emit)

    # ---- state ---------------------------------------------------------------------------------------------------

    @property
    def _probe(self) -> Probe:
        """The probe of the sample in view."""
        state = self._controller.state
        return state.probe.of(state.sample.name if state.sample is not None else "")

    def _push(self, text: str, before: Probe, after: Probe) -> None:
        if after != before:
            self._controller.history.push(Replace(text, before, after, self._show, after.sample))

    def _show(self, probe: Probe) -> None:
        if probe != self._controller.state.probe:
            self._controller.set_probe(probe)

    def _follow(self, state: AppState) -> None:
        if state.sample is None:
            return
        turned, self._probing = state.probing != self._probing, state.probing
        if state.probing and (self._views is None or self._views.cameras is not state.sample.rig.cameras):
            self._views = EpipolarViews(state.sample.rig)
        if state.sample is not self._judged:
            self._judged = state.sample
            self._judge(state.sample)
        key = (state.sample.rig, self._probe)
        if self._solved is None or self._solved[0] is not key[0] or self._solved[1] != key[1]:
            self._solved = key
            self._hover = None
            self._solver.start()  # not now: others still have to hear of this change
            turned = True
        if turned:
            self._send_curves()

    def _solve(self) -> None:
        state, probe = self._controller.state, self._probe
        if state.sample is None:
            return
        self._controller.set_solution(None if probe.is_empty else solve_probe(state.sample.rig, probe))

    def _judge(self, sample: Sample) -> None:
        def done(judged: KeypointJudgement | None) -> None:
            if self._controller.state.sample is sample:
                self._controller.set_keypoints(judged)

        if sample.labels is not None:
            jobs = self._controller.jobs
            jobs.submit(KEYPOINTS_SLOT, "Judging the keypoints", lambda _t: judge_keypoints(sample), done,
                        self._controller.failed.emit)  # fmt: skip

    # ---- curves --------------------------------------------------------------------------------------------------

    def _send_curves(self) -> None:
        state = self._controller.state
        if not state.probing or self._views is None:
            self.curves_changed.emit(())
            return
        probe, shown = self._probe, []
        only = probe.marks[0] if len(probe.marks) == 1 else None
        if only is not None:
            shown.append(self._curves(probe.active, only.camera, *only.pixel))
        if self._hover is not None and (only is None or self._hover[0] != only.camera):
            shown.append(self._curves(probe.active, *self._hover))
        self.curves_changed.emit(tuple(ray for ray in shown if ray is not None))

    def _curves(self, point: int, camera: str, x: float, y: float) -> RayCurves | None:
        state = self._controller.state
        assert state.sample is not None
        assert self._views is not None
        names = state.sample.rig.names
        if camera not in names:
            return None
        view = names.index(camera)
        away = float("nan")
        if state.centres:
            away = float(np.linalg.norm(state.centres[0].point - state.sample.rig[view].centre))
        return RayCurves(point, camera, (x, y), self._views.curves(view, (x, y)), away)
