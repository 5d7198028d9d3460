"""Two calibrations of the same cameras: what differs after the best similarity, per camera, in px where it matters.

Displacements are measured at points of the working volume: a point's pixel in the second calibration minus its pixel
in the first. They are split by exchanging one part at a time: the pose, K, the lens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mouseview.geometry.rotations import rotation_vector
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.multiview.alignment import Alignment, align
from mouseview.multiview.difference_notes import difference_notes
from mouseview.multiview.matching import MatchedBy, Matching, match_cameras, match_poses
from mouseview.multiview.working_volume import WorkingVolume, working_volume

INTRINSICS = ("fx", "fy", "cx", "cy", "skew")
_FIELD_CELLS = 13  # arrows along the longer side of an image
_ROTATION_TOLERANCE = 1e-3
_INVISIBLE_PX = 1e-4


@dataclass(frozen=True)
class Displacement:
    """Of points that the first camera has in its image, in px of that image. count: of those points.

    lost: how many of them the second camera cannot see at all. NaN where no point can be compared.
    """

    mean: float
    rms: float
    maximum: float
    count: int
    lost: int


@dataclass(frozen=True, eq=False)
class CameraDifference:
    """One camera in both calibrations; the second one aligned to the first's frame and image size.

    move (3,): of the centre in the first camera's axes (right, down, forward), in the first rig's units.
    turn_deg (3,): rotation vector about the same axes: tilt, pan, roll.  change: second minus first of each of
    ``INTRINSICS``, px.  effect_px: RMS displacement of each alone, and of the lens.  total, pose, intrinsics, lens:
    displacement of all, and of one part alone.  field_px, arrows_px (N, 2): where on the first image arrows begin, and
    the displacement there of points at the volume's centre's depth; NaN where there is none.  field_parts: the same
    arrows by ``pose``, ``intrinsics`` and ``lens`` alone.  field_inside (N,): which begin in the working volume.
    fits: whether the rigs' similarity was fitted to it.
    """

    name: str
    other_name: str
    first: Camera
    second: Camera
    move: Array
    turn_deg: Array
    change: dict[str, float]
    effect_px: dict[str, float]
    total: Displacement
    pose: Displacement
    intrinsics: Displacement
    lens: Displacement
    field_px: Array
    arrows_px: Array
    field_parts: dict[str, Array]
    field_inside: npt.NDArray[np.bool_]
    fits: bool

    @property
    def moved(self) -> float:
        """Length of ``move``."""
        return float(np.linalg.norm(self.move))

    @property
    def turned_deg(self) -> float:
        return float(np.linalg.norm(self.turn_deg))


@dataclass(frozen=True, eq=False)
class RigDifference:
    """notes: what was assumed or found, one sentence each.  left_out: cameras that could not be compared, and why."""

    cameras: tuple[CameraDifference, ...]
    alignment: Alignment
    matching: Matching
    volume: WorkingVolume
    units: str
    second_aligned: Rig
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    @property
    def largest_px(self) -> float:
        """The largest displacement of any camera; NaN where none could be measured."""
        values = [camera.total.maximum for camera in self.cameras if np.isfinite(camera.total.maximum)]
        return max(values) if values else np.nan

    def equal_within(self, tolerance_px: float) -> bool:
        """Every camera of both rigs was compared, sees what it saw, and displaces nothing by more."""
        compared = all(np.isfinite(camera.total.maximum) and not camera.total.lost for camera in self.cameras)
        return bool(compared and not self.left_out and self.cameras and self.largest_px <= tolerance_px)


class NothingToCompare(ValueError):
    """No camera of the one rig could be found in the other, or none can be a camera."""


def compare_rigs(
    first: Rig, second: Rig, about: npt.ArrayLike | None = None, radius: float | None = None
) -> RigDifference:
    """``about`` (3,) and ``radius``: the working volume in the first rig's frame and units, else found by itself.

    Raises ``NothingToCompare`` when no two cameras belong together.
    """
    usable_a, left_a = _usable(first, "first")
    usable_b, left_b = _usable(second, "second")
    if not len(usable_a) or not len(usable_b):
        raise NothingToCompare("; ".join((*left_a, *left_b)) or "there are no cameras")
    matching = match_cameras(usable_a.names, usable_b.names, _poses(usable_a), _poses(usable_b))
    if not matching.pairs:
        raise NothingToCompare("neither names, nor order, nor poses say which camera is which")
    pairs = matching.pairs
    rig_a = usable_a.replace(cameras=tuple(usable_a[i] for i, _ in pairs))
    rig_b = usable_b.replace(cameras=tuple(usable_b[j] for _, j in pairs))
    alignment = align(_poses(rig_a), _poses(rig_b))
    aligned = rig_b.moved(alignment.similarity, first.units)
    volume = working_volume(rig_a, about, radius)
    points = volume.points()
    cameras = tuple(
        _compare(a, b, volume, points, bool(fits)) for a, b, fits in zip(rig_a, aligned, alignment.agrees, strict=True)
    )
    return RigDifference(
        cameras,
        alignment,
        matching,
        volume,
        first.units,
        aligned,
        difference_notes(rig_a, rig_b, alignment, matching, _exchanged(usable_a, usable_b, matching, alignment)),
        (*left_a, *left_b, *_unmatched(usable_a, usable_b, matching)),
    )


def _usable(rig: Rig, which: str) -> tuple[Rig, tuple[str, ...]]:
    """Cameras with a finite pose, a rotation (mirrored or not) and a K that projects; why the others do not count."""
    kept, refused = [], []
    for camera in rig:
        R = camera.T_cam_world[:3, :3]
        if not np.all(np.isfinite(camera.T_cam_world)):
            reason = "its pose is not finite"
        elif np.abs(R @ R.T - np.eye(3)).max() > _ROTATION_TOLERANCE:
            reason = "its R is no rotation"
        elif not np.all(np.isfinite(camera.K)) or min(camera.fx, camera.fy, camera.width, camera.height) <= 0:
            reason = "its intrinsics are impossible"
        elif not np.all(np.isfinite(camera.distortion)):
            reason = "its lens is not finite"
        else:
            kept.append(camera)
            continue
        refused.append(f"{camera.name} of the {which} rig: {reason}")
    return rig.replace(cameras=tuple(kept)), tuple(refused)


def _poses(rig: Rig) -> Rigid:
    return Rigid.from_matrix(np.array([camera.T_cam_world for camera in rig]))


def _unmatched(a: Rig, b: Rig, matching: Matching) -> tuple[str, ...]:
    in_a, in_b = {i for i, _ in matching.pairs}, {j for _, j in matching.pairs}
    lone = [(name, "first") for i, name in enumerate(a.names) if i not in in_a]
    lone += [(name, "second") for j, name in enumerate(b.names) if j not in in_b]
    return tuple(f"{name} of the {which} rig: it has no counterpart" for name, which in lone)


def _exchanged(a: Rig, b: Rig, matching: Matching, alignment: Alignment) -> tuple[tuple[str, str], ...]:
    """(first, second) names of cameras that stand in one place but were matched otherwise; where that explains more."""
    if not alignment.odd or matching.by is MatchedBy.POSE:
        return ()
    other = match_poses(_poses(a), _poses(b))
    if other.ambiguous or len(other.pairs) <= np.count_nonzero(alignment.agrees):
        return ()
    return tuple((a.names[i], b.names[j]) for i, j in other.pairs if (i, j) not in matching.pairs)


def _same_image(a: Camera, b: Camera) -> Camera:
    """``b`` as the camera of the same picture at ``a``'s size."""
    return b if a.size == b.size else b.resized(a.width, a.height)


