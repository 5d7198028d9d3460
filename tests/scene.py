"""An analytic subject: a textured ellipsoid, ray-cast through any camera. Shares no code with the warp it judges."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mouseview.model.camera import Camera, Rig
from mouseview.model.sample import ImageSource, Sample
from tests.rigs import SUBJECT_MM


@dataclass(frozen=True)
class Ellipsoid:
    """Half axes and centre in world units; the texture's waves have ``wavelength`` in the same."""

    centre: npt.NDArray[np.float64] = field(default_factory=lambda: SUBJECT_MM.copy())
    axes: tuple[float, float, float] = (34.0, 16.0, 13.0)
    wavelength: float = 4.0

    def shade(self, origin: npt.ArrayLike, directions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """origin (3,), directions (..., 3) → straight RGBA (..., 4), alpha 0 or 1."""
        scale = 1 / np.array(self.axes)
        o, d = (np.asarray(origin) - self.centre) * scale, directions * scale
        a, b, c = np.sum(d * d, -1), np.sum(o * d, -1), float(o @ o) - 1
        disc = b * b - a * c
        hit = disc > 0
        t = (-b - np.sqrt(np.where(hit, disc, 0))) / a
        local = (np.asarray(origin) - self.centre) + t[..., None] * directions
        k = 2 * np.pi / self.wavelength
        x, y, z = local[..., 0] * k, local[..., 1] * k, local[..., 2] * k
        out = np.zeros((*hit.shape, 4))
        out[..., 0] = 0.45 + 0.2 * np.sin(x) * np.cos(0.8 * y) + 0.1 * np.sin(0.35 * z + 1)
        out[..., 1] = 0.35 + 0.2 * np.cos(0.9 * x + 0.5 * z) + 0.1 * np.sin(0.3 * x)
        out[..., 2] = 0.30 + 0.2 * np.sin(0.7 * z - 0.6 * y)
        out[..., 3] = 1.0
        return np.where(hit[..., None], out, 0.0)

    def bounds(self, camera: Camera, margin: float = 3.0) -> tuple[int, int, int, int]:
        """x0, y0, x1, y1 of the pixels that may see it."""
        corners = np.stack(np.meshgrid(*[[-1, 1]] * 3), -1).reshape(-1, 3) * np.array(self.axes) + self.centre
        px = camera.project(corners)[0]
        x0, y0 = np.floor(np.nanmin(px, 0) - margin).astype(int)
        x1, y1 = np.ceil(np.nanmax(px, 0) + margin).astype(int)
        return max(x0, 0), max(y0, 0), min(x1, camera.width), min(y1, camera.height)

    def render(self, camera: Camera, supersample: int) -> npt.NDArray[np.float64]:
        """(H, W, 4) premultiplied: every pixel the mean of its own area."""
        out = np.zeros((camera.height, camera.width, 4))
        x0, y0, x1, y1 = self.bounds(camera)
        if x1 <= x0 or y1 <= y0:
            return out
        n = supersample
        us = x0 + (np.arange((x1 - x0) * n) + 0.5) / n
        vs = y0 + (np.arange((y1 - y0) * n) + 0.5) / n
        origin, directions = camera.rays(np.stack(np.meshgrid(us, vs), -1))
        straight = self.shade(origin, np.nan_to_num(directions))
        straight[..., :3] *= straight[..., 3:]
        out[y0:y1, x0:x1] = straight.reshape(y1 - y0, n, x1 - x0, n, 4).mean((1, 3))
        return out


def photograph(
    scene: Ellipsoid,
    camera: Camera,
    supersample: int = 3,
    dtype: type = np.uint8,
    behind: tuple[float, ...] = (0.9, 0.1, 0.6),
) -> npt.NDArray[np.uint8]:
    """(H, W, 4) straight alpha as a file holds it; under alpha 0 lies the colour ``behind``."""
    premultiplied = scene.render(camera, supersample)
    alpha = premultiplied[..., 3:]
    colour = np.where(alpha > 0, premultiplied[..., :3] / np.where(alpha > 0, alpha, 1), np.array(behind))
    top = np.iinfo(dtype).max
    return np.rint(np.concatenate([colour, alpha], -1) * top).astype(dtype)


def sample_of(images: list[npt.NDArray], rig: Rig, name: str = "sample", has_mask: bool = True) -> Sample:
    sources = tuple(ImageSource(None, lambda image=image: image, has_mask=has_mask) for image in images)
    return Sample(name, rig, sources)


def photographed(rig: Rig, scene: Ellipsoid | None = None, supersample: int = 2, dtype: type = np.uint8) -> Sample:
    """A sample of the ellipsoid seen by every camera of the rig."""
    subject = scene or Ellipsoid()
    return sample_of([photograph(subject, camera, supersample, dtype) for camera in rig], rig)
