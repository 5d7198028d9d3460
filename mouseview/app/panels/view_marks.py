"""Paints the overlays of a view: the mask's outline, the window, the principal point and the subject's centre."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from mouseview.app import theme
from mouseview.app.overlays import Overlay
from mouseview.geometry.transforms import Array

WINDOW_COLOUR = "#3fa7ff"
OUTLINE_COLOUR = "#ffb02e"
PRINCIPAL_COLOUR = "#ff5fa2"
SUBJECT_COLOUR = "#37d67a"


def paint_overlay(painter: QPainter, overlay: Overlay, scale: float) -> None:
    """The painter is in px of the image; scale: logical px of the widget per px of the image."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(cosmetic(OUTLINE_COLOUR, 1.3))
    for contour in overlay.outline:
        painter.drawPolygon(polygon(contour))
    if overlay.window is not None:
        _paint_window(painter, overlay.window)
    radius = 6.0 / scale
    if overlay.principal_point is not None:
        _cross(painter, overlay.principal_point, radius)
    if overlay.subject is not None:
        _ring(painter, overlay.subject, radius * 0.75)


def _paint_window(painter: QPainter, window: Array) -> None:
    """The closed curve; where the lens folds over there is none, so the pieces between the gaps are drawn."""
    painter.setPen(cosmetic(WINDOW_COLOUR, 1.6))
    closed = np.vstack([window, window[:1]])
    gaps = np.flatnonzero(~np.all(np.isfinite(closed), axis=1))
    for piece in np.split(closed, gaps):
        finite = piece[np.all(np.isfinite(piece), axis=1)]
        if len(finite) > 1:
            painter.drawPolyline(polygon(finite))


def polygon(points: Array) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])


def cosmetic(colour: str | QColor, width: float) -> QPen:
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def _cross(painter: QPainter, at: Array, radius: float) -> None:
    x, y = float(at[0]), float(at[1])
    for pen in (cosmetic(theme.tinted("#000000", 0.45), 3.2), cosmetic(PRINCIPAL_COLOUR, 1.7)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x - radius, y), QPointF(x + radius, y))
        painter.drawLine(QPointF(x, y - radius), QPointF(x, y + radius))


def _ring(painter: QPainter, at: Array, radius: float) -> None:
    for pen in (cosmetic(theme.tinted("#000000", 0.45), 3.4), cosmetic(SUBJECT_COLOUR, 1.9)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(float(at[0]), float(at[1])), radius, radius)
