"""The search for readings: poses times optics by one kind of evidence, then orders of the views where none fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mouseview.model.correction import Correction
from mouseview.solve.conventions.candidates import optics, poses, with_pose
from mouseview.solve.conventions.evidence import Evidence
from mouseview.solve.conventions.measure import Bench, Kind, Measured
from mouseview.solve.conventions.silhouettes import pairwise_gaps
from mouseview.solve.conventions.views import images_of, pairwise_epipolar_px, ranked_orders

_FINALISTS = 6
_LIKELY_ORDERS = 24
_FITS = {Kind.LABELS: 0.004, Kind.KEYPOINTS: 0.004, Kind.SILHOUETTES: 0.002}  # of the image's longer side
_FITS_DEG = 15.0  # cameras of one rig look at one place, more or less


def broad_kind(evidence: Evidence) -> Kind:
    """What the product of readings is judged by: one kind, the one that needs no world frame first."""
    if evidence.keypoints is not None:
        return Kind.KEYPOINTS
    if evidence.labelled is not None:
        return Kind.LABELS
    return Kind.SILHOUETTES if evidence.frames else Kind.STRUCTURE


def finalists(bench: Bench, thorough: bool, views: bool, progress: Callable[[float, str], None]) -> list[Correction]:
    """The readings worth a closer look. thorough: lenses too.  views: orders too, where none explains what is seen."""
    kind = broad_kind(bench.evidence)
    product = [with_pose(one, pose) for one in optics(bench, lens=thorough) for pose in poses()]
    scores: list[tuple[float, int]] = []
    for index, correction in enumerate(product):
        found = bench.measure(kind, bench.cameras(correction), quick=True)
        scores.append((float("inf") if found is None or found.score != found.score else found.score, index))
        progress(0.4 * (index + 1) / len(product), "reading cameras in every way")
    chosen = [product[index] for _, index in sorted(scores)[:_FINALISTS]]
    best = bench.reading(chosen[0])
    if not views or kind is Kind.STRUCTURE or fits_evidence(bench, kind, best.measured.get(kind)):
        return chosen
    # images that belong to other cameras spoil the right reading as well: every pose has its best order
    orders: dict[Correction, Correction | None] = {}
    aiming = _aiming(bench, product)
    for _, index in sorted(scores):
        pose = product[index].replace(drop_lens=False)
        if pose not in orders and len(orders) < len(poses()) and pose in aiming:
            orders[pose] = next(iter(likely_orders(bench, pose, 1)), None)
    return [*chosen, *(correction for correction in orders.values() if correction is not None)]


def _aiming(bench: Bench, product: Sequence[Correction]) -> set[Correction]:
    """Readings under which the cameras could all look at one place; all readings where none has that."""
    found = {one: bench.measure(Kind.STRUCTURE, bench.cameras(one)) for one in product}
    least = min((aim.score for aim in found.values() if aim is not None), default=180.0)
    if least > _FITS_DEG:
        return set(product)
    return {one for one, aim in found.items() if aim is None or aim.score <= 3.0 * _FITS_DEG}


def likely_orders(bench: Bench, correction: Correction, keep: int) -> list[Correction]:
    """The reading with the ``keep`` likeliest orders of the views, without the one that it has.

    Pairs of views propose them, all views together judge them: rough masks leave pairs too much room.
    """
    evidence, names = bench.evidence, bench.evidence.rig.names
    cameras = bench.cameras(correction.replace(images_of=()))
    if evidence.keypoints is not None:
        costs = pairwise_epipolar_px(cameras, evidence.keypoints)
    elif evidence.frames:
        costs = np.sum([pairwise_gaps(cameras, frame) for frame in evidence.frames], axis=0)
    else:
        return []
    kind = broad_kind(evidence)
    likely: list[tuple[float, int, Correction]] = []
    for order in ranked_orders(costs, _LIKELY_ORDERS):
        found = correction.replace(images_of=images_of(order, names))
        measured = bench.measure(kind, bench.cameras(found), quick=True)
        if found != correction and measured is not None:
            likely.append((measured.score, len(likely), found))
    return [found for _, _, found in sorted(likely)[:keep]]


def fits_evidence(bench: Bench, kind: Kind, measured: Measured | None) -> bool:
    """Whether a reading leaves no more than labels, masks and the aim of cameras do."""
    if measured is None:
        return False
    if kind is Kind.STRUCTURE:
        return measured.score <= _FITS_DEG
    return measured.score <= max(2.0, _FITS[kind] * max(max(camera.size) for camera in bench.evidence.rig))
