"""The ruler: the length between both probed points, and what a known length says about the unit of the calibration."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from mouseview.app.panels.widgets import label
from mouseview.app.probing.solution import ProbeSolution

_SAME = 2.5  # standard deviations within which a known length agrees with the measured one
_ROUND_FACTORS = {1000.0: "metres", 10.0: "centimetres", 25.4: "inches", 1.0: "millimetres"}
_ROUND_SHARE = 0.05


def digits_for(sigma: float) -> int:
    """Decimals worth writing beside an uncertainty: down to a tenth of it."""
    if not np.isfinite(sigma) or sigma <= 0:
        return 3
    return int(np.clip(1 - np.floor(np.log10(sigma)), 0, 6))


def rounded(value: float) -> str:
    """Two digits: more would be false in an uncertainty."""
    if not np.isfinite(value) or value == 0:
        return "0" if value == 0 else "unknown"
    return f"{value:.{digits_for(value)}f}"


class RulerCard(QFrame):
    """``scale_wanted(factor)``: lengths of the calibration times it are millimetres."""

    scale_wanted = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.length = label("", "heading")
        self.length.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.assumed = label("", "faint", wrap=True)
        self.true_mm = QLineEdit()
        self.true_mm.setPlaceholderText("true length")
        self.true_mm.setFixedWidth(104)
        check = QDoubleValidator(0.0, 1e9, 6, self.true_mm)
        check.setNotation(QDoubleValidator.Notation.StandardNotation)
        self.true_mm.setValidator(check)
        self.true_mm.textChanged.connect(lambda _text: self._compare())
        self.said = label("", "muted", wrap=True)
        self.save = QPushButton("Use as millimetres")
        self.save.setToolTip("Save this factor beside the calibration, whose file stays as it is, and read it so")
        self.save.clicked.connect(self._offer)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.true_mm)
        row.addWidget(label("mm", "muted"))
        row.addStretch(1)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(4)
        column.addWidget(self.length)
        column.addWidget(self.assumed)
        column.addLayout(row)
        column.addWidget(self.said)
        self._measured: tuple[float, float] | None = None
        self._units = "unknown"
        self.hide()

    def show_solution(self, solution: ProbeSolution | None, dark: bool) -> None:
        self._measured = solution.length if solution is not None else None
        self.setVisible(self._measured is not None)
        if solution is None or self._measured is None:
            return
        self._units = solution.rig.units
        length, sigma = self._measured
        text = f"{length:.{digits_for(sigma)}f} ± {rounded(sigma)} {solution.rig.unit_words}"
        self.length.setText(f"A to B:  {text}")
        self.assumed.setText(f"assuming {solution.found.assumed_noise_px:g} px noise of every mark")
        self._compare()

    @property
    def factor(self) -> float | None:
        """From the calibration's unit to millimetres, by the length that was typed in."""
        true, fine = self.true_mm.locale().toDouble(self.true_mm.text())
        if not fine or self._measured is None or not true > 0 or not self._measured[0] > 0:
            return None
        return true / self._measured[0]

    def _compare(self) -> None:
        factor = self.factor
        self.save.setVisible(factor is not None)
        self.said.setText(self._judged(factor))

    def _judged(self, factor: float | None) -> str:
        if factor is None or self._measured is None:
            return "Type in how long this is: the quickest check of the unit."
        relative = self._measured[1] / self._measured[0]
        if self._units == "mm" and abs(factor - 1) <= _SAME * relative:
            self.save.hide()
            return f"Agrees with millimetres (×{factor:.4f}, ± {100 * relative:.2g} %)."
        named = next((unit for value, unit in _ROUND_FACTORS.items() if abs(factor / value - 1) < _ROUND_SHARE), "")
        guess = f": close to {named}" if named and not (named == "millimetres" and self._units == "mm") else ""
        return f"One unit of this calibration is {factor:.6g} mm (± {100 * relative:.2g} %){guess}."

    def _offer(self) -> None:
        factor = self.factor
        if factor is not None:
            self.scale_wanted.emit(factor)
