"""Undo: one generic command, because an edit of the project replaces it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from mouseview.workflow.project import Project


class ReplaceProject(QUndoCommand):
    """``show`` is called with the project to put in place: after doing, undoing and redoing."""

    def __init__(self, text: str, before: Project, after: Project, show: Callable[[Project], None]) -> None:
        super().__init__(text)
        self._before, self._after, self._show = before, after, show

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)
