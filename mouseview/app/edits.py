"""Undo: one generic command, because an edit replaces a whole value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QUndoCommand

Value = TypeVar("Value")


class Replace(QUndoCommand, Generic[Value]):
    """``show`` is called with the value to put in place: after doing, undoing and redoing.

    sample: name of the only one that it is about; "" where the values themselves say so, or it is about all.
    """

    def __init__(self, text: str, before: Value, after: Value, show: Callable[[Value], None], sample: str = "") -> None:
        super().__init__(text)
        self.sample = sample
        self._before, self._after, self._show = before, after, show

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)
