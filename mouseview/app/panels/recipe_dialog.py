"""What a recipe file would change, shown before it is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mouseview.app.panels.widgets import label, sentence

if TYPE_CHECKING:  # the workflow is imported by the work that needs it
    from mouseview.workflow.project_recipe import Proposal, Proposals

_MOST_ROWS = 500
_SIZE_PX = (560, 420)


class RecipeDialog(QDialog):
    """``accepted_proposal(Proposal)`` when it is to be applied."""

    accepted_proposal = Signal(object)

    def __init__(self, parent: QWidget, proposals: Proposals) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A recipe, and what it would change here")
        self._proposals = proposals
        self.heading = label("", "heading", wrap=True)
        self.rows = QTreeWidget()
        self.rows.setHeaderLabels(["Where", "Now → then"])
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.rows.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.notes = label("", "muted", wrap=True)
        self.whole = QCheckBox("Use its measured numbers and single samples all the same")
        self.whole.setToolTip("They were measured in another calibration: right only if both share one frame and unit")
        self.whole.setVisible(proposals.whole is not None)
        self.whole.toggled.connect(lambda _on: self._fill())
        self.apply = QPushButton("Apply")
        self.apply.setProperty("primary", True)
        self.apply.setDefault(True)
        self.apply.clicked.connect(self._accept)
        cancel = QPushButton("Leave as it is")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.rows, 1)
        column.addWidget(self.notes)
        column.addWidget(self.whole)
        column.addLayout(buttons)
        self.resize(*_SIZE_PX)
        self._fill()

    @property
    def proposal(self) -> Proposal:
        """The one that is shown."""
        whole = self._proposals.whole
        return whole if whole is not None and self.whole.isChecked() else self._proposals.fitted

    def _fill(self) -> None:
        shown = self.proposal
        name = shown.project.recipe_name
        title = f"“{name}” ({shown.name})" if name else shown.name
        count = len(shown.changes)
        self.heading.setText(
            f"{title} would change {count:,} value{'s' if count != 1 else ''} here."
            if count
            else f"{title} says what is chosen here already."
        )
        self.rows.clear()
        rows = [[place or "all samples", words] for place, words in shown.changes[:_MOST_ROWS]]
        if count > _MOST_ROWS:
            rows.append(["", f"… and {count - _MOST_ROWS:,} more"])
        items = [QTreeWidgetItem(row) for row in rows]
        for item, (_, words) in zip(items, rows, strict=True):
            item.setToolTip(1, words)
        self.rows.addTopLevelItems(items)
        notes = [f"{sentence(note)}." for note in shown.left_out]
        if shown.spared:
            notes.append(f"Locked and left alone: {', '.join(shown.spared)}.")
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.apply.setEnabled(bool(count))

    def _accept(self) -> None:
        self.accepted_proposal.emit(self.proposal)
        self.accept()
