"""A widget that keeps a picture of what stands still, so that only what moves is painted again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget


class BackdropWidget(QWidget):
    """Widgets of this kind say in ``_paint_still`` what stands still, and call ``_draw_backdrop`` when they paint."""

    def __init__(self) -> None:
        super().__init__()
        self._backdrop: QPixmap | None = None

    def _paint_still(self, painter: QPainter, ratio: float) -> None:
        """In px of the widget, over nothing. ratio: px of the screen per px of the widget."""
        raise NotImplementedError

    def _stale(self) -> None:
        """Something of what stands still has changed."""
        self._backdrop = None
        self.update()

    def _draw_backdrop(self, painter: QPainter) -> None:
        ratio = painter.device().devicePixelRatioF()
        if self._backdrop is None or self._backdrop.devicePixelRatioF() != ratio:
            made = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            still = QPainter(made)
            self._paint_still(still, ratio)
            still.end()
            self._backdrop = made
        painter.drawPixmap(0, 0, self._backdrop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._stale()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._stale()
