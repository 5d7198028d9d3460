"""What is drawn over a source image, computed apart from the drawing: points and curves in px of that image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.app.state import AppState
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.model.prepared import Prepared


@dataclass(frozen=True, eq=False)
class Overlay:
    """principal_point, subject (2,) or None.  window: closed curve (N, 2), NaN where the lens folds over."""

    principal_point: Array | None = None
    window: Array | None = None
    subject: Array | None = None
    outline: tuple[Array, ...] = ()


def source_overlay(state: AppState, index: int) -> Overlay:
    """Of view ``index`` on the photograph as opened."""
    if state.sample is None:
        return Overlay()
    camera = state.sample.rig[index]
    prepared = state.prepared
    image = state.images[index] if index < len(state.images) else None
    return Overlay(
        principal_point=_finite(camera.K[:2, 2]),
        window=None if prepared is None else _window(prepared, camera),
        subject=None if prepared is None else _projected(camera, prepared.centre.point),
        outline=() if image is None else image.outline,
    )


def prepared_overlay(prepared: Prepared, index: int) -> Overlay:
    """Of view ``index`` on the image that is fed to the model: its declared principal point and the origin."""
    camera = prepared.rig[index]
    # the subject's centre is the model's origin, seen by the camera that is true and not the one declared
    subject = _projected(prepared.true_rig[index], np.zeros(3)) if prepared.similarity is not None else None
    return Overlay(principal_point=_finite(camera.K[:2, 2]), subject=subject)


def _window(prepared: Prepared, camera: Camera) -> Array | None:
    from mouseview.workflow.prepare import target_window  # loaded already: something was prepared

    if camera.name not in prepared.rig.names:
        return None
    return target_window(prepared, prepared.rig.names.index(camera.name), camera)


def _projected(camera: Camera, point: Array) -> Array | None:
    pixel, valid = camera.project(point)
    return _finite(pixel) if bool(valid) else None


def _finite(pixel: Array) -> Array | None:
    return pixel if bool(np.all(np.isfinite(pixel))) else None
