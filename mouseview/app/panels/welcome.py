"""Welcome: where to begin when nothing is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mouseview.app import theme
from mouseview.app.panels.widgets import ElidedLabel, label, rule
from mouseview.app.tokens import tokens

_MOST_RECENT = 6
_WIDTH_PX = 520


class WelcomePanel(QWidget):
    """Intents: ``folder_wanted``, ``file_wanted``, ``demo_wanted``, ``recent_chosen(path)``."""

    folder_wanted = Signal()
    file_wanted = Signal()
    demo_wanted = Signal()
    recent_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.mark = QLabel()
        self.open_folder = QPushButton("Open folder…")
        self.open_folder.setProperty("primary", True)
        self.open_file = QPushButton("Open file…")
        self.open_demo = QPushButton("Open the demo")
        self.open_folder.clicked.connect(self.folder_wanted)
        self.open_file.clicked.connect(self.file_wanted)
        self.open_demo.clicked.connect(self.demo_wanted)
        self.busy = label("", "muted")
        body = QWidget()
        body.setFixedWidth(_WIDTH_PX)
        column = QVBoxLayout(body)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(14)
        head.addWidget(self.mark)
        head.addWidget(label("MouseView", "title"))
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(label("See what is wrong with a multi-camera rig, normalise it exactly, run GS-LRM and judge "
                               "the result view by view.", "muted", wrap=True))  # fmt: skip
        column.addSpacing(12)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.open_folder, self.open_file, self.open_demo):
            button.setMinimumHeight(32)
            button.setIconSize(QSize(16, 16))
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(label("or drop a sample folder, a folder of samples, a list, a calibration or a project here",
                               "faint"))  # fmt: skip
        column.addWidget(self.busy)
        column.addSpacing(10)
        self._recent_title = label("Recent", "section")
        column.addWidget(self._recent_title)
        self._rule = rule()
        column.addWidget(self._rule)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(1)
        column.addLayout(self._recent)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        middle = QHBoxLayout()  # not an alignment: it would forget that wrapped text needs its height
        middle.addStretch(1)
        middle.addWidget(body)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)

    def dress(self, dark: bool) -> None:
        t = tokens(dark)
        self.mark.setPixmap(theme.icon_pixmap("scene", t.accent, 40, self.devicePixelRatioF()))
        self.open_folder.setIcon(theme.icon("folder", dark, t.on_accent))
        self.open_file.setIcon(theme.icon("file", dark))
        self.open_demo.setIcon(theme.icon("demo", dark))

    def show_recent(self, paths: list[str]) -> None:
        while self._recent.count():
            item = self._recent.takeAt(0)
            old = item.widget() if item is not None else None
            if old is not None:
                old.deleteLater()
        self._recent_title.setVisible(bool(paths))
        self._rule.setVisible(bool(paths))
        for path in paths[:_MOST_RECENT]:
            row = QWidget()
            row.setMinimumHeight(26)
            line = QHBoxLayout(row)
            line.setContentsMargins(0, 0, 0, 0)
            button = QPushButton(Path(path).name or path)
            button.setProperty("link", True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _checked=False, path=path: self.recent_chosen.emit(path))
            where = ElidedLabel(str(Path(path).parent), Qt.TextElideMode.ElideMiddle)
            where.setProperty("role", "faint")
            line.addWidget(button)
            line.addWidget(where, 1)
            self._recent.addWidget(row)

    def show_busy(self, text: str) -> None:
        self.busy.setText(text)
