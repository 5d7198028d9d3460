"""The mask desk: the mask that is being corrected, each stroke one undoable step that is kept on disk at once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from mouseview.app.controller import Controller
from mouseview.app.desks.mask_strokes import Mask
from mouseview.app.edits import Replace
from mouseview.app.jobs import Failure, Ticket
from mouseview.app.state import AppState
from mouseview.model.sample import Dataset, MaskOrigin, Sample

LOAD_SLOT, BOX_SLOT, BACKGROUND_SLOT, KEEP_SLOT = "mask-view", "mask-box", "mask-background", "keep-mask"
_SETTLED_MS = 900  # after the last stroke, everything that depends on the mask is derived anew


@dataclass(frozen=True, eq=False)
class MaskView:
    """One view whose mask is corrected. image: opaque.  mask (H, W).  origin: where it comes from."""

    sample: Sample
    camera: str
    image: QImage
    mask: Mask
    origin: MaskOrigin

    @property
    def key(self) -> tuple[str, str, str]:
        return str(self.sample.folder), self.sample.name, self.camera

    @property
    def index(self) -> int:
        return self.sample.rig.names.index(self.camera)


class MaskDesk(QObject):
    """Intents in; the controller shows the view. Nothing is loaded while the panel is closed.

    wanted: the user has asked for the panel.  active: it is in sight.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._wanted: tuple[str, str, str] | None = None
        self._stale: Sample | None = None  # read before its masks changed
        self.active = False
        self.wanted = False
        self._settle = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settle.timeout.connect(self._read_anew)
        controller.changed.connect(self._follow)
        controller.replaced.connect(self._reset)

    def _reset(self) -> None:
        """Something else is open now."""
        self._settle.stop()
        self._wanted = self._stale = None
        self.wanted = False

    @property
    def view(self) -> MaskView | None:
        return self._controller.state.mask_view

    def activate(self, active: bool) -> None:
        """The panel is in sight, or not."""
        self.active = active
        if active:
            self._follow(self._controller.state)

    def _follow(self, state: AppState) -> None:
        if state.sample is None or state.camera is None:
            self._wanted = None
            if state.mask_view is not None:
                self._controller.set_mask_view(None)
            return
        key = (str(state.sample.folder), state.sample.name, state.camera)
        if self.active and key != self._wanted and state.sample is not self._stale:
            self._load(state.sample, state.camera)

    def _load(self, sample: Sample, camera: str) -> None:
        self._wanted = (str(sample.folder), sample.name, camera)
        index = sample.rig.names.index(camera)

        def failed(failure: Failure) -> None:
            self._controller.set_mask_view(None, failure.message)

        if sample.sources[index] is None:
            self._controller.set_mask_view(None, "there is no image of this camera")
            return
        self._controller.jobs.submit(LOAD_SLOT, f"Reading {camera}", lambda _t: _load_view(sample, camera),
                                     self._loaded, failed)  # fmt: skip

    def _loaded(self, view: MaskView) -> None:
        if view.key == self._wanted:
            self._controller.set_mask_view(view)

    # ---- changes -------------------------------------------------------------------------------------------------

    def draw(self, mask: Mask) -> None:
        """What a person has drawn: kept, and one step to undo."""
        if (view := self.view) is not None:
            self._change(view, f"mask of {view.camera}", mask, MaskOrigin.CORRECTED)

    def cut_from_box(self, box: tuple[int, int, int, int]) -> None:
        """GrabCut inside a box: a draft that the brush can correct."""
        view = self.view
        if view is None:
            return

        def work(_ticket: Ticket) -> Mask:
            from mouseview.workflow.drafts import draft_from_box

            return draft_from_box(view.sample, view.index, box)

        def done(mask: Mask) -> None:
            if not mask.any():
                self._controller.told.emit("Nothing in this box stands out: draw it with the brush.")
            elif self.view is not None and self.view.key == view.key:
                # over a mask that came with the data a draft counts only because a person asked for it
                own = self.view.origin in (MaskOrigin.FILE, MaskOrigin.ALPHA, MaskOrigin.CORRECTED)
                origin = MaskOrigin.CORRECTED if own else MaskOrigin.DRAFT
                self._change(self.view, f"draft of {view.camera} from a box", mask, origin)

        self._controller.jobs.submit(BOX_SLOT, f"Cutting out the subject of {view.camera}", work, done,
                                     self._controller.failed.emit)  # fmt: skip

    def forget(self) -> None:
        """Back to the file's own mask, or the draft from the background."""
        view = self.view
        if view is None:
            return

        def work(_ticket: Ticket) -> None:
            from mouseview.workflow.drafts import forget_correction

            forget_correction(view.sample, view.index)

        def done(_none: None) -> None:
            self._read_anew(forget_view=True)

        self._controller.jobs.submit(_keep_slot(view), "Taking the mask back", work, done, self._controller.failed.emit)

    def draft_all(self) -> None:
        """Learn every camera's background; all frames without masks have drafts then."""
        dataset = self._controller.state.dataset
        if dataset is None:
            return

        def work(ticket: Ticket) -> Any:
            from mouseview.workflow.drafts import draft_backgrounds

            return draft_backgrounds(dataset, progress=ticket.progress, cancelled=ticket.cancelled)

        def done(drafted: tuple[Any, ...]) -> None:
            told = f"Drafted masks of {len(drafted)} cameras from their backgrounds: look at the outlines."
            self._controller.told.emit(told if drafted else "Every camera has masks: nothing was drafted.")
            self._read_anew(forget_view=True)

        self._controller.jobs.submit(BACKGROUND_SLOT, "Drafting masks", work, done, self._controller.failed.emit)

    def _change(self, view: MaskView, text: str, mask: Mask, origin: MaskOrigin) -> None:
        def show(value: tuple[Mask, MaskOrigin]) -> None:
            self._show(view, *value)

        before, after = (view.mask, view.origin), (mask, origin)
        self._controller.history.push(Replace(text, before, after, show, view.sample.name))

    def _show(self, view: MaskView, mask: Mask, origin: MaskOrigin) -> None:
        """Keep a mask on disk; an origin that is the data's own means that nothing of ours is kept."""
        current = self.view
        if current is not None and current.key == view.key:
            self._controller.set_mask_view(dataclasses.replace(current, mask=mask, origin=origin))

        def work(_ticket: Ticket) -> None:
            from mouseview.workflow.drafts import forget_correction, keep_mask

            if origin in (MaskOrigin.DRAFT, MaskOrigin.CORRECTED):
                keep_mask(view.sample, view.index, mask, origin)
            else:
                forget_correction(view.sample, view.index)

        self._controller.jobs.submit(_keep_slot(view), f"Keeping the mask of {view.camera}", work,
                                     lambda _none: self._settle.start(), self._controller.failed.emit)  # fmt: skip

    def _read_anew(self, forget_view: bool = False) -> None:
        """Everything that depends on masks: findings, the subject's centre, what the model is fed."""
        dataset = self._controller.state.dataset
        if dataset is None:
            return
        if forget_view:
            self._wanted, self._stale = None, self._controller.state.sample
        if dataset.session is not None:  # its samples are read one by one
            self._controller.show_dataset(dataset)
            return

        def work(_ticket: Ticket) -> Dataset:
            from mouseview.workflow.open import open_path

            return open_path(dataset.path)

        self._controller.jobs.submit("masks-anew", "Reading the masks anew", work, self._controller.show_dataset,
                                     self._controller.failed.emit)  # fmt: skip


def _keep_slot(view: MaskView) -> str:
    """One for each view: the newest of its masks is the one that stays."""
    return f"{KEEP_SLOT} {view.key}"


def _load_view(sample: Sample, camera: str) -> MaskView:
    from mouseview.app.qimages import to_qimage
    from mouseview.workflow.drafts import mask_in

    index = sample.rig.names.index(camera)
    source, image = sample.sources[index], sample.image(index)
    assert source is not None
    return MaskView(sample, camera, to_qimage(image, opaque=True), mask_in(image, source.has_mask), source.origin)
