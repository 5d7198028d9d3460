"""Truth, prediction and differences of a reconstruction as images that are ready to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mouseview.app.qimages import to_qimage
from mouseview.app.state import ComparedView, DifferenceImage

if TYPE_CHECKING:
    from mouseview.workflow.reconstruct import ViewResult


def compared_views(views: tuple[ViewResult, ...]) -> tuple[ComparedView, ...]:
    """Thread-safe and slow enough (tens of ms a view) to be called in one."""
    from mouseview.compare.difference import DifferenceKind, difference

    ready = []
    for view in views:
        differences = {}
        for kind in DifferenceKind:
            made = difference(view.prediction, view.truth, kind)
            differences[str(kind)] = DifferenceImage(
                to_qimage(made.image), to_qimage(made.legend), made.low, made.high, made.meaning
            )
        truth, prediction = to_qimage(view.truth[..., :3]), to_qimage(view.prediction[..., :3])
        ready.append(ComparedView(view.name, view.role, truth, prediction, differences, view.scores))
    return tuple(ready)
