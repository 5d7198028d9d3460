"""The history desk: undo and redo, which say so when what they change lies in another sample than the one in view."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from mouseview.app.controller import Controller
from mouseview.app.edits import Replace
from mouseview.app.state import AppState

_MOST_NAMED = 2


class HistoryDesk(QObject):
    """One stack for everything; the view never jumps, a notice offers the way."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller

    def undo(self) -> None:
        history = self._controller.history
        self._step("Undone", history.index() - 1, history.undo)

    def redo(self) -> None:
        history = self._controller.history
        self._step("Done again", history.index(), history.redo)

    def _step(self, done: str, index: int, step: Callable[[], None]) -> None:
        history, before = self._controller.history, self._controller.state
        if not 0 <= index < history.count():
            return
        text, command = history.text(index), history.command(index)
        step()
        after = self._controller.state
        about = command.sample if isinstance(command, Replace) else ""
        names = elsewhere(before, after, about)
        if not names or after.dataset is None:
            return
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        said = f"{done} in {', '.join(names[:_MOST_NAMED])}{more}, not in the sample in view: {text}."
        if names[0] not in after.dataset.names:
            self._controller.told.emit(said)
            return
        row = after.dataset.names.index(names[0])
        self._controller.offered.emit(said, "Show it", lambda: self._controller.choose_sample(row))


def elsewhere(before: AppState, after: AppState, about: str) -> tuple[str, ...]:
    """Names of the samples that a step changed, where it changed nothing of the one in view or of all.

    about: the only sample that the step is about, where it says so.
    """
    if after.sample is None:
        return ()
    here = after.sample.name
    if about:
        return () if about == here else (about,)
    if before.project is None or after.project is None or before.project.samples == after.project.samples:
        return ()
    if before.project.replace(samples=after.project.samples) != after.project:
        return ()
    was, now = before.project.book.changes, after.project.book.changes
    names = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    return () if here in names else tuple(names)
