"""Whose images are whose: orders of views from pairwise costs, so that no order needs a reconstruction of its own."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.solve.conventions.cameras import ReadCameras
from mouseview.solve.conventions.points import PointEvidence

_ALL_UP_TO = 7  # views: 5040 orders are summed in a breath
_STARTS = 40
_CAP_PX = 100.0


def pairwise_epipolar_px(cameras: ReadCameras, points: PointEvidence) -> Array:
    """(V, V, V, V) cost [i, a, j, b] of camera i having taken marks a and camera j marks b.

    Median px by which the rays of the same points miss each other across the epipolar plane.
    """
    pixels = points.pixels + cameras.correction.label_shift_px
    if pixels.shape[1] > 60:
        pixels = pixels[:, np.linspace(0, pixels.shape[1] - 1, 60).astype(int)]
    views = range(len(pixels))
    rays = np.stack(
        [cameras.directions_cam(camera, pixels) @ cameras.R[camera] for camera in views]
    )  # camera, marks, point, 3
    costs = np.zeros((len(pixels),) * 4)
    for i in views:
        for j in views:
            if i == j:
                continue
            between = cameras.centres[j] - cameras.centres[i]
            normal = np.cross(between, rays[i])
            normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-300)
            sine = np.abs(np.einsum("ank,bnk->abn", normal, rays[j]))
            miss = np.minimum(sine * cameras.focal_px[j], _CAP_PX)
            there = np.isfinite(miss)
            middle = np.nanmedian(np.where(there, miss, np.nan), axis=-1) if there.any() else np.zeros(miss.shape[:2])
            costs[i, :, j, :] = np.where(there.any(axis=-1), middle, 0.0)
    return costs


def ranked_orders(costs: Array, keep: int) -> tuple[tuple[int, ...], ...]:
    """The ``keep`` cheapest orders: which view's images each camera takes. costs as ``pairwise_epipolar_px``."""
    count = len(costs)
    if count <= _ALL_UP_TO:
        orders = np.array(list(permutations(range(count))))
    else:
        found = {_descended(costs, start) for start in _starts(costs)}
        near = {_swapped(order, i, j) for order in found for i in range(count) for j in range(i)}
        orders = np.array(sorted(found | near))
    best = np.argsort(_totals(costs, orders), kind="stable")[:keep]
    return tuple(tuple(int(view) for view in orders[index]) for index in best)


def _totals(costs: Array, orders: Array) -> Array:
    """(M,) of orders (M, V)."""
    total = np.zeros(len(orders))
    for i in range(len(costs)):
        for j in range(len(costs)):
            if i != j:
                total += costs[i, orders[:, i], j, orders[:, j]]
    return total


def _swapped(order: tuple[int, ...], i: int, j: int) -> tuple[int, ...]:
    changed = list(order)
    changed[i], changed[j] = changed[j], changed[i]
    return tuple(changed)


def _starts(costs: Array) -> list[tuple[int, ...]]:
    """The order as it is, and orders grown camera by camera from the pairs that fit best."""
    count = len(costs)
    both = costs + costs.transpose(2, 3, 0, 1)
    pairs = [
        (float(both[0, a, j, b]), a, j, b)
        for j in range(1, count)
        for a in range(count)
        for b in range(count)
        if a != b
    ]
    return [tuple(range(count)), *(_grown(both, a, j, b) for _, a, j, b in sorted(pairs)[:_STARTS])]


def _grown(both: Array, a: int, j: int, b: int) -> tuple[int, ...]:
    taken = {0: a, j: b}
    while len(taken) < len(both):
        free = [view for view in range(len(both)) if view not in taken.values()]
        best = min(
            (sum(float(both[camera, image, other, view]) for other, view in taken.items()), camera, image)
            for camera in range(len(both))
            if camera not in taken
            for image in free
        )
        taken[best[1]] = best[2]
    return tuple(taken[camera] for camera in range(len(both)))


def _descended(costs: Array, order: tuple[int, ...]) -> tuple[int, ...]:
    """The order from which no exchange of two views makes it cheaper."""
    while True:
        swaps = [_swapped(order, i, j) for i in range(len(order)) for j in range(i)]
        totals = _totals(costs, np.array([order, *swaps]))
        best = int(np.argmin(totals))
        if best == 0 or totals[best] >= totals[0] - 1e-9:
            return order
        order = swaps[best - 1]


def images_of(order: tuple[int, ...], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """An order as ``Correction.images_of``."""
    return tuple((names[camera], names[view]) for camera, view in enumerate(order) if camera != view)
