"""A view made ready for a hand: what its image and the sample's masks say, read in threads and kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

from mouseview.app.crop.draft import Ground, ground_of, recipe_of, survey
from mouseview.app.crop.shown import Shown
from mouseview.geometry.transforms import Array
from mouseview.model.recipe import Recipe

if TYPE_CHECKING:  # numba comes with them: they are made by work in threads
    from mouseview.app.crop.editor import Editor
    from mouseview.app.crop.live import LiveSource
    from mouseview.model.sample import Sample
    from mouseview.multiview.masks import MaskStats
    from mouseview.workflow.project import Project

_SMALLEST_PX = 200  # of a photograph's longer side, as it is drawn


@dataclass(frozen=True, eq=False)
class Photograph:
    """One view's image to draw windows on, what its mask leaves out pale. images: of full size, half of it, and so on.

    outline: contours of the mask in px.
    """

    camera: str
    images: tuple[QImage, ...]
    outline: tuple[Array, ...]

    def image_for(self, scale: float) -> QImage:
        """The smallest that still has half a pixel and more for each of the screen's. scale: screen px per px."""
        level = max(0, math.floor(-math.log2(scale))) if scale > 0 else 0
        return self.images[min(level, len(self.images) - 1)]


@dataclass(frozen=True, eq=False)
class Source:
    """What is kept of a view's image."""

    live: LiveSource
    photograph: Photograph


@dataclass(frozen=True, eq=False)
class Ready:
    """A view that can be edited. key: what decided it. photograph: None where the camera has no image."""

    key: tuple[Any, ...]
    sample: Sample
    masks: tuple[MaskStats | None, ...]
    editor: Editor
    photograph: Photograph | None
    shown: Shown

    @property
    def recipe(self) -> Recipe:
        """The project's, for the sample."""
        recipe: Recipe = self.key[2]
        return recipe


def make_ready(
    key: tuple[Any, ...],
    sample: Sample,
    camera: str,
    project: Project,
    masks: tuple[MaskStats | None, ...] | None,
    kept: Source | None,
) -> tuple[Ready, Source | None]:
    """In a thread: what is not known yet, and one preview, so that everything a hand needs is compiled and loaded."""
    from mouseview.app.crop.editor import Editor

    index = sample.rig.names.index(camera)
    masks = survey(sample) if masks is None else masks
    source = _read(sample, index) if kept is None and sample.sources[index] is not None else kept
    ground: Ground = ground_of(sample, masks, recipe_of(project, sample))
    editor = Editor(ground, index, None if source is None else source.live)
    editor.grip(editor.framing, np.array(editor.camera.size) / 2)
    photograph = None if source is None else source.photograph
    return Ready(key, sample, masks, editor, photograph, editor.shown(ground.draft)), source


def _read(sample: Sample, index: int) -> Source:
    from mouseview.app.crop.live import LiveSource
    from mouseview.app.qimages import mask_outline, shrunk, to_qimage

    name, image, source = sample.rig[index].name, sample.image(index), sample.sources[index]
    live, has_mask = LiveSource.of(name, image), source is not None and source.has_mask
    images = [to_qimage(live.pale if has_mask else live.on_white, opaque=True)]
    while max(images[-1].width(), images[-1].height()) > _SMALLEST_PX:
        images.append(shrunk(images[-1], max(images[-1].width(), images[-1].height()) // 2))
    return Source(live, Photograph(name, tuple(images), mask_outline(image) if has_mask else ()))
