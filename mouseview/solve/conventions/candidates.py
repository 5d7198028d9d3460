"""Which readings are tried: a broad product of poses and optics, then every single change of the best one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from mouseview.model.correction import Correction
from mouseview.solve.conventions.measure import Bench
from mouseview.solve.conventions.structure import frame_sizes, impossible

SHIFTS_PX = (-1.0, -0.5, 0.5, 1.0)
_SWITCHES = ("transpose_K", "transpose_R", "camera_to_world", "opengl_axes", "drop_lens")
_TURNED = {
    "transpose_K": ("K transposed", "K not transposed"),
    "transpose_R": ("R transposed", "R not transposed"),
    "camera_to_world": ("poses from camera to world", "poses from world to camera"),
    "opengl_axes": ("OpenGL axes", "OpenCV axes"),
    "drop_lens": ("images undistorted already", "lens still in the images"),
}


def poses() -> tuple[Correction, ...]:
    """All eight ways to read R and t; the one as it is first."""
    ways = product((False, True), repeat=3)
    return tuple(Correction(transpose_R=a, camera_to_world=b, opengl_axes=c) for a, b, c in ways)


def optics(bench: Bench, lens: bool = True) -> tuple[Correction, ...]:
    """Ways to read K, sizes and lens that could be a camera's; the most usual first.

    K's zero pattern tells K from Kᵀ, and sizes are tried only where principal points make them plausible: both are
    settled by structure, so that the product with poses stays small.
    """
    rig = bench.evidence.rig
    upright = [Correction(transpose_K=transposed) for transposed in (False, True)]
    possible = [one for one in upright if not impossible(bench.cameras(one))] or upright[:1]
    lenses = (False, True) if lens and has_lens(bench) else (False,)
    return tuple(
        one.replace(size=sizes.size, K_size=sizes.K_size, drop_lens=dropped)
        for one in possible
        for sizes in frame_sizes(rig, one, bench.evidence.image_sizes)
        for dropped in lenses
    )


def has_lens(bench: Bench) -> bool:
    return any(not camera.is_pinhole and np.any(camera.distortion) for camera in bench.evidence.rig)


def with_pose(one: Correction, pose: Correction) -> Correction:
    return one.replace(transpose_R=pose.transpose_R, camera_to_world=pose.camera_to_world, opengl_axes=pose.opengl_axes)


def single_changes(bench: Bench, best: Correction) -> Iterator[Correction]:
    """Every reading that differs from ``best`` in one thing; orders of the views are found apart."""
    for switch in _SWITCHES:
        if switch != "drop_lens" or has_lens(bench):
            yield best.replace(**{switch: not getattr(best, switch)})
    for shift in SHIFTS_PX:
        yield best.replace(pixel_shift_px=best.pixel_shift_px + shift)
    for sizes in frame_sizes(bench.evidence.rig, Correction(transpose_K=best.transpose_K), bench.evidence.image_sizes):
        if (sizes.size, sizes.K_size) != (best.size, best.K_size):
            yield best.replace(size=sizes.size, K_size=sizes.K_size)


def difference(best: Correction, other: Correction) -> str:
    """In words, what ``other`` says against ``best``."""
    parts = [
        on if getattr(other, switch) else off
        for switch, (on, off) in _TURNED.items()
        if getattr(other, switch) != getattr(best, switch)
    ]
    if other.K_size != best.K_size:
        parts.append("K is of {}×{} px frames".format(*other.K_size) if other.K_size else "K is of the images")
    if other.size != best.size:
        parts.append("images of {}×{} px".format(*other.size) if other.size else "images as large as the file says")
    shift = (other.pixel_shift_px - other.label_shift_px) - (best.pixel_shift_px - best.label_shift_px)
    if shift:
        parts.append(f"principal point {shift:+g} px")
    if other.images_of != best.images_of:
        parts.append(order_words(other))
    if (other.scale, other.units) != (best.scale, best.units):
        parts.append(f"lengths ×{other.scale / best.scale:g}")
    return ", ".join(parts)


def order_words(correction: Correction) -> str:
    """Whose images are whose: one exchange by name, more by their number."""
    pairs = correction.images_of
    if not pairs:
        return "images in the file's order"
    if len(pairs) == 2:
        return f"images of {pairs[0][0]} and {pairs[1][0]} exchanged"
    camera, theirs = pairs[0]
    return f"images of {len(pairs)} cameras in another order ({theirs} shows {camera}, …)"
