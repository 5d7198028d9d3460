"""Shapes in the display frame: blended cameras, frusta, image meshes, boxes, ground, bounds. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mouseview.app.scene3d.state import Ball, SceneState
from mouseview.geometry.lenses import Mask
from mouseview.geometry.rays import to_pixels
from mouseview.geometry.transforms import Array, Rigid, Similarity, part_of_rotation
from mouseview.model.camera import Camera, Rig

CELLS = 16  # cells along each side of an image mesh: enough for the curvature of a real lens
_HALVINGS = 24  # to the edge of what a lens shows, well below a pixel
_FLATTEST = 0.3  # cosine from which an ultra-wide image bends round instead of running to infinity
BOX_EDGES = np.array([(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit])


@dataclass(frozen=True, eq=False)
class ShownCamera:
    """One camera as it is drawn, in the display frame.

    pose: ``T_display_cam``.  directions (n+1, n+1, 3): unit, camera's frame, over the image from its top left to its
    bottom right corner, as far as the lens has rays.  uv_before, uv_after (n+1, n+1, 2): where in the two images
    (0..1) those rays lie, NaN where in none.  camera: the one that picks speak of, posed in the display frame.
    shows_after: whether ``camera`` is the one of ``after``.  index_before, index_after: places in the two rigs, None
    where it has none.  presence: 0..1, fades one-sided ones.
    """

    name: str
    camera: Camera
    pose: Rigid
    directions: Array
    uv_before: Array
    uv_after: Array
    shows_after: bool
    index_before: int | None
    index_after: int | None
    presence: float

    @property
    def centre(self) -> Array:
        return self.pose.t

    @property
    def uv(self) -> Array:
        """(n+1, n+1, 2): where in ``camera``'s own image each vertex lies, 0..1; NaN outside."""
        return self.uv_after if self.shows_after else self.uv_before

    def surface(self, depth: float) -> Array:
        """(n+1, n+1, 3): the image in the display frame, ``depth`` in front of the centre along the optical axis."""
        z = np.maximum(self.directions[..., 2:], _FLATTEST)
        return self.pose.apply(self.directions / z * depth)

    def outline(self, depth: float) -> Array:
        """(4 n, 3): the border of the image, clockwise from the top left corner, not closed."""
        s = self.surface(depth)
        return np.concatenate([s[0, :-1], s[:-1, -1], s[-1, :0:-1], s[:0:-1, 0]])

    def corners(self, depth: float) -> Array:
        """(4, 3): top left, top right, bottom right, bottom left."""
        s = self.surface(depth)
        return np.stack([s[0, 0], s[0, -1], s[-1, -1], s[-1, 0]])

    def axis(self, length: float) -> Array:
        """(2, 3): the optical axis."""
        return np.stack([self.centre, self.pose.apply([0.0, 0.0, length])])

    def up_mark(self, depth: float) -> Array:
        """(3, 3): a small triangle on the top edge: which way is up in the image."""
        top = self.surface(depth)[0]
        left, right = top[0], top[-1]
        middle = top[len(top) // 2]
        size = 0.12 * np.linalg.norm(right - left)
        along = (right - left) / max(float(np.linalg.norm(right - left)), 1e-12)
        return np.stack([middle - along * size, middle - self.pose.rotate([0, 1.0, 0]) * size, middle + along * size])


def is_drawable(camera: Camera) -> bool:
    """A camera that declares NaN or no focal length has no place in a scene; a check names it."""
    finite = np.all(np.isfinite(camera.K)) and np.all(np.isfinite(camera.T_cam_world))
    return bool(finite and camera.fx != 0 and camera.fy != 0 and camera.width > 0 and camera.height > 0)


@lru_cache(maxsize=512)
def image_directions(camera: Camera, cells: int = CELLS) -> Array:
    """(cells+1, cells+1, 3) unit directions in the camera's frame from the image's outer corner to the opposite one.

    Pixels that no ray reaches give the last ray on their way from the principal point: the image ends there in a
    smooth curve. NaN where there is none at all.
    """
    x, y = np.meshgrid(np.linspace(0, camera.width, cells + 1), np.linspace(0, camera.height, cells + 1))
    pixels = np.stack([x, y], axis=-1)
    directions, reached = camera.unproject(pixels)
    if not reached.all():
        middle, beyond = camera.K[:2, 2], pixels[~reached]
        near, far = np.zeros((len(beyond), 1)), np.ones((len(beyond), 1))
        for _ in range(_HALVINGS):
            half = (near + far) / 2
            there = camera.unproject(middle + half * (beyond - middle))[1][:, None]
            near, far = np.where(there, half, near), np.where(there, far, half)
        directions[~reached] = camera.unproject(middle + near * (beyond - middle))[0]
    directions.setflags(write=False)
    return directions


def _image_uv(camera: Camera, directions_cam: Array) -> Array:
    """Where rays (..., 3) of the camera's frame meet its image, as a share (..., 2) of its size; NaN where nowhere."""
    plane, valid = camera.optics.project(directions_cam)
    uv = to_pixels(camera.K, plane) / np.array([camera.width, camera.height])
    return np.where(valid[..., None], uv, np.nan)


def display_similarity(state: SceneState) -> Similarity:
    """From the frame of ``before`` to the display frame.

    Without a similarity (per-view scaling has none) the two rigs are only brought to the same mean distance from
    the origin, so that both can be seen; a lone raw rig stays as it is.
    """
    if state.similarity is not None:
        return state.similarity
    return _equal_size(state.before, state.after)


# one object per pair of rigs, so that what is derived from it can be kept
@lru_cache(maxsize=8)
def _equal_size(before: Rig | None, after: Rig | None) -> Similarity:
    if before is None or after is None:
        return Similarity.identity()
    return Similarity.about(np.zeros(3), _mean_distance(after) / _mean_distance(before))


@lru_cache(maxsize=8)
def _displayed(rig: Rig, similarity: Similarity) -> Rig:
    return rig.moved(similarity, "display")


def _mean_distance(rig: Rig) -> float:
    lengths = [float(np.linalg.norm(camera.centre)) for camera in rig if is_drawable(camera)]
    return float(np.mean(lengths)) or 1.0 if lengths else 1.0


def _blended(before: Camera, after: Camera, blend: float, cells: int) -> tuple[Rigid, Array]:
    """Pose (``T_display_cam``) and directions between two cameras; exactly theirs at both ends."""
    start, end = before.pose.inverse(), after.pose.inverse()
    if blend in (0.0, 1.0):
        chosen = after if blend else before
        return chosen.pose.inverse(), image_directions(chosen, cells)
    turned = start.R @ part_of_rotation(start.R.T @ end.R, blend)
    pose = Rigid(turned, (1 - blend) * start.t + blend * end.t)
    mixed = (1 - blend) * image_directions(before, cells) + blend * image_directions(after, cells)
    return pose, mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)


