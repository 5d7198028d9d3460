"""Text wrapped at words, and inside a word only where it is longer than the line: what Qt's painter cannot do alone."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QPainter, QTextLayout, QTextOption


def _laid_out(text: str, font: QFont, width: float) -> tuple[QTextLayout, float]:
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    layout.setTextOption(_OPTION)
    layout.beginLayout()
    height = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, height))
        height += line.height()
    layout.endLayout()
    return layout, height


def height_of(text: str, font: QFont, width: float) -> int:
    """In px, when wrapped to ``width`` px."""
    return round(_laid_out(text, font, max(width, 20.0))[1] + 0.5)


def draw(painter: QPainter, area: QRectF, text: str, font: QFont) -> None:
    """In the painter's pen, from the top left of ``area``."""
    _laid_out(text, font, max(area.width(), 20.0))[0].draw(painter, area.topLeft())


_OPTION = QTextOption()
_OPTION.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