def _compare(a: Camera, b_aligned: Camera, volume: WorkingVolume, points: Array, fits: bool) -> CameraDifference:
    b = _same_image(a, b_aligned)
    parts = {
        "pose": a.replace(T_cam_world=b.T_cam_world),
        "intrinsics": a.replace(K=b.K),
        "lens": a.replace(distortion=b.distortion, lens=b.lens),
    }
    start, seen = a.project(points)
    seen = seen & _inside(a, start)
    origins = _lattice(a)
    ends = _at_depth(a, origins, volume.centre)
    change = {name: float(getattr(b, name) - getattr(a, name)) for name in INTRINSICS}
    effect = {name: _displacement(a, _with_intrinsic(a, b, name), points, start, seen).rms for name in INTRINSICS}
    measured = {name: _displacement(a, camera, points, start, seen) for name, camera in parts.items()}
    effect["lens"] = measured["lens"].rms
    R = a.T_cam_world[:3, :3]
    return CameraDifference(
        name=a.name,
        other_name=b.name,
        first=a,
        second=b,
        move=R @ (b.centre - a.centre),
        # what has to be turned, about the first camera's axes, to get from the first camera to the second
        turn_deg=np.degrees(rotation_vector(R @ b.T_cam_world[:3, :3].T)),
        change=change,
        effect_px=effect,
        total=_displacement(a, b, points, start, seen),
        pose=measured["pose"],
        intrinsics=measured["intrinsics"],
        lens=measured["lens"],
        field_px=origins,
        arrows_px=_arrows(b, ends, origins),
        field_parts={name: _arrows(camera, ends, origins) for name, camera in parts.items()},
        field_inside=np.linalg.norm(ends - volume.centre, axis=-1) <= volume.radius,
        fits=fits,
    )


