"""Everything that visuals need, derived from a state once: shown cameras, sizes, colours. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.app.scene3d import geometry
from mouseview.app.scene3d.geometry import Ground, ShownCamera
from mouseview.app.scene3d.palette import PALETTES, Palette
from mouseview.app.scene3d.ray_fields import Field, ray_field
from mouseview.app.scene3d.state import SceneState
from mouseview.geometry.rays import RayEncoding
from mouseview.geometry.transforms import Array


@dataclass(frozen=True, eq=False)
class Scene:
    """depth: at which images are drawn before their cameras.  entered: the camera flown into, and how far in (0..1):
    its image recedes behind the subject, so that one sees the scene before the picture."""

    state: SceneState
    cameras: tuple[ShownCamera, ...]
    ghosts: tuple[ShownCamera, ...]
    compared: tuple[ShownCamera, ...]
    depth: float
    pivot: Array
    ground: Ground
    field: Field | None
    palette: Palette
    entered: tuple[str, float] | None = None

    @property
    def depths(self) -> tuple[float, ...]:
        """One per camera, in display units."""
        return tuple(self.image_depth(camera) for camera in self.cameras)

    def image_depth(self, camera: ShownCamera) -> float:
        if self.entered is None or self.entered[0] != camera.name:
            return self.depth
        behind = float(np.linalg.norm(camera.centre - self.pivot)) + 2.0 * geometry.subject_radius(self.state)
        return self.depth * (behind / self.depth) ** self.entered[1]

    def camera(self, name: str | None) -> ShownCamera | None:
        return next((camera for camera in self.cameras if camera.name == name), None)

    @property
    def in_model_units(self) -> bool:
        """Whether numbers beside things are the model's (after) or the file's own (before)."""
        return self.state.before is None or (self.state.after is not None and self.state.blend >= 0.5)

    def length_text(self, display_length: float) -> str:
        """A length of the display frame in words: the file's units before, model units after."""
        state = self.state
        if self.in_model_units:
            return f"{display_length:.2f}"
        assert state.before is not None
        scale = float(geometry.display_similarity(state).scale)
        units = "" if state.before.units in ("unknown", "model") else f" {state.before.units}"
        return f"{display_length / scale:.4g}{units}"

    @property
    def encoding(self) -> RayEncoding:
        return self.state.model_format.encoding if self.state.model_format else RayEncoding.NEAREST

    def points(self) -> Array:
        """(N, 3): what Home shows."""
        points = geometry.scene_points(self.state, self.cameras)
        return np.vstack([points, *(ghost.centre for ghost in self.ghosts)])

    def far_points(self) -> Array:
        """(N, 3): what must lie before the far plane, wherever one looks from."""
        half, (x, y) = self.ground.half, self.ground.centre
        corners = [(x + sx * half, y + sy * half, self.ground.height) for sx in (-1, 1) for sy in (-1, 1)]
        extra = [camera.corners(self.image_depth(camera)) for camera in (*self.cameras, *self.compared)]
        points = np.vstack([self.points(), corners, *extra])
        if self.state.ray_field is not None and self.field is not None:
            points = np.vstack([points, self.field.origin + self.state.ray_field.length * self.field.directions])
        return points[np.all(np.isfinite(points), axis=-1)]


_CAMERA_FIELDS = ("before", "after", "similarity", "blend")


def build(state: SceneState, last: Scene | None = None, entered: tuple[str, float] | None = None) -> Scene:
    """The scene of a state; parts whose sources did not change are the very objects of ``last``."""
    same_cameras = last is not None and all(getattr(state, n) is getattr(last.state, n) for n in _CAMERA_FIELDS[:3])
    same_cameras = same_cameras and last is not None and state.blend == last.state.blend
    cameras = last.cameras if same_cameras and last else geometry.shown_cameras(state)
    ghosts: tuple[ShownCamera, ...] = ()
    if state.layers.ghost and state.model_format is not None:
        keep = last is not None and last.ghosts and last.state.model_format is state.model_format
        ghosts = last.ghosts if keep and last else geometry.ghost_cameras(state.model_format.reference())
    keep_compared = last is not None and same_cameras and state.compared is last.state.compared
    pivot = geometry.scene_pivot(state)
    return Scene(
        state=state,
        cameras=cameras,
        ghosts=ghosts,
        compared=last.compared if keep_compared and last else geometry.compared_cameras(state),
        depth=geometry.frustum_depth(cameras, pivot),
        pivot=pivot,
        ground=geometry.ground(state, cameras),
        field=_field(state, cameras, last if same_cameras else None),
        palette=PALETTES[state.theme],
        entered=entered,
    )


def _field(state: SceneState, cameras: tuple[ShownCamera, ...], last: Scene | None) -> Field | None:
    wanted = state.ray_field
    if wanted is None or not state.layers.rays:
        return None
    same = last is not None and last.state.ray_field == wanted and last.state.model_format is state.model_format
    same = same and last is not None and last.state.ball is state.ball and last.state.true_after is state.true_after
    if same and last and last.field:
        return last.field
    shown = next((camera for camera in cameras if camera.name == wanted.camera), None)
    if shown is None:
        return None
    declared = state.true_after if shown.shows_after else None
    true = declared[shown.name] if declared is not None and shown.name in declared.names else None
    return ray_field(shown, wanted, state.model_format, geometry.display_ball(state), true)