def shown_cameras(state: SceneState) -> tuple[ShownCamera, ...]:
    """All drawable cameras of both rigs at ``state.blend``, matched by name, in the order of ``before``.

    One that is only in ``before`` (a held-out view) stays, moved by the similarity; without one it fades out.
    """
    similarity = display_similarity(state)
    before = {} if state.before is None else _by_name(_displayed(state.before, similarity))
    after = {} if state.after is None else _by_name(state.after)
    cells = CELLS if len(before.keys() | after.keys()) <= 48 else CELLS // 2
    blend = state.blend if before and after else float(not before)
    shown = []
    for name, (index, camera) in before.items():
        if name in after:
            index_after, last = after[name]
            shown.append(_shown(camera, last, blend, cells, index, index_after, 1.0))
        else:
            shown.append(_shown(camera, camera, 0.0, cells, index, None, 1.0 if state.similarity else 1.0 - blend))
    for name, (index, camera) in after.items():
        if name not in before:
            shown.append(_shown(camera, camera, 1.0, cells, None, index, blend))
    return tuple(camera for camera in shown if camera.presence > 0)


def _shown(
    before: Camera,
    after: Camera,
    blend: float,
    cells: int,
    index_before: int | None,
    index_after: int | None,
    presence: float,
) -> ShownCamera:
    pose, directions = _blended(before, after, blend, cells)
    display = pose.rotate(directions)
    return ShownCamera(
        name=before.name,
        camera=after if blend >= 0.5 else before,
        pose=pose,
        directions=directions,
        uv_before=_image_uv(before, before.pose.rotate(display)),
        uv_after=_image_uv(after, after.pose.rotate(display)),
        shows_after=blend >= 0.5,
        index_before=index_before,
        index_after=index_after,
        presence=presence,
    )


def ghost_cameras(rig: Rig) -> tuple[ShownCamera, ...]:
    """A reference rig in the display frame, outlines only (2 cells a side)."""
    return tuple(_shown(camera, camera, 0.0, 2, None, None, 1.0) for camera in rig)


def compared_cameras(state: SceneState) -> tuple[ShownCamera, ...]:
    """The other calibration in the display frame, outlines only."""
    if state.compared is None:
        return ()
    rig = _displayed(state.compared, display_similarity(state))
    return tuple(_shown(camera, camera, 0.0, 2, None, None, 1.0) for camera in rig if is_drawable(camera))


def _by_name(rig: Rig) -> dict[str, tuple[int, Camera]]:
    return {camera.name: (index, camera) for index, camera in enumerate(rig) if is_drawable(camera)}


def display_point(state: SceneState, point: npt.ArrayLike) -> Array:
    """A point (..., 3) of the file's frame in the display frame."""
    return display_similarity(state).apply(point) if state.before is not None else np.asarray(point, dtype=np.float64)


