"""Rays of one camera as the scene shows them, and the values that a network is fed for one of them. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.app.scene3d.geometry import ShownCamera
from mouseview.app.scene3d.state import Ball, PickedRay, RayColour, RayField, Texture, Theme
from mouseview.geometry.ray_intervals import ball_interval, box_interval, window_share
from mouseview.geometry.rays import RayEncoding, angle_between_deg, encode_rays, moment, nearest_point, to_plane
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.model.model_format import ModelFormat

_PARTS = {
    RayEncoding.NEAREST: ("d", "p"),
    RayEncoding.PLUCKER: ("m", "d"),
    RayEncoding.AUG: ("m", "d", "p"),
}
# dark violet → teal → yellow: even in lightness, and told apart without red and green
_SCALE = np.array([[0.27, 0.10, 0.42], [0.23, 0.32, 0.55], [0.13, 0.55, 0.55], [0.40, 0.78, 0.36], [0.98, 0.88, 0.15]])

MISSED = np.array([0.62, 0.62, 0.62])  # of rays that do not meet what is asked for


@dataclass(frozen=True, eq=False)
class Field:
    """pixels (N, 2), origin (3,), directions (N, 3) unit, rgb (N, 3) 0..1; full_scale: what the strongest colour means
    (degrees for the angular error, display units for moment, nearest point and the box, 1 for a direction and for the
    share of the depth window)."""

    pixels: Array
    origin: Array
    directions: Array
    rgb: Array
    full_scale: float


def sequential(values: npt.ArrayLike) -> Array:
    """0..1 (...) → RGB (..., 3)."""
    x = np.clip(np.asarray(values, dtype=np.float64), 0.0, 1.0)
    stops = np.linspace(0, 1, len(_SCALE))
    return np.stack([np.interp(x, stops, _SCALE[:, channel]) for channel in range(3)], axis=-1)


def lifted(rgb: Array, theme: Theme) -> Array:
    """Ray colours (..., 3) as a theme shows them: dark ones are raised off a dark background."""
    return 0.3 + 0.7 * rgb if theme is Theme.DARK else rgb


def hit_or_miss(shares: Array) -> Array:
    """0..1 (...) → RGB (..., 3); NaN, a ray that misses, is grey."""
    return np.where(np.isfinite(shares)[..., None], sequential(np.nan_to_num(shares)), MISSED)


def field_pixels(width: int, height: int, density: int) -> Array:
    """(N, 2): centres of a grid of cells, ``density`` along the longer side, that covers the image."""
    cell = max(width, height) / density
    columns, rows = max(1, round(width / cell)), max(1, round(height / cell))
    x = (np.arange(columns) + 0.5) * width / columns
    y = (np.arange(rows) + 0.5) * height / rows
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def format_directions(model_format: ModelFormat, camera: Camera, pixels: npt.ArrayLike) -> Array:
    """(..., 3) unit, camera's frame: the rays the format declares for these pixels (..., 2) of the camera's image.

    The image is thought centred in the format's, its longer side filling it.
    """
    middle = np.array([camera.width, camera.height]) / 2
    scale = model_format.size / max(camera.width, camera.height)
    plane = to_plane(model_format.K, (np.asarray(pixels) - middle) * scale + model_format.size / 2)
    rays = np.concatenate([plane, np.ones((*plane.shape[:-1], 1))], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def angular_error_deg(camera: Camera, model_format: ModelFormat, pixels: npt.ArrayLike) -> Array:
    """(...) degrees between the camera's own rays and those that the format declares; NaN where there is no ray."""
    return angle_between_deg(camera.unproject(pixels)[0], format_directions(model_format, camera, pixels))


def ray_field(
    shown: ShownCamera,
    wanted: RayField,
    model_format: ModelFormat | None,
    ball: Ball | None = None,
    true: Camera | None = None,
) -> Field:
    """The field of ``shown.camera``. By angular error it needs a format; without one every ray has error 0.

    Box and window need one too, the window also the subject's ball in the display frame; without them every ray misses.
    true: the camera of what the pixels show, where the declared one is not; without it every declared ray is true.
    """
    camera = shown.camera
    pixels = field_pixels(camera.width, camera.height, wanted.density)
    origin, directions = camera.rays(pixels)
    reached = np.all(np.isfinite(directions), axis=-1)
    pixels, directions = pixels[reached], directions[reached]
    full_scale = 1.0
    match wanted.colour:
        case RayColour.DIRECTION:
            rgb = 0.5 + 0.5 * directions
        case RayColour.ANGULAR_ERROR:
            errors = angular_error_deg(camera, model_format, pixels) if model_format else np.zeros(len(pixels))
            full_scale = max(float(errors.max(initial=0.0)), 1e-3)
            rgb = sequential(errors / full_scale)
        case RayColour.UNTRUTH:
            errors = np.zeros(len(pixels)) if true is None else angle_between_deg(directions, true.rays(pixels)[1])
            errors = np.nan_to_num(errors)
            full_scale = max(float(errors.max(initial=0.0)), 1e-3)
            rgb = sequential(errors / full_scale)
        case RayColour.BOX:
            half = model_format.box if model_format else 0.0
            near, far = box_interval(origin, directions, half)
            full_scale = max(2.0 * half * float(np.sqrt(3.0)), 1e-9)
            rgb = hit_or_miss((far - near) / full_scale)
        case RayColour.WINDOW:
            share = np.full(len(pixels), np.nan)
            if ball is not None and model_format is not None:
                inside = ball_interval(origin, directions, ball.centre, ball.radius)
                share = window_share(origin, directions, model_format.depth_window, *inside)
            rgb = hit_or_miss(share)
        case _:
            vectors = (moment if wanted.colour is RayColour.MOMENT else nearest_point)(origin, directions)
            full_scale = max(float(np.abs(vectors).max(initial=0.0)), 1e-9)
            rgb = 0.5 + 0.5 * vectors / full_scale
    return Field(pixels, origin, directions, rgb, full_scale)


def _sample(texture: Texture | None, camera: Camera, pixel: Array) -> Array:
    """RGB·2 − 1 (3,) of a pixel on white, as the network is fed it; NaN without a texture."""
    if texture is None:
        return np.full(3, np.nan)
    height, width = texture.shape[:2]
    x = int(np.clip(pixel[0] / camera.width * width, 0, width - 1))
    y = int(np.clip(pixel[1] / camera.height * height, 0, height - 1))
    rgba = texture[y, x].astype(np.float64) / 255.0
    return (rgba[:3] * rgba[3] + 1.0 - rgba[3]) * 2.0 - 1.0


def picked_ray(camera: Camera, pixel: npt.ArrayLike, encoding: RayEncoding, texture: Texture | None) -> PickedRay:
    """Everything about one pixel's ray, ``camera`` posed in the display frame."""
    at = np.asarray(pixel, dtype=np.float64)
    origin, direction = camera.rays(at)
    letters = _PARTS[RayEncoding(encoding)]
    return PickedRay(
        camera=camera.name,
        pixel=(float(at[0]), float(at[1])),
        origin=origin,
        direction=direction,
        moment=moment(origin, direction),
        nearest_point=nearest_point(origin, direction),
        encoding=str(encoding),
        channels=("R", "G", "B", *(f"{letter}{axis}" for letter in letters for axis in "xyz")),
        values=np.concatenate([_sample(texture, camera, at), encode_rays(origin, direction, encoding)]),
    )
