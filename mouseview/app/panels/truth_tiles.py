"""Every view as a tile: its ray-error map, or the subject's ball by declared and true cameras, with its number."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from mouseview.app import theme
from mouseview.app.panels.displacement_field import arrow
from mouseview.app.panels.widgets import truth_colour
from mouseview.app.tokens import Tokens
from mouseview.app.understanding.values import TileSide, ViewTile
from mouseview.geometry.transforms import Array

_HEAD_PX, _FOOT_PX, _GAP_PX, _PAD_PX = 17, 16, 8, 6
_INNER_PX = 3  # between the two sides of a tile
_LEAST_SIDE_PX = 58
_MOST_SIDE_PX = 340
_ROOMY_PX, _FEW_ARROWS = 150, 7  # in smaller tiles only the middle's and the inner ring's arrows


@dataclass(frozen=True)
class Grid:
    """How tiles are laid out: ``side`` px of one picture."""

    columns: int
    rows: int
    side: int


def best_grid(tiles: int, sides: int, width: float, height: float) -> Grid:
    """The arrangement in which pictures become largest; ``sides``: pictures beside one another in a tile."""
    best = Grid(max(tiles, 1), 1, 0)
    for rows in range(1, tiles + 1):
        columns = math.ceil(tiles / rows)
        across = (width - _GAP_PX * (columns - 1)) / columns - (sides - 1) * _INNER_PX
        down = (height - _GAP_PX * (rows - 1)) / rows - _HEAD_PX - _FOOT_PX
        side = int(min(across / sides, down))
        if side > best.side:
            best = Grid(columns, rows, side)
    if best.side >= _LEAST_SIDE_PX:
        return Grid(best.columns, best.rows, min(best.side, _MOST_SIDE_PX))
    # as many as fit beside one another; the rest is scrolled to
    tile = sides * _LEAST_SIDE_PX + (sides - 1) * _INNER_PX + _GAP_PX
    columns = max(int((width + _GAP_PX) // tile), 1)
    return Grid(columns, math.ceil(tiles / columns), _LEAST_SIDE_PX)


def polyline(points_px: Array, place: QRectF, size: float) -> QPolygonF:
    """Curve (N, 2) in px of an image ``size`` wide, on ``place``; points that are NaN are left out."""
    known = points_px[np.all(np.isfinite(points_px), axis=-1)] * (place.width() / size)
    return QPolygonF([place.topLeft() + QPointF(float(x), float(y)) for x, y in np.clip(known, -1e5, 1e5)])


class TruthTiles(QWidget):
    """Intent: ``camera_chosen(name)``."""

    camera_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.tiles: tuple[ViewTile, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._selected: str | None = None
        self.setMouseTracking(True)  # for the tool tip of the tile below the pointer
        self.setMinimumSize(QSize(240, _LEAST_SIDE_PX + _HEAD_PX + _FOOT_PX))

    def show_tiles(self, tiles: tuple[ViewTile, ...], titles: tuple[str, ...]) -> None:
        """titles: of the sides of every tile."""
        self.tiles, self._titles = tiles, titles
        self.setMinimumHeight(self._least_height())
        self.setAccessibleName(", ".join(f"{t.name} {t.sides[-1].number}" for t in tiles))
        self.update()

    def select(self, name: str | None) -> None:
        if name != self._selected:
            self._selected = name
            self.update()

    def _least_height(self) -> int:
        grid = self._grid()
        return grid.rows * (grid.side + _HEAD_PX + _FOOT_PX + _GAP_PX) if grid.side <= _LEAST_SIDE_PX else 90

    def _grid(self) -> Grid:
        area = self._area()
        sides = max((len(tile.sides) for tile in self.tiles), default=1)
        return best_grid(len(self.tiles), sides, area.width(), area.height())

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_PAD_PX, 2, -_PAD_PX, -2)

    def place(self, index: int) -> QRectF:
        """Where a tile lies, with its head and foot."""
        grid, area = self._grid(), self._area()
        sides = max((len(tile.sides) for tile in self.tiles), default=1)
        width = sides * grid.side + (sides - 1) * _INNER_PX
        height = grid.side + _HEAD_PX + _FOOT_PX
        row, column = divmod(index, grid.columns)
        return QRectF(area.left() + column * (width + _GAP_PX), area.top() + row * (height + _GAP_PX), width, height)

    def _tile_at(self, position: QPointF) -> int | None:
        return next((i for i in range(len(self.tiles)) if self.place(i).contains(position)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._tile_at(event.position())
        if index is not None:
            self.camera_chosen.emit(self.tiles[index].name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._tile_at(event.position())
        self.setToolTip(self._tip(self.tiles[index]) if index is not None else "")

    def _tip(self, tile: ViewTile) -> str:
        held = " (held out: the model is not fed it)" if tile.held_out else ""
        lines = [f"{title}: {side.number}, {side.truth}" for title, side in zip(self._titles, tile.sides, strict=True)]
        return "\n".join([f"{tile.name}{held}", *lines])

    # ---- painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.current()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        side_px = self._grid().side
        for index, tile in enumerate(self.tiles):
            place = self.place(index)
            self._paint_head(painter, tile, place, t)
            for number, side in enumerate(tile.sides):
                left = place.left() + number * (side_px + _INNER_PX)
                self._paint_side(painter, side, QRectF(left, place.top() + _HEAD_PX, side_px, side_px), t)
                foot = QRectF(left, place.top() + _HEAD_PX + side_px, side_px, _FOOT_PX)
                painter.setFont(theme.ui_font(theme.FONT_PX - 1))
                painter.setPen(QColor(truth_colour(side.truth, t)))
                painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, side.number)
            if tile.name == self._selected:
                painter.setPen(QPen(QColor(t.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                pictures = QRectF(place.left(), place.top() + _HEAD_PX, place.width(), side_px)
                painter.drawRect(pictures.adjusted(-1, -1, 1, 1))

    def _paint_head(self, painter: QPainter, tile: ViewTile, place: QRectF, t: Tokens) -> None:
        painter.setFont(theme.ui_font(theme.FONT_PX - 1, bold=tile.name == self._selected))
        painter.setPen(QColor(t.muted if tile.held_out else t.text))
        head = QRectF(place.left(), place.top(), place.width(), _HEAD_PX)
        text = painter.fontMetrics().elidedText(tile.name, Qt.TextElideMode.ElideMiddle, int(head.width()))
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_side(self, painter: QPainter, side: TileSide, place: QRectF, t: Tokens) -> None:
        painter.save()
        painter.setClipRect(place)
        painter.fillRect(place, QColor(t.canvas))
        if side.picture is not None:
            painter.setOpacity(0.55 if side.ball is not None else 1.0)
            painter.drawImage(place, side.picture)
            painter.setOpacity(1.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 170), 1))
        for line in side.lines:
            painter.drawPolyline(polyline(line, place, side.size_px))
        if side.ball is not None:
            self._paint_ball(painter, side, place, t)
        painter.restore()
        painter.setPen(QPen(QColor(t.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)

    def _paint_ball(self, painter: QPainter, side: TileSide, place: QRectF, t: Tokens) -> None:
        assert side.ball is not None
        cross = place.center()
        painter.setPen(QPen(QColor(t.faint), 1))
        painter.drawLine(cross - QPointF(4, 0), cross + QPointF(4, 0))
        painter.drawLine(cross - QPointF(0, 4), cross + QPointF(0, 4))
        colours = ball_colours(t)
        painter.setPen(QPen(QColor(colours[0]), 1.8))
        painter.drawPolygon(polyline(side.ball.true_px, place, side.size_px))
        painter.setPen(QPen(QColor(colours[1]), 1.8, Qt.PenStyle.CustomDashLine))
        pen = painter.pen()
        pen.setDashPattern([3.0, 2.5])
        painter.setPen(pen)
        painter.drawPolygon(polyline(side.ball.declared_px, place, side.size_px))
        scale = place.width() / side.size_px
        shown = slice(None) if place.width() >= _ROOMY_PX else slice(_FEW_ARROWS)
        starts, ends = side.ball.starts_px[shown] * scale, side.ball.ends_px[shown] * scale
        painter.setBrush(QColor(colours[1]))
        for start, end in zip(starts, ends, strict=True):
            if np.all(np.isfinite([start, end])) and np.hypot(*(end - start)) >= 1.0:
                tip = np.clip(end, -1e5, 1e5)
                arrow(painter, place.topLeft() + QPointF(*start), place.topLeft() + QPointF(*tip), QColor(colours[1]))


def ball_colours(t: Tokens) -> tuple[str, str]:
    """Of the true outline and of the declared one: blue and orange, told apart by most eyes."""
    return t.accent, t.warn
