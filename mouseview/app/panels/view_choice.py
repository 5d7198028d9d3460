"""The views of the Model panel: which are fed and which held out, what they cost, and whether their order matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from mouseview.app.panels.widgets import ElidedLabel, label
from mouseview.app.state import AppState, Changed

if TYPE_CHECKING:
    from mouseview.workflow.estimate import Estimate

EVERY = {2: "second", 3: "third", 4: "fourth"}
_COLUMNS = 2


class ViewChoice(QWidget):
    """Intents: ``fed_changed(name, fed)``, ``all_wanted``, ``invert_wanted``, ``every_wanted(n)``, ``order_wanted``."""

    fed_changed = Signal(str, bool)
    all_wanted = Signal()
    invert_wanted = Signal()
    every_wanted = Signal(int)
    order_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._changed, self._changed_rig = Changed(), Changed()
        self._boxes: dict[str, QCheckBox] = {}
        self.title = ElidedLabel()
        self.title.setProperty("role", "section")
        self.more = QToolButton()
        self.more.setText("Choose ▾")
        self.more.setToolTip("Feed all views, hold out every second one, or exchange fed and held out")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self.menu.addAction("Feed all views").triggered.connect(self.all_wanted)
        self.menu.addAction("Exchange fed and held out").triggered.connect(self.invert_wanted)
        self.menu.addSeparator()
        for n, ordinal in EVERY.items():
            entry = self.menu.addAction(f"Hold out every {ordinal} fed view")
            entry.triggered.connect(lambda _on=False, n=n: self.every_wanted.emit(n))
        self.more.setMenu(self.menu)
        self.cost = label("", "muted", wrap=True)
        self.cost.setToolTip(
            "Of the pass through the network: tokens and memory follow from its sizes, the time from earlier runs on "
            "this machine. Normalising, loading the weights and rendering come on top."
        )
        self.one_more = label("", "faint", wrap=True)
        self.warning = label("", "warning", wrap=True)
        self.order = QPushButton("Order?")
        self.order.setProperty("link", True)
        self.order.setToolTip(
            "Does the order of the views matter? Feed this sample as it is, reversed and shuffled, "
            "and compare what comes out"
        )
        self.order.clicked.connect(self.order_wanted)
        self.answer = label("", "muted", wrap=True)
        self._build()
        self.show_estimate(None, "")
        self.show_answer("")

    def _build(self) -> None:
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(5)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.title, 1)
        head.addWidget(self.order)
        head.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(head)
        column.addLayout(self._grid)
        column.addSpacing(2)
        for line in (self.cost, self.warning, self.one_more, self.answer):
            column.addWidget(line)

    def show_state(self, state: AppState) -> None:
        names = state.sample.rig.names if state.sample is not None else ()
        held_out = state.project.held_out if state.project is not None else ()
        if self._changed_rig(names):
            self._rebuild(names)
        if not self._changed(names, held_out, state.sample):
            return
        fed = len(state.fed)
        self.title.setText(f"Views fed to the model: {fed} of {len(names)}" if names else "")
        self.setVisible(bool(names))
        self.order.setEnabled(state.sample is not None and state.sample.has_images and fed >= 2)
        for name, box in self._boxes.items():
            out = name in held_out
            box.setChecked(not out)
            box.setText(f"{name} (held out)" if out else name)
            box.setToolTip(
                f"{name} is held out: it is only compared with. Click to feed it to the model"
                if out
                else f"{name} is fed to the model. Click to hold it out and only compare with it"
            )

    def show_estimate(self, estimate: Estimate | None, problem: str) -> None:
        """problem: why there is none, "" while it is not yet known."""
        self.cost.setText(estimate.text if estimate is not None else problem)
        self.one_more.setText(estimate.more_text if estimate is not None else "")
        self.warning.setText("\n".join(estimate.warnings) if estimate is not None else "")
        for line in (self.cost, self.one_more, self.warning):
            line.setVisible(bool(line.text()))

    def show_answer(self, text: str) -> None:
        """What the comparison of orders has found; "" where nothing was asked of these views yet."""
        self.answer.setText(f"Order: {text}" if text else "")
        self.answer.setVisible(bool(text))

    def box(self, name: str) -> QCheckBox:
        return self._boxes[name]

    def _rebuild(self, names: tuple[str, ...]) -> None:
        for box in self._boxes.values():
            self._grid.removeWidget(box)
            box.deleteLater()
        self._boxes = {}
        for position, name in enumerate(names):
            box = QCheckBox(name)
            box.clicked.connect(lambda on, name=name: self.fed_changed.emit(name, on))
            self._grid.addWidget(box, position // _COLUMNS, position % _COLUMNS)
            self._boxes[name] = box
