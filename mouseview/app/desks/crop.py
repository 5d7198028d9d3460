"""The crop desk: one view's window in a hand. While it is dragged nothing is an edit; letting go is one."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from mouseview.app.controller import Controller
from mouseview.app.crop.draft import DraftPlan
from mouseview.app.crop.ready import Ready, Source, make_ready
from mouseview.app.crop.shown import Hint, locked_hint, roll_hint, zoom_hint
from mouseview.app.jobs import Failure, Ticket
from mouseview.app.state import AppState
from mouseview.geometry.transforms import Array
from mouseview.model.recipe import Framing

if TYPE_CHECKING:  # numba comes with them: they are made by work in threads
    from mouseview.app.crop.editor import Grip
    from mouseview.model.sample import Sample
    from mouseview.multiview.masks import MaskStats
    from mouseview.normalise.plan import ViewPlan
    from mouseview.workflow.project import Project

READY_SLOT, FULL_SLOT = "crop-ready", "crop-full"
BURST_MS = 400  # steps of the wheel and of the arrows that follow each other within this are one edit
_KEPT_SOURCES = 3
_NOTCH = 1.05  # zoom by one step of the wheel
_FINE_NOTCH = 1.01


@dataclass
class _Hand:
    """What is under way. draft: the newest.  grip: None for steps of the wheel and the arrows."""

    verb: str
    draft: DraftPlan
    grip: Grip | None = None
    rolling: bool = False
    goal: tuple[Array, float] | None = None  # where the pointer is, and how far snapping reaches; not yet followed


class CropDesk(QObject):
    """Intents in. ``planned(DraftPlan)`` on every live change, None when the project is shown again;
    ``shown(Shown)`` what the panel paints; ``photographed(Photograph)``; ``hinted(Hint)``; ``failed(text)`` in place;
    ``gathering(text)``: single steps that will be the edit ``text``, "" once they are one or given up.
    """

    planned = Signal(object)
    shown = Signal(object)
    photographed = Signal(object)
    hinted = Signal(object)
    failed = Signal(str)
    gathering = Signal(str)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self.active = False
        self._wanted: tuple[Any, ...] | None = None  # what is being made ready, or is
        self._ready: Ready | None = None
        self._sources: OrderedDict[str, Source] = OrderedDict()  # by camera, of the sample in view
        self._masks: tuple[Sample, tuple[MaskStats | None, ...]] | None = None
        self._hand: _Hand | None = None
        self._step = QTimer(self, singleShot=True, interval=0)  # several moves in the queue are followed once
        self._step.timeout.connect(self._follow_pointer)
        self._burst = QTimer(self, singleShot=True, interval=BURST_MS)
        self._burst.timeout.connect(self.flush)
        controller.changed.connect(self._follow)
        controller.replaced.connect(self._reset)

    def _reset(self) -> None:
        """Something else is open now."""
        self._drop_hand()
        self._wanted = self._ready = self._masks = None
        self._sources.clear()
        self.shown.emit(None)

    def activate(self, active: bool) -> None:
        """The panel is in sight, or not: nothing is made ready while nobody looks."""
        self.active = active
        if active:
            self._follow(self._controller.state)
        else:
            self.flush()

    @property
    def in_hand(self) -> bool:
        return self._hand is not None

    @property
    def editable(self) -> bool:
        """The view in sight is ready for a hand; it may still be locked."""
        return self._ready is not None and self._ready.key == self._wanted

    @property
    def view(self) -> ViewPlan:
        """How the view in sight is normalised now. Only while it is ``editable``."""
        assert self._ready is not None
        return self._ready.editor.ground.plan.views[self._ready.editor.index]

    # ---- a drag --------------------------------------------------------------------------------------------------

    def begin(self, part: str, x: float, y: float) -> None:
        """Take hold at a pixel of the photograph. part: ``window`` to aim, ``handle`` to roll."""
        self.flush()
        ready = self._editable()
        if ready is None:
            return
        rolling = part == "handle"
        if rolling and not ready.shown.rolls:
            self.hinted.emit(roll_hint(ready.shown.mode))
            return
        grip = ready.editor.grip(ready.editor.framing, np.array([x, y]))
        self._hand = _Hand("roll" if rolling else "aim", ready.editor.ground.draft, grip, rolling)

    def move(self, x: float, y: float, snap_px: float) -> None:
        """The pointer is at another pixel. snap_px: how far snapping reaches, in px of the photograph; 0: not."""
        if self._hand is not None and self._hand.grip is not None:
            self._hand.goal = (np.array([x, y]), snap_px)
            self._step.start()

    def end(self) -> None:
        """Let go: one step in the history, however long the drag was."""
        if self._hand is not None and self._hand.grip is not None:
            self._follow_pointer()
            self._commit()

    def cancel(self) -> None:
        """As if it had not been touched."""
        if self._hand is not None:
            self._drop_hand()
            self._show_project()

    def _follow_pointer(self) -> None:
        hand, ready = self._hand, self._ready
        if hand is None or ready is None or hand.grip is None or hand.goal is None:
            return
        (pixel, snap_px), hand.goal = hand.goal, None
        if hand.rolling:
            framing, snapped = ready.editor.rolled(hand.grip, pixel, snap_px > 0)
        else:
            framing, snapped = ready.editor.aimed(hand.grip, pixel, snap_px)
        if framing is not None:  # else no ray leads there: the window waits for the pointer to come back
            self._try(framing, snapped)

    # ---- single steps --------------------------------------------------------------------------------------------

    def zoom(self, steps: float, fine: bool = False) -> None:
        """Steps of the wheel, in the modes that allow it; the others say what would."""
        ready = self._editable()
        if ready is None or self._dragging:
            return
        framing = ready.editor.zoomed(self._framing, (_FINE_NOTCH if fine else _NOTCH) ** steps)
        if framing is None:
            self.hinted.emit(zoom_hint(ready.shown.mode))
        else:
            self._burst_step("zoom", framing)

    def nudge(self, right_px: float, down_px: float) -> None:
        """The window moved by canonical px along its own axes."""
        ready = self._editable()
        if ready is not None and not self._dragging:
            self._burst_step("nudge", ready.editor.nudged(self._framing, right_px, down_px))

    def centre_on(self, x: float, y: float) -> None:
        """The window's middle to the mask's centroid where the pixel belongs to the mask, else to the pixel."""
        self.flush()
        ready = self._editable()
        if ready is None:
            return
        framing, name = ready.editor.centred(ready.editor.framing, np.array([x, y]))
        if framing is None:
            self.hinted.emit(Hint("no ray leads to this pixel: it lies beyond the lens's reach"))
            return
        self.hinted.emit(Hint(f"centred on {name}"))
        self._once("centre", framing)

    def reset(self) -> None:
        """The mode's own window."""
        self.flush()
        if self._editable() is not None:
            self._once("reset", Framing())

    def _once(self, verb: str, framing: Framing) -> None:
        ready = self._ready
        assert ready is not None
        self._hand = _Hand(verb, ready.editor.ground.draft)
        self._try(framing)
        self._commit()

    def _burst_step(self, verb: str, framing: Framing | None) -> None:
        ready = self._ready
        if framing is None or ready is None:
            return
        if self._hand is not None and self._hand.verb != verb:
            self.flush()
        if self._hand is None:
            self._hand = _Hand(verb, ready.editor.ground.draft)
        self._try(framing)
        self._burst.start()
        self.gathering.emit(self._words(verb))

    def flush(self) -> None:
        """Steps that are still being gathered become an edit now."""
        if self._hand is not None and not self._dragging:
            self._commit()

    @property
    def _dragging(self) -> bool:
        return self._hand is not None and self._hand.grip is not None

    # ---- what a hand leads to ------------------------------------------------------------------------------------

    @property
    def _framing(self) -> Framing:
        """The newest: of the hand, or the project's."""
        assert self._ready is not None
        draft = self._hand.draft if self._hand is not None else self._ready.editor.ground.draft
        return draft.recipe.framing(self._ready.editor.camera.name)

    def _editable(self) -> Ready | None:
        """The view, if it can be edited; a locked one says so."""
        project, ready = self._controller.state.project, self._ready
        if project is None or ready is None or ready.key != self._wanted:
            return None
        name = ready.editor.camera.name
        if name in project.locked:
            self.hinted.emit(locked_hint(name))
            return None
        return ready

    def _try(self, framing: Framing, snapped: str = "") -> None:
        hand, ready = self._hand, self._ready
        assert hand is not None
        assert ready is not None
        if framing == self._framing and not hand.grip:
            return
        hand.draft = ready.editor.draft(framing)
        self.shown.emit(ready.editor.shown(hand.draft, in_hand=True, snapped=snapped))
        self.planned.emit(hand.draft)

    def _commit(self) -> None:
        hand, ready, project = self._hand, self._ready, self._controller.state.project
        if hand is None or ready is None or project is None:
            return
        self._drop_hand()
        name = ready.editor.camera.name
        framing = hand.draft.recipe.framing(name)
        if framing == ready.editor.framing:
            self._show_project()
            return
        editor = ready.editor.after(hand.draft)
        book = project.book.framed(ready.sample.name, {name: framing})
        after = project.with_book(book)
        # the edit's own change of state finds this view ready
        self._wanted = self._key(after, ready.sample, name)
        self._ready = dataclasses.replace(ready, key=self._wanted, editor=editor, shown=editor.shown(hand.draft))
        self._controller.edit(self._words(hand.verb), recipe=after.recipe, samples=after.samples)
        if self.editable:
            self._show_project()

    def _rest(self) -> None:
        """Nothing is to be cropped now."""
        self._drop_hand()
        self._wanted = None
        self.shown.emit(None)

    def _drop_hand(self) -> None:
        gathered = self._hand is not None and not self._dragging
        self._burst.stop()
        self._step.stop()
        self._hand = None
        if gathered:
            self.gathering.emit("")

    def _words(self, verb: str) -> str:
        assert self._ready is not None
        return f"{verb} {self._ready.editor.camera.name}"

    # ---- making ready --------------------------------------------------------------------------------------------

    @staticmethod
    def _key(project: Project, sample: Sample, camera: str) -> tuple[Any, ...]:
        return (sample, camera, project.recipe_for(sample.name), project.held_out, project.checkpoint)

    def _follow(self, state: AppState) -> None:
        if not self.active:
            return
        sample, project, camera = state.sample, state.project, state.camera
        if sample is None or project is None or camera is None or not sample.has_images:
            self._rest()
            return
        if self._controller.hurried:  # samples fly past: reading all images of each would hold them up
            self._rest()
            return
        key = self._key(project, sample, camera)
        if key == self._wanted:
            self._follow_probe(state)
            return
        if self._hand is not None and not self._dragging and self._ready is not None:
            name = self._ready.sample.name
            if project.recipe_for(name) == self._ready.recipe:  # only the eye has moved on
                self._commit()
                return
        self._drop_hand()
        self._wanted = key
        if self._masks is None or self._masks[0] is not sample:
            self._masks = None
            self._sources.clear()
        masks, kept = None if self._masks is None else self._masks[1], self._sources.get(camera)

        def work(_ticket: Ticket) -> tuple[Ready, Source | None]:
            return make_ready(key, sample, camera, project, masks, kept)

        def failed(failure: Failure) -> None:
            self._ready = None
            self.shown.emit(None)
            remedy = f"\n→ {failure.remedy}" if failure.remedy else ""
            self.failed.emit(failure.message + remedy)

        self._controller.jobs.submit(READY_SLOT, f"Preparing to crop {camera}", work, self._made_ready, failed)

    def _follow_probe(self, state: AppState) -> None:
        """Probed points are places to snap to."""
        ready, found = self._ready, state.shown_solution
        points = () if found is None else tuple(found.found.points_world[k] for k in (0, 1) if found.known(k))
        if ready is None or self._hand is not None or _same_points(points, ready.editor.probes):
            return
        editor = dataclasses.replace(ready.editor, probes=points)
        self._ready = dataclasses.replace(ready, editor=editor, shown=editor.shown(editor.ground.draft))
        self._show_project()

    def _made_ready(self, made: tuple[Ready, Source | None]) -> None:
        ready, source = made
        if ready.key != self._wanted:
            return
        name = ready.editor.camera.name
        self._masks = (ready.sample, ready.masks)
        if source is not None:
            self._sources[name] = source
            self._sources.move_to_end(name)
            while len(self._sources) > _KEPT_SOURCES:
                self._sources.popitem(last=False)
        self._ready = ready
        self.photographed.emit(ready.photograph)
        self._show_project()
        self._follow_probe(self._controller.state)

    def _show_project(self) -> None:
        """The project's own window, at once as a preview and then in full quality."""
        ready = self._ready
        if ready is None:
            return
        self.shown.emit(ready.shown)
        self.planned.emit(None)
        if ready.shown.result is None:
            return

        def done(image: Any) -> None:
            if self._ready is not ready or self._hand is not None or ready.shown.result is None:
                return
            result = dataclasses.replace(ready.shown.result, image=image, full=True)
            self._ready = dataclasses.replace(ready, shown=dataclasses.replace(ready.shown, result=result))
            self.shown.emit(self._ready.shown)

        title = f"Warping {ready.editor.camera.name}"
        self._controller.jobs.submit(FULL_SLOT, title, lambda _t: ready.editor.full(), done,
                                     self._controller.failed.emit)  # fmt: skip


def _same_points(a: tuple[Array, ...], b: tuple[Array, ...]) -> bool:
    return len(a) == len(b) and all(map(np.array_equal, a, b))
