"""How far the ray channels of a rig lie from those of the rigs a model knows: histograms, and one distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.rays import RayEncoding, encode_rays
from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Camera, Rig
from mouseview.model.model_format import ModelFormat
from mouseview.normalise.encoding_maps import spread_pixels

PER_SIDE = 16  # pixels per axis of every view that are compared
_TURNS = 12  # about up, of the anchor
_PARTS = {
    RayEncoding.NEAREST: ("d", "p"),
    RayEncoding.PLUCKER: ("m", "d"),
    RayEncoding.AUG: ("m", "d", "p"),
}


def channel_names(encoding: RayEncoding) -> tuple[str, ...]:
    """Of the ray channels, in the order in which the network takes them."""
    return tuple(f"{part}{axis}" for part in _PARTS[RayEncoding(encoding)] for axis in "xyz")


def encoding_values(cameras: Sequence[Camera], encoding: RayEncoding, per_side: int = PER_SIDE) -> Array:
    """(N, C): the ray channels of pixels spread over every camera's image; those that no ray reaches are left out."""
    parts = []
    for camera in cameras:
        origin, directions = camera.rays(spread_pixels(*camera.size, per_side).reshape(-1, 2))
        parts.append(encode_rays(origin, directions, encoding))
    values = np.concatenate(parts)
    return values[np.all(np.isfinite(values), axis=-1)]


def wasserstein_1(a: Array, b: Array) -> float:
    """Between two samples (N,) and (M,) of one quantity: the area between their cumulative distributions.

    It is the mean way that values have to be moved to turn one sample into the other, in the quantity's own unit.
    """
    first, second = np.sort(a), np.sort(b)
    steps = np.sort(np.concatenate([first, second]))
    below_first = np.searchsorted(first, steps[:-1], side="right") / len(first)
    below_second = np.searchsorted(second, steps[:-1], side="right") / len(second)
    return float(np.sum(np.abs(below_first - below_second) * np.diff(steps)))


def channel_units(reference: Array) -> Array:
    """(C,): the spread of the reference's channels, one number for the three axes of each part.

    One for all three, so that turning a rig changes no unit.
    """
    parts = reference.std(axis=0).reshape(-1, 3)
    return np.repeat(np.sqrt(np.mean(parts**2, axis=-1)), 3)


def channel_distances(values: Array, reference: Array, units: Array) -> Array:
    """(C,): Wasserstein-1 distance of every channel, in units of the reference's spread. Its mean is the one number."""
    gaps = [wasserstein_1(values[:, c], reference[:, c]) for c in range(reference.shape[1])]
    return np.array(gaps) / units


def encoding_distance(values: Array, reference: Array, units: Array) -> float:
    """The mean of ``channel_distances``: 0 for the same channels, 1 for all of them one spread off."""
    return float(channel_distances(values, reference, units).mean())


def turned_about_up(rig: Rig, model_format: ModelFormat, angle_rad: float) -> Rig:
    """A rig turned about the format's up axis: an equally good choice of axes."""
    x, y, z = model_format.up
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    R = np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return rig.moved(Similarity(np.array(1.0), R, np.zeros(3)), "model")


@dataclass(frozen=True, eq=False)
class Reference:
    """A reference rig's channels (N, C) with their units (C,), and what they score themselves.

    turned: the largest distance that a mere turn about up makes, the noise of the scale.
    """

    name: str
    encoding: RayEncoding
    values: Array
    units: Array
    turned: float

    def distance(self, values: Array) -> float:
        return encoding_distance(values, self.values, self.units)


def reference_channels(model_format: ModelFormat, name: str) -> Reference:
    """The channels of one of the format's reference rigs."""
    rig, encoding = model_format.reference(name), model_format.encoding
    values = encoding_values(list(rig), encoding)
    units = channel_units(values)
    turns = [
        encoding_values(list(turned_about_up(rig, model_format, 2 * np.pi * step / _TURNS)), encoding)
        for step in range(1, _TURNS)
    ]
    return Reference(name, encoding, values, units, max(encoding_distance(other, values, units) for other in turns))


def in_other_units(model_format: ModelFormat, name: str, distance: float) -> float:
    """What the reference rig itself would score, declared in units in which its cameras stand ``distance`` away."""
    rig, encoding = model_format.reference(name), model_format.encoding
    values = encoding_values(list(rig), encoding)
    grown = rig.moved(Similarity.about(np.zeros(3), distance / model_format.distance), "unknown")
    return encoding_distance(encoding_values(list(grown), encoding), values, channel_units(values))


def histogram_shares(values: Array, edges: Array) -> tuple[Array, float]:
    """Shares (bins,) of a channel (N,) in each bin, and the share that lies outside of all."""
    counts, _ = np.histogram(values, edges)
    return counts / len(values), float(1.0 - counts.sum() / len(values))
