"""Views: all views of the sample side by side, as photographed or as fed to the model, with overlays."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mouseview.app import overlays
from mouseview.app.overlays import Overlay
from mouseview.app.panels.probe_marks import KEYPOINT_COLOUR
from mouseview.app.panels.view_marks import OUTLINE_COLOUR, PRINCIPAL_COLOUR, SUBJECT_COLOUR, WINDOW_COLOUR
from mouseview.app.panels.view_tile import CAPTION_PX, ViewTile
from mouseview.app.panels.widgets import Segments, label
from mouseview.app.probing.overlay import ProbeOverlay, RayCurves, probe_overlay
from mouseview.app.qimages import to_qimage
from mouseview.app.state import AppState, Changed
from mouseview.model.prepared import Prepared
from mouseview.model.sample import Sample

_LEAST_TILE_PX = 104


def best_columns(count: int, width: int, height: int, aspect: float) -> tuple[int, int, int]:
    """(columns, tile width, tile height) that show ``count`` tiles largest; scrolled when even that is too small.

    aspect: width over height of the pictures; a caption is added below each.
    """
    best = (1, 0, 0)
    for columns in range(1, max(count, 1) + 1):
        rows = -(-count // columns)
        picture = int(min(width / columns, (height / rows - CAPTION_PX) * aspect))
        if picture > best[1]:
            best = (columns, picture, int(picture / aspect + CAPTION_PX))
    if best[1] < _LEAST_TILE_PX:
        columns = max(1, width // _LEAST_TILE_PX)
        return columns, width // columns, int(width // columns / aspect + CAPTION_PX)
    return best


def _tag(state: AppState, sample: Sample, index: int) -> str:
    """What is to be known of a view beside its image: that it is held out, or its mask guessed here."""
    if state.project is not None and sample.rig.names[index] in state.project.held_out:
        return "held out"
    source = sample.sources[index]
    return "draft" if source is not None and source.is_draft else ""


class TileGrid(QWidget):
    """Lays tiles out so that all are as large as the room allows."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tiles: list[ViewTile] = []
        self.aspect = 1.0

    def replace_tiles(self, tiles: list[ViewTile]) -> None:
        for tile in self.tiles:
            tile.setParent(None)
            tile.deleteLater()
        self.tiles = tiles
        for tile in tiles:
            tile.setParent(self)
            tile.show()
        self.arrange()

    def arrange(self) -> None:
        area = self.parentWidget()
        if area is None or not self.tiles:
            return
        columns, width, height = best_columns(len(self.tiles), area.width() - 8, area.height() - 6, self.aspect)
        rows = -(-len(self.tiles) // columns)
        left = max(4, (area.width() - columns * width) // 2)
        for position, tile in enumerate(self.tiles):
            row, column = divmod(position, columns)
            tile.setGeometry(QRect(left + column * width, 2 + row * height, width, height))
        self.setMinimumHeight(rows * height + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()


class _Legend(QCheckBox):
    """A check box with a sample of the line that it shows or hides."""

    def __init__(self, text: str, colour: str, tip: str) -> None:
        super().__init__(text)
        self._colour = colour
        self.setChecked(True)
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(18, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._colour), 2))
        middle = self.height() // 2
        painter.drawLine(self.width() - 14, middle, self.width() - 2, middle)


class ViewsPanel(QWidget):
    """Intents: ``camera_chosen(name)``, ``camera_entered(name)``, ``menu_wanted(name, place)``; while probing those of
    its tiles: ``hovered``, ``marked``, ``mark_done`` and ``detail_wanted``."""

    camera_chosen = Signal(str)
    camera_entered = Signal(str)
    menu_wanted = Signal(str, object)
    hovered = Signal(str, float, float)
    marked = Signal(str, float, float, bool, float)
    mark_done = Signal()
    detail_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.source = Segments(
            ("Photographs", "Fed to the model"),
            ("The images as opened", "The images after normalisation, as the network gets them"),
        )
        self.source.chosen.connect(lambda _index: self._refresh())
        self.outline = _Legend("Mask", OUTLINE_COLOUR, "Outline of the mask")
        self.window_box = _Legend("Window", WINDOW_COLOUR, "What of this image the model is shown in the current mode")
        self.points = _Legend("Principal point", PRINCIPAL_COLOUR, "Cross: where the optical axis meets the image")
        self.subject = _Legend("Subject", SUBJECT_COLOUR, "Ring: the subject's centre that the recipe has chosen")
        self.keypoints = _Legend("Keypoints", KEYPOINT_COLOUR, "Labels of this frame, each joined to its point")
        self.under_mask = QCheckBox("Unmasked")
        self.under_mask.setToolTip("Show the pixels that the mask hides")
        self._hint = label("", "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 7, 10, 4)
        bar.setSpacing(14)
        bar.addWidget(self.source)
        bar.addWidget(self._hint)
        shown = QWidget()
        shown.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # never widens the dock
        boxes = QHBoxLayout(shown)
        boxes.setContentsMargins(0, 0, 0, 0)
        boxes.setSpacing(7)
        boxes.addStretch(1)
        bar.addWidget(shown, 1)
        for box in (self.outline, self.window_box, self.points, self.subject, self.keypoints, self.under_mask):
            box.toggled.connect(lambda _on: self._refresh())
            boxes.addWidget(box)
        self.grid = TileGrid()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.grid)
        self._area.viewport().installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._area, 1)
        self._state = AppState()
        self._fed_images: tuple[Prepared | None, list[QImage]] = (None, [])
        self._changed, self._changed_probe = Changed(), Changed()
        self._names: tuple[str, ...] = ()
        self._rays: tuple[RayCurves, ...] = ()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.grid.arrange()
        return False

    def show_state(self, state: AppState) -> None:
        held_out = state.project.held_out if state.project is not None else ()
        locked = state.project.locked if state.project is not None else ()
        self._state = state
        probe_changed = self._changed_probe(state.probe, state.solution, state.keypoints)
        if not self._changed(
            state.sample, state.images, state.prepared, state.camera, held_out, locked, state.dark, state.probing
        ):
            if probe_changed:
                self._refresh_probe()
            return
        names = state.sample.rig.names if state.sample is not None else ()
        if names != self._names:
            self._names = names
            tiles = [ViewTile(name) for name in names]
            for tile in tiles:
                tile.chosen.connect(self.camera_chosen)
                tile.entered.connect(self.camera_entered)
                tile.menu_wanted.connect(self.menu_wanted)
                tile.hovered.connect(self.hovered)
                tile.marked.connect(self.marked)
                tile.mark_done.connect(self.mark_done)
                tile.detail_wanted.connect(self.detail_wanted)
            self.grid.replace_tiles(tiles)
        self._refresh()

    def _refresh(self) -> None:
        state, sample = self._state, self._state.sample
        if sample is None:
            return
        wants_fed = self.source.index == 1
        prepared = state.prepared if wants_fed else None
        hint = "not normalised yet" if wants_fed and prepared is None else ""
        probing = state.probing and prepared is None
        if state.probing and not probing:
            hint = "the probe marks photographs"
        self._hint.setText(hint)
        self.keypoints.setVisible(state.shown_keypoints is not None)
        self.under_mask.setEnabled(prepared is None)
        for box in (self.outline, self.window_box):
            box.setEnabled(prepared is None)
        for box in (self.outline, self.window_box, self.points, self.subject):
            box.setVisible(not probing)
        if prepared is not None and self._fed_images[0] is not prepared:
            self._fed_images = (prepared, [to_qimage(image[..., :3]) for image in prepared.images])
        first = (prepared.rig if prepared is not None else sample.rig)[0]
        self.grid.aspect = min(max(first.width / max(first.height, 1), 0.5), 2.0)
        for index, tile in enumerate(self.grid.tiles):
            camera = sample.rig[index]
            if prepared is None:
                image, problem = self._photograph(index)
                size, overlay = camera.size, overlays.source_overlay(state, index)
            else:
                image, problem, size, overlay = self._fed(prepared, camera.name)
            tile.show_view(
                image,
                size,
                Overlay() if probing else self._chosen_parts(overlay),  # they would hide what one aims at
                selected=camera.name == state.camera,
                tag=_tag(state, sample, index),
                problem=problem,
                locked=state.project is not None and camera.name in state.project.locked,
            )
            tile.set_probing(probing)
            numbers = (
                f"{camera.name}: {camera.width}×{camera.height} px\n"
                f"fx {camera.fx:.2f}  fy {camera.fy:.2f}  cx {camera.cx:.2f}  cy {camera.cy:.2f} px"
            )
            tile.setToolTip("" if probing else numbers)  # it would cover what one aims at
        self.grid.arrange()
        self._refresh_probe()

    def show_curves(self, rays: tuple[RayCurves, ...]) -> None:
        """Curves of the pointer and of a first mark; they change too often to be part of the state."""
        if rays or self._rays:
            self._rays = rays
            self._refresh_probe()

    def show_detail(self, name: str, masked: QImage, opaque: QImage) -> None:
        """All pixels of a photograph that is magnified, with its mask and without."""
        for tile in self.grid.tiles:
            if tile.name == name and not self._shows_fed:
                tile.show_detail(opaque if self.under_mask.isChecked() else masked)

    def show_photographs(self) -> None:
        """Not what the model is fed: the probe marks photographs."""
        self.source.choose(0)
        self._refresh()

    @property
    def _shows_fed(self) -> bool:
        return self.source.index == 1 and self._state.prepared is not None

    def _refresh_probe(self) -> None:
        state, sample = self._state, self._state.sample
        if sample is None:
            return
        names = sample.rig.names
        rays = tuple(ray for ray in self._rays if len(ray.curves) == len(names))
        keypoints = state.shown_keypoints if self.keypoints.isChecked() else None
        for view, tile in enumerate(self.grid.tiles):
            if self._shows_fed:
                tile.show_probe(ProbeOverlay())
                continue
            tile.show_probe(probe_overlay(state.shown_probe, state.shown_solution, rays, keypoints, names, view))

    def _chosen_parts(self, overlay: Overlay) -> Overlay:
        return dataclasses.replace(
            overlay,
            principal_point=overlay.principal_point if self.points.isChecked() else None,
            window=overlay.window if self.window_box.isChecked() else None,
            subject=overlay.subject if self.subject.isChecked() else None,
            outline=overlay.outline if self.outline.isChecked() else (),
        )

    def _photograph(self, index: int) -> tuple[QImage | None, str]:
        view = self._state.images[index] if index < len(self._state.images) else None
        if view is None:
            return None, ""
        return (view.opaque if self.under_mask.isChecked() else view.image), view.problem

    def _fed(self, prepared: Prepared, name: str) -> tuple[QImage | None, str, tuple[int, int], Overlay]:
        if name not in prepared.rig.names:
            return None, "this view was not prepared", (1, 1), Overlay()
        index = prepared.rig.names.index(name)
        return self._fed_images[1][index], "", prepared.rig[index].size, overlays.prepared_overlay(prepared, index)
