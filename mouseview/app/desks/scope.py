"""The scope desk: framings carried to views, samples and the whole dataset, locks, and which samples are selected."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller
from mouseview.model.scope import Carried, Place, Reach, carried

_MOST_NAMED = 3
_STEPS = {
    Reach.VIEW_TO_SAMPLE: "{view} to all views",
    Reach.VIEW_TO_SELECTION: "{view} to {count} samples",
    Reach.VIEW_TO_ALL: "{view} to all samples",
    Reach.SAMPLE_TO_SELECTION: "all views to {count} samples",
    Reach.SAMPLE_TO_ALL: "all views to all samples",
    Reach.SAMPLE_TO_UNTOUCHED: "all views to other samples",
    Reach.RESET_VIEW: "reset {view}",
    Reach.RESET_SAMPLE: "reset all views",
    Reach.RESET_SELECTION: "reset {count} samples",
    Reach.RESET_ALL: "reset everything",
    Reach.FOLLOW: "{sample} as all others",
}  # in the history
_ALL = {
    Reach.VIEW_TO_SELECTION: Reach.VIEW_TO_ALL,
    Reach.SAMPLE_TO_SELECTION: Reach.SAMPLE_TO_ALL,
    Reach.RESET_SELECTION: Reach.RESET_ALL,
}  # when every sample is selected: the dataset's recipe says it once


class ScopeDesk(QObject):
    """Intents in; each is one undoable step, told in a notice. ``begins`` comes before: what a hand gathers counts."""

    begins = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller

    def select(self, names: tuple[str, ...]) -> None:
        """Samples chosen together, besides the one in view."""
        if names != self._controller.state.selection:
            self._controller.set_selection(names)

    def carry(self, reach: Reach) -> None:
        """Apply or reset framings, as far as ``reach`` says."""
        self.begins.emit()
        state = self._controller.state
        if state.project is None or state.sample is None or state.dataset is None or state.camera is None:
            return
        project, sample = state.project, state.sample
        place = Place(sample.name, state.camera, sample.rig.names, state.selection, project.locked)
        if reach in _ALL and set(place.targets) >= set(state.dataset.names):
            reach = _ALL[reach]
        step = carried(project.book, reach, place)
        text = _STEPS[reach].format(view=place.view, count=len(place.targets), sample=place.sample)
        if step.book != project.book:
            self._controller.edit(text, recipe=step.book.recipe, samples=step.book.samples)
        self._controller.told.emit(told(step, reach, place, len(state.dataset)))

    def lock(self, view: str, locked: bool) -> None:
        """A locked view is left alone by everything that is applied, reset or dragged."""
        state = self._controller.state
        if state.project is None or state.sample is None or view not in state.sample.rig.names:
            return
        others = tuple(name for name in state.project.locked if name != view)
        after = tuple(sorted((*others, view))) if locked else others
        self._controller.edit(f"{'lock' if locked else 'unlock'} {view}", locked=after)

    def toggle_lock(self) -> None:
        """Of the view in hand."""
        state = self._controller.state
        if state.project is not None and state.camera is not None:
            self.lock(state.camera, state.camera not in state.project.locked)


def told(step: Carried, reach: Reach, place: Place, dataset_size: int) -> str:
    """What a step has done, in a sentence or two."""
    count = dataset_size if step.samples is None else len(step.samples)
    everywhere = f"all {count:,} samples" if step.samples is None else f"{count:,} samples"
    where = place.sample if count == 1 else everywhere
    if reach is Reach.SAMPLE_TO_UNTOUCHED:
        where = "all samples without their own"
    views, be = _views(step.views), "is" if len(step.views) == 1 else "are"
    if not step.views:
        said = f"Nothing to {'reset' if reach.resets else 'change'} in {where}"
    elif reach is Reach.FOLLOW:
        said = f"{views} of {where} {be} framed as in all samples again"
    elif reach.resets:
        said = f"Reset {views} in {where}"
    elif reach is Reach.VIEW_TO_SAMPLE:
        said = f"{views} of {where} {be} framed as {place.view} now"
    else:
        said = f"{views} {be} framed as here in {where}"
    if not step.spared:
        return f"{said}."
    be = "is" if len(step.spared) == 1 else "are"
    return f"{said}. {_views(step.spared)} {be} locked and left alone."


def _views(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} views"
