"""Paints what lies on the photograph in the crop panel: padding, the window with its handle, targets, the lens grid."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from mouseview.app import theme
from mouseview.app.crop.curves import Border
from mouseview.app.crop.snap import Target
from mouseview.app.panels.view_marks import (
    OUTLINE_COLOUR,
    PRINCIPAL_COLOUR,
    SUBJECT_COLOUR,
    WINDOW_COLOUR,
    cosmetic,
    polygon,
)
from mouseview.app.tokens import Tokens
from mouseview.geometry.transforms import Array

HANDLE_AWAY_PX = 24.0  # from the window's upper side
HANDLE_RADIUS_PX = 5.5
GRID_COLOUR = "#b07cff"
_EDGE_PX = 11.0  # a handle keeps this far inside the canvas
_TARGET_COLOURS = {"principal point": PRINCIPAL_COLOUR, "subject's centre": SUBJECT_COLOUR,
                   "mask's centroid": OUTLINE_COLOUR}  # fmt: skip
_OTHER_TARGET = "#ffffff"


def handle_place(top: QPointF, middle: QPointF, area: QRectF) -> QPointF:
    """Where the handle is, in px of the widget: beyond the window's upper side, but never out of sight."""
    line = QLineF(middle, top)
    if line.length() < 1e-6:
        return top
    line.setLength(line.length() + HANDLE_AWAY_PX)
    inner = area.adjusted(_EDGE_PX, _EDGE_PX, -_EDGE_PX, -_EDGE_PX)
    if inner.contains(line.p2()) or not inner.contains(middle):
        return line.p2()
    shares = [1.0]
    for at, by, low, high in (
        (middle.x(), line.dx(), inner.left(), inner.right()),
        (middle.y(), line.dy(), inner.top(), inner.bottom()),
    ):
        if by:
            shares.append(((high if by > 0 else low) - at) / by)
    return line.pointAt(min(shares))


def window_path(border: Border) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(polygon(border.curve))
    path.closeSubpath()
    return path


def paint_padding(painter: QPainter, border: Border, t: Tokens) -> None:
    """White, as the model gets it, and hatched, because nothing was photographed there. In px of the image."""
    path = window_path(border)
    painter.fillPath(path, QColor("#ffffff" if not t.dark else "#c9ccd2"))
    hatch = QBrush(QColor("#c4cad4" if not t.dark else "#9aa1ad"), Qt.BrushStyle.BDiagPattern)
    inverted, _ = painter.transform().inverted()
    hatch.setTransform(inverted)  # stripes of the screen, however the photograph is scaled
    painter.fillPath(path, hatch)


def paint_shade(painter: QPainter, border: Border, visible: QRectF, t: Tokens) -> None:
    """What the model is not shown is shaded. visible: in px of the image."""
    path = QPainterPath()
    path.addRect(visible)
    painter.fillPath(path.subtracted(window_path(border)), theme.tinted("#0b0d10" if t.dark else "#20252c", 0.42))


def paint_outline(painter: QPainter, outline: tuple[Array, ...]) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(cosmetic(OUTLINE_COLOUR, 1.2))
    for contour in outline:
        painter.drawPolygon(polygon(contour))


def paint_lens_grid(painter: QPainter, bent: tuple[Array, ...], straight: tuple[Array, ...]) -> None:
    """Solid: how the lens shows straight lines. Dashed: how a pinhole would."""
    dashed = cosmetic(theme.tinted(GRID_COLOUR, 0.45), 1.0)
    dashed.setStyle(Qt.PenStyle.DashLine)
    for pen, lines in ((dashed, straight), (cosmetic(theme.tinted(GRID_COLOUR, 0.95), 1.2), bent)):
        painter.setPen(pen)
        for line in lines:
            painter.drawPolyline(polygon(line))


def paint_border(painter: QPainter, border: Border, in_hand: bool) -> None:
    """The window's border; dashed where the lens folds over before it. In px of the image."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    closed, reached = np.vstack([border.curve, border.curve[:1]]), np.append(border.reached, border.reached[0])
    sure = reached[1:] & reached[:-1]
    width = 2.2 if in_hand else 1.8
    painter.setPen(cosmetic(theme.tinted("#000000", 0.4), width + 1.6))
    painter.drawPolyline(polygon(closed))
    cuts = np.flatnonzero(np.diff(sure.astype(np.int8))) + 1
    for first, last in zip((0, *cuts), (*cuts, len(sure)), strict=True):
        pen = cosmetic(WINDOW_COLOUR, width)
        if not sure[first]:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawPolyline(polygon(closed[first : last + 1]))


def paint_upright(painter: QPainter, top: QPointF, middle: QPointF, handle: QPointF | None, hot: bool) -> None:
    """Which side is up: a tick into the window, and the handle that rolls it. In px of the widget."""
    way = QLineF(middle, top).unitVector()
    step = QPointF(way.dx(), way.dy())
    painter.setPen(QPen(QColor(WINDOW_COLOUR), 3.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(top, top - step * 9)
    if handle is None:
        return
    painter.setPen(QPen(QColor(WINDOW_COLOUR), 1.4))
    painter.drawLine(top, handle)
    painter.setPen(QPen(theme.tinted("#000000", 0.45), 1.2))
    painter.setBrush(QColor("#ffffff" if hot else WINDOW_COLOUR))
    radius = HANDLE_RADIUS_PX + (1.0 if hot else 0.0)
    painter.drawEllipse(handle, radius, radius)


def paint_middle(painter: QPainter, middle: QPointF) -> None:
    for colour, width in ((theme.tinted("#000000", 0.5), 3.4), (QColor(WINDOW_COLOUR), 1.6)):
        painter.setPen(QPen(colour, width))
        for dx, dy in ((9.0, 0.0), (0.0, 9.0)):
            painter.drawLine(middle - QPointF(dx, dy), middle - QPointF(dx, dy) / 3)
            painter.drawLine(middle + QPointF(dx, dy) / 3, middle + QPointF(dx, dy))


def paint_target(painter: QPainter, target: Target, at: QPointF, snapped: bool) -> None:
    """The principal point as a cross, all others as rings; the one that holds the middle is larger."""
    colour = QColor(_TARGET_COLOURS.get(target.name, _OTHER_TARGET))
    radius = (
        8.0 if snapped else 5.0 if target.is_subject else 3.5
    )  # the mask's centroid often lies in the subject's ring
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(theme.tinted("#000000", 0.45), 3.2), QPen(colour, 1.7)):
        painter.setPen(pen)
        if target.name == "principal point":
            radius = max(radius, 5.0)
            painter.drawLine(at - QPointF(radius, 0), at + QPointF(radius, 0))
            painter.drawLine(at - QPointF(0, radius), at + QPointF(0, radius))
        else:
            painter.drawEllipse(at, radius, radius)


def paint_tag(painter: QPainter, at: QPointF, text: str, t: Tokens) -> None:
    """A small label whose left edge is at ``at``, vertically in its middle."""
    painter.setFont(theme.ui_font(theme.FONT_PX - 1))
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    area = QRectF(at.x(), at.y() - 9, width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tinted(t.panel, 0.88))
    painter.drawRoundedRect(area, 4, 4)
    painter.setPen(QColor(t.text))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
