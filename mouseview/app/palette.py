"""Command palette and cheat sheet, both read from the registry of actions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mouseview.app import theme
from mouseview.app.actions import MOUSE_HINTS, SPECS, Actions, ActionSpec
from mouseview.app.panels.widgets import label, rule

_ID_ROLE = int(Qt.ItemDataRole.UserRole)


def matches(spec: ActionSpec, words: str) -> int | None:
    """Rank of an action for what was typed, lower is better; None where a word does not occur in it."""
    text = f"{spec.text} {spec.menu} {spec.tip}".lower()
    parts = words.lower().split()
    if not all(part in text for part in parts):
        return None
    return sum(spec.text.lower().find(part) if part in spec.text.lower() else 100 for part in parts)


class CommandPalette(QDialog):
    """Type to find an action, Enter to run it."""

    def __init__(self, parent: QWidget, actions: Actions, dark: bool) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._actions, self._dark = actions, dark
        self.setObjectName("palette")
        self.resize(min(540, parent.width() - 40), 380)
        self.search = QLineEdit(placeholderText="What do you want to do?")
        self.search.setMinimumHeight(30)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QListWidget()
        self.list.itemActivated.connect(self._run)
        self.list.itemClicked.connect(self._run)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        self._fill("")
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + 70)
        self.search.setFocus()

    def _fill(self, words: str) -> None:
        self.list.clear()
        ranked = [(matches(spec, words), spec) for spec in SPECS if spec.id != "palette"]
        found = [(not self._actions[spec.id].isEnabled(), rank, spec) for rank, spec in ranked if rank is not None]
        for _, _, spec in sorted(found, key=lambda entry: entry[:2]):  # what can be done now comes first
            action = self._actions[spec.id]
            item = QListWidgetItem(theme.icon(spec.icon or "right", self._dark), "")
            item.setData(_ID_ROLE, spec.id)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spec.text)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable))
            item.setSizeHint(QSize(100, 28))
            self.list.addItem(item)
            self.list.setItemWidget(item, self._row(spec, action.isEnabled()))
        first = next((row for row in range(self.list.count()) if self._enabled(row)), -1)
        self.list.setCurrentRow(first)

    @staticmethod
    def _row(spec: ActionSpec, enabled: bool) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(label(spec.text.rstrip("…"), "" if enabled else "faint"))
        line.addWidget(label(spec.menu.replace("/", " › "), "faint"))
        line.addStretch(1)
        line.addWidget(label("  ".join(Actions.keys_of(spec)[:1]), "muted"))
        row.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return row

    def _enabled(self, row: int) -> bool:
        return bool(self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem() is not None:
                    self._run(self.list.currentItem())
                return True
        return False

    def _step(self, by: int) -> None:
        row = self.list.currentRow() + by
        while 0 <= row < self.list.count():
            if self._enabled(row):
                self.list.setCurrentRow(row)
                return
            row += by

    def _run(self, item: QListWidgetItem) -> None:
        action = self._actions[str(item.data(_ID_ROLE))]
        self.close()
        if action.isEnabled():
            action.trigger()


class CheatSheet(QDialog):
    """All shortcuts and mouse gestures on one page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard and mouse")
        body = QWidget()
        body.setObjectName("panel")
        columns = QHBoxLayout(body)
        columns.setContentsMargins(20, 16, 20, 16)
        columns.setSpacing(36)
        groups: dict[str, list[tuple[str, str]]] = {}
        for spec in SPECS:
            if spec.keys:
                keys = " or ".join(Actions.keys_of(spec))
                top, _, sub = spec.menu.partition("/")
                text = spec.text.rstrip("…")
                groups.setdefault(top, []).append((f"{sub}: {text.lower()}" if sub else text, keys))
        groups["Mouse in the scene"] = list(MOUSE_HINTS)
        total = sum(len(rows) + 2 for rows in groups.values())
        column, used = _column(columns), 0
        for title, rows in groups.items():
            if used and used + len(rows) / 2 > total / 2:
                column.addStretch(1)
                column, used = _column(columns), 0
            column.addWidget(label(title, "heading"))
            column.addWidget(rule())
            grid = QGridLayout()
            grid.setColumnStretch(0, 1)
            grid.setHorizontalSpacing(28)
            grid.setVerticalSpacing(5)
            for position, (what, keys) in enumerate(rows):
                grid.addWidget(label(what), position, 0)
                shown = label(keys, "muted")
                shown.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(shown, position, 1)
            column.addLayout(grid)
            column.addSpacing(14)
            used += len(rows) + 2
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        hint = body.sizeHint()
        self.resize(min(hint.width() + 20, 1120), min(hint.height() + 10, 620))


def _column(columns: QHBoxLayout) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(6)  # else it takes that of the layout around it
    columns.addLayout(column)
    return column
