"""The result of the window, as the model gets it: the canonical image with its middle, subject and principal point."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mouseview.app import theme
from mouseview.app.crop.shown import Result
from mouseview.app.panels.view_marks import PRINCIPAL_COLOUR, SUBJECT_COLOUR
from mouseview.app.qimages import to_qimage
from mouseview.geometry.transforms import Array

_MARGIN_PX = 1


class CropResult(QWidget):
    """Square; as large as its room."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(150, 150))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What the model is fed")
        self._result: Result | None = None
        self._image: QImage | None = None

    def show_result(self, result: Result | None) -> None:
        self._result = result
        self._image = None
        if result is not None:
            self._image = to_qimage(result.image, opaque=True)  # on white already: alpha beside it must not act
        self.update()

    @property
    def result(self) -> Result | None:
        return self._result

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    @property
    def square(self) -> QRectF:
        """Where the image is, in px of the widget."""
        side = min(self.width(), self.height()) - 2 * _MARGIN_PX
        return QRectF((self.width() - side) / 2, _MARGIN_PX, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        t, square = theme.current(), self.square
        painter = QPainter(self)
        painter.fillRect(square, QColor(t.canvas))
        if self._image is None or self._result is None:
            painter.setPen(QColor(t.muted))
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "no image")
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(square, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = square.center()
        painter.setPen(QPen(theme.tinted("#000000", 0.28), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(square.left(), middle.y()), QPointF(square.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), square.top()), QPointF(middle.x(), square.bottom()))
        painter.setClipRect(square)
        if self._result.subject is not None:
            at = self._place(self._result.subject)
            for pen in (QPen(theme.tinted("#000000", 0.45), 3.2), QPen(QColor(SUBJECT_COLOUR), 1.8)):
                painter.setPen(pen)
                painter.drawEllipse(at, 6, 6)
        at = self._place(self._result.principal)
        for pen in (QPen(theme.tinted("#000000", 0.45), 3.2), QPen(QColor(PRINCIPAL_COLOUR), 1.7)):
            painter.setPen(pen)
            painter.drawLine(at - QPointF(7, 0), at + QPointF(7, 0))
            painter.drawLine(at - QPointF(0, 7), at + QPointF(0, 7))
        painter.setClipping(False)
        painter.setPen(QPen(QColor(t.border), 1))
        painter.drawRect(square)

    def _place(self, pixel: Array) -> QPointF:
        assert self._result is not None
        share = self.square.width() / self._result.image.shape[0]
        return self.square.topLeft() + QPointF(float(pixel[0]), float(pixel[1])) * share
