"""SampleList: the list in the samples panel, where one sample is in view and many may be selected besides."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

_Index = QModelIndex | QPersistentModelIndex
_EXTENDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class SampleList(QListView):
    """``chosen(index)``: to be brought into view, by a plain click or key.  ``selected``: other rows are selected now.

    Ctrl and Shift change what is selected and leave in view what is there: it is what will be carried to them.
    """

    chosen = Signal(QModelIndex)
    selected = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._by_hand = False  # a plain click or key is being handled
        self._settle = QTimer(self, singleShot=True, interval=0)  # one step of the hand may change it several times
        self._settle.timeout.connect(self.selected)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        plain = not event.modifiers() & _EXTENDING
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if plain and index.isValid():
            self.chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._by_hand = not event.modifiers() & _EXTENDING
        super().keyPressEvent(event)
        self._by_hand = False

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        if self._by_hand and current.isValid():
            self.chosen.emit(current)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._settle.start()

    def bring(self, index: QModelIndex, keep_selection: bool) -> None:
        """The row in view. keep_selection: others stay selected."""
        flags = QItemSelectionModel.SelectionFlag
        how = flags.NoUpdate if keep_selection else flags.ClearAndSelect
        self.selectionModel().setCurrentIndex(index, how)
        self.scrollTo(index)

    def select_rows(self, rows: Iterable[int]) -> None:
        """Exactly these rows of the list."""
        selection = QItemSelection()
        for _, run in groupby(enumerate(sorted(rows)), key=lambda pair: pair[1] - pair[0]):
            found = [row for _, row in run]
            selection.select(self.model().index(found[0], 0), self.model().index(found[-1], 0))
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
