"""Camera and Rig: what a calibration declares, in the house conventions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import Lens, LensModel, Mask
from mouseview.geometry.rays import pixel_centres, to_pixels, to_plane
from mouseview.geometry.transforms import Array, Rigid, Similarity

if TYPE_CHECKING:  # it speaks of rigs itself
    from mouseview.model.correction import Correction
from mouseview.model.finding import Finding


@dataclass(frozen=True, eq=False)
class Camera:
    """One calibrated camera.

    width, height: of the image that K speaks of, in px.  K (3, 3) with skew, pixel origin at the outer corner of the
    first pixel.  distortion (n,) in OpenCV's order, empty for an ideal pinhole.  T_cam_world (4, 4) or ``Rigid``,
    world to camera, OpenCV axes, in the rig's units.

    Impossible values (det R = −1, NaN, negative focal length) are held as the file declares them: a check names
    them. Only shapes are refused here.
    """

    name: str
    width: int
    height: int
    K: Array
    distortion: Array
    T_cam_world: Array
    lens: LensModel = LensModel.RADTAN

    def __post_init__(self) -> None:
        pose = self.T_cam_world.matrix if isinstance(self.T_cam_world, Rigid) else self.T_cam_world
        for key, value, shape in (("K", self.K, (3, 3)), ("T_cam_world", pose, (4, 4))):
            array = np.array(value, dtype=np.float64)
            if array.shape != shape:
                raise ValueError(f"camera {self.name}: {key} must have shape {shape}, got {array.shape}")
            array.setflags(write=False)
            object.__setattr__(self, key, array)
        object.__setattr__(self, "lens", LensModel(self.lens))
        distortion = np.zeros(0) if self.distortion is None else np.array(self.distortion, dtype=np.float64).ravel()
        distortion.setflags(write=False)
        object.__setattr__(self, "distortion", distortion)
        object.__setattr__(self, "width", int(self.width))
        object.__setattr__(self, "height", int(self.height))
        _ = self.optics  # a lens with too many coefficients is refused now

    @cached_property
    def optics(self) -> Lens:
        return Lens(self.lens, self.distortion)

    @property
    def fx(self) -> float:
        return float(self.K[0, 0])

    @property
    def fy(self) -> float:
        return float(self.K[1, 1])

    @property
    def cx(self) -> float:
        return float(self.K[0, 2])

    @property
    def cy(self) -> float:
        return float(self.K[1, 2])

    @property
    def skew(self) -> float:
        return float(self.K[0, 1])

    @property
    def fxfycxcy(self) -> Array:
        """(4,) as the network takes it; skew and lens are not in it."""
        return np.array([self.fx, self.fy, self.cx, self.cy])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.width, self.height

    @cached_property
    def pose(self) -> Rigid:
        return Rigid.from_matrix(self.T_cam_world)

    @cached_property
    def _to_world(self) -> Rigid:
        return self.pose.inverse()

    @property
    def T_world_cam(self) -> Array:
        """(4, 4), inverted as a rigid motion."""
        return self._to_world.matrix

    @property
    def centre(self) -> Array:
        """(3,) in world."""
        return self._to_world.t

    @property
    def forward(self) -> Array:
        """(3,) unit optical axis in world."""
        return np.array(self.T_cam_world[2, :3])

    @property
    def is_pinhole(self) -> bool:
        """No lens to undo (skew allowed)."""
        return self.optics.is_identity

    def replace(self, **changes: object) -> Camera:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def project(self, points_world: npt.ArrayLike) -> tuple[Array, Mask]:
        """(..., 3) in world → (pixels (..., 2), valid (...)): in front and inside the lens's monotone radius."""
        plane, valid = self.optics.project(self.pose.apply(points_world))
        return to_pixels(self.K, plane), valid

    def unproject(self, pixels: npt.ArrayLike) -> tuple[Array, Mask]:
        """(..., 2) → (unit directions (..., 3) in the camera's frame, valid (...))."""
        return self.optics.unproject(to_plane(self.K, pixels))

    def rays(self, pixels: npt.ArrayLike) -> tuple[Array, Array]:
        """(..., 2) → (origin (3,), unit directions (..., 3)), both in world; NaN where no ray reaches the pixel."""
        T_world_cam = self._to_world
        return T_world_cam.t, T_world_cam.rotate(self.unproject(pixels)[0])

    def pixel_rays(self) -> tuple[Array, Array]:
        """The rays of all pixel centres: origin (3,), directions (height, width, 3)."""
        return self.rays(pixel_centres(self.width, self.height))

    def resized(self, width: int, height: int) -> Camera:
        """The camera of the same image at another size; exact also for a squash."""
        scale = np.diag([width / self.width, height / self.height, 1.0])
        return self.replace(width=width, height=height, K=scale @ self.K)

    def moved(self, similarity: Similarity) -> Camera:
        """The same images in the frame that ``similarity`` leads to."""
        return self.replace(T_cam_world=similarity.move_camera(self.pose).matrix)