def magnification(difference: RigDifference, part: str = "total") -> float:
    """What to multiply all arrows with so that long ones reach about to the next: 1, 2 or 5 times a power of ten.

    part: ``total``, ``pose``, ``intrinsics`` or ``lens``. 0 where there is nothing to be seen.
    """
    long, step = 0.0, np.inf
    for camera in difference.cameras:
        arrows = camera.arrows_px if part == "total" else camera.field_parts[part]
        lengths = np.linalg.norm(arrows[np.all(np.isfinite(arrows), axis=-1)], axis=-1)
        long = max(long, float(np.quantile(lengths, 0.9)) if lengths.size else 0.0)
        step = min(step, max(camera.first.size) / _FIELD_CELLS)
    if long < _INVISIBLE_PX:
        return 0.0
    wanted = 1.2 * step / long
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(max(digit * power for digit in (1, 2, 5) if digit * power <= wanted * (1 + 1e-9)))


def _inside(camera: Camera, pixels: Array) -> npt.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.all((pixels >= 0) & (pixels <= camera.size), axis=-1))


def _with_intrinsic(a: Camera, b: Camera, name: str) -> Camera:
    row, column = {"fx": (0, 0), "fy": (1, 1), "cx": (0, 2), "cy": (1, 2), "skew": (0, 1)}[name]
    K = np.array(a.K)
    K[row, column] = b.K[row, column]
    return a.replace(K=K)


def _displacement(a: Camera, b: Camera, points: Array, start: Array, seen: npt.NDArray[np.bool_]) -> Displacement:
    """Of the points (N, 3) whose pixels (N, 2) in ``a`` are ``start``."""
    end, valid = b.project(points)
    both = seen & valid
    lengths = np.linalg.norm(end[both] - start[both], axis=-1)
    lost = int(np.count_nonzero(seen & ~valid))
    if not lengths.size:
        return Displacement(np.nan, np.nan, np.nan, 0, lost)
    rms = float(np.sqrt(np.mean(lengths**2)))
    return Displacement(float(lengths.mean()), rms, float(lengths.max()), int(lengths.size), lost)


def _lattice(camera: Camera) -> Array:
    """(N, 2): where arrows begin, regularly over the image."""
    step = max(camera.size) / _FIELD_CELLS
    columns, rows = (max(2, round(side / step)) for side in camera.size)
    x = (np.arange(columns) + 0.5) * camera.width / columns
    y = (np.arange(rows) + 0.5) * camera.height / rows
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _at_depth(camera: Camera, pixels: Array, centre: Array) -> Array:
    """World points (N, 3) behind pixels (N, 2), as far from the camera as ``centre`` is."""
    origin, directions = camera.rays(pixels)
    return origin + float(np.linalg.norm(centre - origin)) * directions


def _arrows(camera: Camera, ends: Array, origins: Array) -> Array:
    pixels, valid = camera.project(ends)
    return np.where(valid[:, None], pixels - origins, np.nan)