def display_ball(state: SceneState) -> Ball | None:
    """The subject's ball in the display frame."""
    if state.ball is None or not np.all(np.isfinite(state.ball.centre)):
        return None
    scale = float(display_similarity(state).scale) if state.before is not None else 1.0
    return Ball(display_point(state, state.ball.centre), state.ball.radius * scale)


def scene_pivot(state: SceneState) -> Array:
    """(3,): what everything turns about: the subject, else where the axes meet, else the model's origin."""
    for point in (state.subject_centre, state.meeting_point):
        if point is not None and np.all(np.isfinite(point)):
            return display_point(state, point)
    if state.similarity is not None or state.after is not None or state.before is None:
        return np.zeros(3)
    centres = [camera.centre for camera in state.before if is_drawable(camera)]
    return np.mean(centres, axis=0) if centres else np.zeros(3)


def frustum_depth(cameras: Iterable[ShownCamera], pivot: Array) -> float:
    """How far before each camera its image is drawn: large enough to be seen, too small to run into a neighbour."""
    shown = tuple(cameras)
    if not shown:
        return 0.5
    centres = np.array([camera.centre for camera in shown])
    distance = float(np.median(np.linalg.norm(centres - pivot, axis=-1)))
    if len(shown) == 1:
        return 0.32 * distance or 0.5
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    nearest = float(np.median(gaps.min(axis=1)))
    return max(min(0.32 * distance, 0.75 * nearest), 1e-3 * distance, 1e-9)


def mesh_triangles(surface: Array) -> npt.NDArray[np.uint32]:
    """(T, 3) indices into the flattened (m, n, 3) surface; triangles with a NaN corner are left out."""
    rows, columns = surface.shape[:2]
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangles = np.concatenate([np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)])
    finite = np.all(np.isfinite(surface.reshape(-1, 3)), axis=-1)
    return triangles[np.all(finite[triangles], axis=-1)]


def box_corners(half: float) -> Array:
    """(8, 3): the cube about the origin; bit 0 of the index is +x, bit 1 +y, bit 2 +z."""
    bits = np.arange(8)[:, None] >> np.arange(3)[None] & 1
    return np.asarray(half * (2.0 * bits - 1.0), dtype=np.float64)


def depth_window(shown: ShownCamera, half: float) -> tuple[Array, Array]:
    """Near and far surfaces (n+1, n+1, 3): ± half along each ray about its point nearest the display origin."""
    directions = shown.pose.rotate(shown.directions)
    along = -np.einsum("...i,i->...", directions, shown.centre)[..., None]
    near, far = np.maximum(along - half, 0.0), np.maximum(along + half, 0.0)
    return shown.centre + near * directions, shown.centre + far * directions


def nice_step(extent: float, lines: int = 14) -> float:
    """1, 2 or 5 times a power of ten, so that ``extent`` holds at most ``lines`` steps."""
    raw = max(extent, 1e-12) / lines
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9)))


@dataclass(frozen=True)
class Ground:
    """A square grid in z = height: half side and step in display units, centred at ``centre`` (x, y)."""

    height: float
    half: float
    step: float
    centre: tuple[float, float]


def ground(state: SceneState, cameras: Iterable[ShownCamera]) -> Ground:
    """Under the subject box in the model's frame; z = 0 in a raw one."""
    pivot = scene_pivot(state)
    reach = max([float(np.linalg.norm(camera.centre[:2] - pivot[:2])) for camera in cameras] or [2.0])
    in_model = state.similarity is not None or state.after is not None or state.before is None
    box = state.model_format.box if state.model_format else 1.0
    step = nice_step(2.0 * reach)
    half = np.ceil(1.15 * reach / step) * step
    centre = np.zeros(2) if in_model else np.round(pivot[:2] / step) * step
    return Ground(-box if in_model else 0.0, float(half), step, (float(centre[0]), float(centre[1])))


def subject_radius(state: SceneState) -> float:
    """Half the size, in display units, of what to show when nothing is selected."""
    if state.similarity is not None or state.after is not None:
        return state.model_format.box if state.model_format else 1.0
    cameras = shown_cameras(state)
    pivot = scene_pivot(state)
    return 0.37 * float(np.median([np.linalg.norm(c.centre - pivot) for c in cameras])) if cameras else 1.0


def scene_points(state: SceneState, cameras: tuple[ShownCamera, ...], extra: Rig | None = None) -> Array:
    """(N, 3): everything that Home must show."""
    pivot = scene_pivot(state)
    depth = frustum_depth(cameras, pivot)
    parts = [pivot + box_corners(subject_radius(state))]
    parts += [np.vstack([camera.centre, camera.corners(depth)]) for camera in cameras]
    if extra is not None:
        parts.append(extra.centres)
    points = np.concatenate(parts)
    return points[np.all(np.isfinite(points), axis=-1)]


def inside(uv: Array) -> Mask:
    """Which of (..., 2) lie in the image."""
    with np.errstate(invalid="ignore"):
        return np.all((uv >= 0) & (uv <= 1), axis=-1)