@dataclass(frozen=True, eq=False)
class Rig:
    """Cameras of one calibration, in file order.

    units: of the world frame: ``"mm"``, ``"m"``, ``"model"`` or ``"unknown"``.  assumptions: what the reader had to
    assume (pixel origin, image size, units), one sentence each.  format: name of the file format it came from.
    correction: what a saved correction has changed since it was read from there; the cameras have it already.
    """

    cameras: tuple[Camera, ...]
    units: str = "unknown"
    assumptions: tuple[str, ...] = ()
    source: Path | None = None
    format: str = ""
    correction: Correction | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cameras", tuple(self.cameras))

    def __len__(self) -> int:
        return len(self.cameras)

    def __iter__(self) -> Iterator[Camera]:
        return iter(self.cameras)

    def __getitem__(self, key: int | str) -> Camera:
        if isinstance(key, str):
            return self.cameras[self.names.index(key)]
        return self.cameras[key]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(camera.name for camera in self.cameras)

    @property
    def centres(self) -> Array:
        """(V, 3) in world."""
        return np.array([camera.centre for camera in self.cameras]).reshape(-1, 3)

    @property
    def forwards(self) -> Array:
        """(V, 3) unit optical axes in world."""
        return np.array([camera.forward for camera in self.cameras]).reshape(-1, 3)

    @property
    def unit_words(self) -> str:
        """What to write behind a length of the world frame."""
        return {"unknown": "units", "model": "model units"}.get(self.units, self.units)

    def distances(self, point: npt.ArrayLike) -> Array:
        """(V,) from a world point (3,) to the camera centres."""
        return np.linalg.norm(self.centres - np.asarray(point, dtype=np.float64), axis=-1)

    def replace(self, **changes: object) -> Rig:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def subset(self, names: tuple[str, ...]) -> Rig:
        return self.replace(cameras=tuple(self[name] for name in names))

    def moved(self, similarity: Similarity, units: str) -> Rig:
        return self.replace(cameras=tuple(camera.moved(similarity) for camera in self.cameras), units=units)


@dataclass(frozen=True, eq=False)
class Labels:
    """Labelled points of one or more frames.

    points_world (F, N, 3) in the rig's units, NaN where unlabelled: everywhere when there are only 2D labels.
    points_px (V, F, N, 2) in the house pixel origin, NaN where absent, else None.  names (N,), or none.
    source: the file or folder they come from.  notes: what was assumed or left out on reading, one sentence each.
    problems: files that could not be used.
    """

    points_world: Array
    names: tuple[str, ...] = ()
    points_px: Array | None = None
    frames: tuple[int, ...] = field(default=())
    source: Path | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Finding, ...] = ()

    @property
    def finite_points(self) -> Array:
        """(M, 3): all labelled points of all frames."""
        flat = self.points_world.reshape(-1, 3)
        return flat[np.all(np.isfinite(flat), axis=-1)]

    def of_views(self, indices: Sequence[int]) -> Labels:
        """The labels for these cameras of the rig alone, in this order."""
        if self.points_px is None:
            return self
        return dataclasses.replace(self, points_px=self.points_px[list(indices)])
