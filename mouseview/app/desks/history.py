"""The history desk: undo and redo, which say so when what they change lies in another sample than the one in view."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from mouseview.app.controller import Controller
from mouseview.app.state import AppState

_MOST_NAMED = 2


class HistoryDesk(QObject):
    """One stack for everything; the view never jumps, a notice offers the way."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller

    def undo(self) -> None:
        history = self._controller.history
        self._step("Undone", history.undoText(), history.undo)

    def redo(self) -> None:
        history = self._controller.history
        self._step("Done again", history.redoText(), history.redo)

    def _step(self, done: str, text: str, step: Callable[[], None]) -> None:
        before = self._controller.state
        step()
        after = self._controller.state
        names = elsewhere(before, after)
        if not names or after.dataset is None:
            return
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        said = f"{done} in {', '.join(names[:_MOST_NAMED])}{more}, not in the sample in view: {text}."
        if names[0] not in after.dataset.names:
            self._controller.told.emit(said)
            return
        row = after.dataset.names.index(names[0])
        self._controller.offered.emit(said, "Show it", lambda: self._controller.choose_sample(row))


def elsewhere(before: AppState, after: AppState) -> tuple[str, ...]:
    """Names of the samples that differ, where the one in view does not and nothing of the whole dataset does."""
    if before.project is None or after.project is None or after.sample is None:
        return ()
    here = after.sample.name
    if before.project.replace(samples=after.project.samples) != after.project:
        return ()
    names: list[str] = []
    if before.project.samples != after.project.samples:
        was, now = before.project.book.changes, after.project.book.changes
        names += [name for name in (*was, *(new for new in now if new not in was)) if was.get(name) != now.get(name)]
    if before.probe != after.probe:
        names.append(after.probe.sample)
    return () if here in names else tuple(sorted({name for name in names if name}))
