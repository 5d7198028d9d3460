"""Truth, prediction and differences of a reconstruction as images that are ready to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF

from mouseview.app.qimages import to_qimage
from mouseview.app.state import ComparedView, DifferenceImage

if TYPE_CHECKING:
    from mouseview.workflow.reconstruct import ViewResult


_MARGIN = 0.12  # of the subject's size, on each side


def subject_square(truth: npt.NDArray[np.float32]) -> QRectF:
    """The square that holds the subject of (H, W, 4) with a margin, inside the image; all of it where nothing is."""
    height, width = truth.shape[:2]
    rows, columns = np.nonzero(truth[..., 3] > 0.5)
    if not len(rows):
        return QRectF(0, 0, width, height)
    side = (1 + 2 * _MARGIN) * float(max(np.ptp(rows), np.ptp(columns)) + 1)
    side = min(max(side, 16.0), width, height)
    left = np.clip((columns.min() + columns.max() + 1 - side) / 2, 0, width - side)
    top = np.clip((rows.min() + rows.max() + 1 - side) / 2, 0, height - side)
    return QRectF(float(left), float(top), side, side)


def compared_views(views: tuple[ViewResult, ...]) -> tuple[ComparedView, ...]:
    """Thread-safe and slow enough (tens of ms a view) to be called in one."""
    from mouseview.metrics.difference import DifferenceKind, difference

    ready = []
    for view in views:
        differences = {}
        for kind in DifferenceKind:
            made = difference(view.prediction, view.truth, kind)
            differences[str(kind)] = DifferenceImage(
                to_qimage(made.image), to_qimage(made.legend), made.low, made.high, made.meaning
            )
        truth, prediction = to_qimage(view.truth[..., :3]), to_qimage(view.prediction[..., :3])
        box = subject_square(view.truth)
        ready.append(ComparedView(view.name, view.role, truth, prediction, differences, view.scores, box))
    return tuple(ready)
