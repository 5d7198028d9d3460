"""How a tile shows the plane of an image: which px of it lie where on the widget, magnified about any point."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

MOST_MAGNIFIED = 64.0


@dataclass(frozen=True)
class Framing:
    """area: of the widget, in its logical px.  shown: what of the image plane is shown unmagnified, in image px.
    zoom ≥ 1.  centre: the image point in the middle of the area once magnified; None is the middle of ``shown``."""

    area: QRectF
    shown: QRectF
    zoom: float = 1.0
    centre: QPointF | None = None

    @property
    def scale(self) -> float:
        """Logical px of the widget per px of the image."""
        whole = min(self.area.width() / self.shown.width(), self.area.height() / self.shown.height())
        return max(whole, 1e-6) * self.zoom

    @property
    def middle(self) -> QPointF:
        return self.shown.center() if self.centre is None else self.centre

    def to_image(self, position: QPointF) -> QPointF:
        return self.middle + (position - self.area.center()) / self.scale

    def to_widget(self, pixel: QPointF) -> QPointF:
        return self.area.center() + (pixel - self.middle) * self.scale

    @property
    def transform(self) -> QTransform:
        """Image px → logical px of the widget."""
        moved = QTransform.fromTranslate(self.area.center().x(), self.area.center().y())
        moved.scale(self.scale, self.scale)
        return moved.translate(-self.middle.x(), -self.middle.y())

    def zoomed(self, factor: float, about: QPointF) -> tuple[float, QPointF | None]:
        """Zoom and centre that keep the image point under ``about`` where it is."""
        zoom = min(max(self.zoom * factor, 1.0), MOST_MAGNIFIED)
        if zoom == 1.0:
            return 1.0, None
        kept = self.to_image(about)
        after = Framing(self.area, self.shown, zoom, kept)
        return zoom, self._held(kept - (about - self.area.center()) / after.scale)

    def moved(self, by: QPointF) -> QPointF | None:
        """The centre after the picture was dragged by ``by`` widget px."""
        return None if self.zoom == 1.0 else self._held(self.middle - by / self.scale)

    def _held(self, centre: QPointF) -> QPointF:
        """Never so far that the picture leaves the tile."""
        left, right, top, bottom = self.shown.left(), self.shown.right(), self.shown.top(), self.shown.bottom()
        return QPointF(min(max(centre.x(), left), right), min(max(centre.y(), top), bottom))
