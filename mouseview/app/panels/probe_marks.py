"""Paints a probe's overlay on a photograph: curves, marks, predicted places, the ruler and keypoints."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from mouseview.app import theme
from mouseview.app.panels.view_marks import polygon
from mouseview.app.probing.overlay import ProbeOverlay, Spot
from mouseview.app.probing.probe import POINTS
from mouseview.geometry.transforms import Array

POINT_COLOURS = ("#19d3e6", "#e08bff")
SUSPECT_COLOUR = "#ff4d42"
KEYPOINT_COLOUR = "#ffe14d"
_SHADE = 0.55
_ARM_PX, _GAP_PX, _RING_PX, _DOT_PX = 9.0, 2.5, 6.0, 2.2


def _colour(spot: Spot) -> QColor:
    return QColor(SUSPECT_COLOUR if spot.suspect else POINT_COLOURS[spot.point])


def paint_probe(painter: QPainter, overlay: ProbeOverlay, scale: float) -> None:
    """The painter is in px of the image; scale: logical px of the widget per px of the image."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line in overlay.lines:
        _paint_line(painter, line.points, QColor(POINT_COLOURS[line.point]), line.strong, scale)
    if overlay.ruler is not None:
        for piece in _finite_pieces(overlay.ruler):
            _stroke(painter, piece, QColor("#ffffff"), 1.8)
    if overlay.keypoints is not None:
        _paint_keypoints(painter, overlay.keypoints, overlay.keypoints_predicted, scale)
    for spot in overlay.spots:
        _paint_spot(painter, spot, scale)


def _paint_line(painter: QPainter, points: Array, colour: QColor, strong: bool, scale: float) -> None:
    if len(points) == 1:
        painter.setPen(_pen(colour, 5.0))
        painter.drawPoint(QPointF(*points[0]))
        return
    if strong:
        _stroke(painter, points, colour, 1.7)
    else:
        colour.setAlphaF(0.6)
        painter.setPen(_pen(colour, 1.0))
        painter.drawPolyline(polygon(points))


def _paint_keypoints(painter: QPainter, marked: Array, predicted: Array | None, scale: float) -> None:
    radius = _DOT_PX / scale
    if predicted is not None:
        painter.setPen(_pen(theme.tinted(KEYPOINT_COLOUR, 0.9), 1.2))
        for mark, there in zip(marked, predicted, strict=True):
            if np.all(np.isfinite([mark, there])):
                painter.drawLine(QPointF(*mark), QPointF(*there))
    painter.setPen(_pen(theme.tinted("#000000", _SHADE), 1.0))
    painter.setBrush(QColor(KEYPOINT_COLOUR))
    for mark in marked[np.all(np.isfinite(marked), axis=-1)]:
        painter.drawEllipse(QPointF(*mark), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_spot(painter: QPainter, spot: Spot, scale: float) -> None:
    colour, shade = _colour(spot), theme.tinted("#000000", _SHADE)
    if spot.marked is not None and spot.predicted is not None:
        _stroke(painter, np.stack([spot.marked, spot.predicted]), colour, 1.4)
    if spot.predicted is not None:
        radius = _RING_PX / scale
        for pen in (_pen(shade, 3.2), _pen(colour, 1.6)):
            painter.setPen(pen)
            painter.drawEllipse(QPointF(*spot.predicted), radius, radius)
    if spot.marked is not None:
        x, y = spot.marked
        arm, gap = _ARM_PX / scale, _GAP_PX / scale
        for pen in (_pen(shade, 3.4), _pen(colour, 1.7)):
            painter.setPen(pen)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x + gap * dx, y + gap * dy), QPointF(x + arm * dx, y + arm * dy))
    anchor = spot.marked if spot.marked is not None else spot.predicted
    if anchor is not None:
        _paint_name(painter, POINTS[spot.point], anchor, colour, scale)


def _paint_name(painter: QPainter, name: str, at: Array, colour: QColor, scale: float) -> None:
    """Beside the spot, upright and of the same size however the image is magnified."""
    painter.save()
    painter.translate(QPointF(*at))
    painter.scale(1 / scale, 1 / scale)
    painter.setFont(theme.ui_font(theme.FONT_PX, bold=True))
    for shift, pen in ((QPointF(1, 1), theme.tinted("#000000", 0.7)), (QPointF(0, 0), colour)):
        painter.setPen(pen)
        painter.drawText(QPointF(7, -7) + shift, name)
    painter.restore()


def _stroke(painter: QPainter, points: Array, colour: QColor, width: float) -> None:
    line = polygon(points)
    for pen in (_pen(theme.tinted("#000000", _SHADE), width + 1.6), _pen(colour, width)):
        painter.setPen(pen)
        painter.drawPolyline(line)


def _finite_pieces(points: Array) -> list[Array]:
    finite = np.all(np.isfinite(points), axis=-1)
    runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(finite)) + 1)
    return [points[run] for run in runs if finite[run[0]] and len(run) > 1]


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
