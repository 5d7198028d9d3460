"""Whether a rig already is in a model's camera format, so that nothing needs to be done to it."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Camera, Rig
from mouseview.model.model_format import ModelFormat

K_TOLERANCE_PX = 0.01
DISTANCE_TOLERANCE = 0.001  # share of the format's distance


def intrinsics_conform(camera: Camera, model_format: ModelFormat) -> bool:
    """Size equal, no lens, K within 0.01 px."""
    size = (model_format.size, model_format.size)
    same = np.allclose(camera.K, model_format.K, rtol=0, atol=K_TOLERANCE_PX)
    return camera.size == size and camera.is_pinhole and bool(same)


def _aimed_at_origin(rig: Rig, model_format: ModelFormat) -> bool:
    """K as the format's in every view, and all optical axes pass through the origin, which lies in front."""
    if len(rig) < 2 or not all(intrinsics_conform(camera, model_format) for camera in rig):
        return False
    if not np.all(np.isfinite([camera.T_cam_world for camera in rig])):
        return False
    tolerance = DISTANCE_TOLERANCE * model_format.distance
    meeting = meeting_point(rig.centres, rig.forwards)
    # seen from behind, an axis still passes through the origin: the origin must be in front
    in_front = np.all(np.sum(rig.forwards * rig.centres, axis=-1) < 0)
    return bool(in_front) and float(np.linalg.norm(meeting.point)) <= tolerance and meeting.maximum <= tolerance


def rig_conforms(rig: Rig, model_format: ModelFormat) -> bool:
    """Every camera's K as the format's, optical axes meeting at the origin, every distance the format's."""
    if not _aimed_at_origin(rig, model_format):
        return False
    off = np.abs(rig.distances(np.zeros(3)) - model_format.distance)
    return bool(np.all(off <= DISTANCE_TOLERANCE * model_format.distance))


def is_normalised(rig: Rig, model_format: ModelFormat) -> bool:
    """The file says model units, and the views are aimed in the format's K: an exact normalisation wrote it.

    Its distances stay as unequal as the rig's, and its mean is the session's, not the sample's; so a second
    normalisation would find a slightly other centre and scale, and resample every image for nothing.
    """
    return rig.units == "model" and _aimed_at_origin(rig, model_format)
