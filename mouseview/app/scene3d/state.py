"""What the 3D scene shows, as frozen values: a panel replaces the state, the view draws the difference."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Rig
from mouseview.model.gaussians import Gaussians
from mouseview.model.model_format import ModelFormat

Texture = npt.NDArray[np.uint8]  # (H, W, 4) RGBA, straight alpha


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class RayColour(StrEnum):
    """What the colour of a ray of the field means."""

    DIRECTION = "direction"  # unit direction d, RGB = (xyz + 1) / 2
    MOMENT = "moment"  # o × d
    NEAREST = "nearest"  # the point nearest the origin
    ANGULAR_ERROR = "angular error"  # against the ray that the model's format declares for this pixel
    UNTRUTH = "untruth"  # declared against true, after
    BOX = "box"  # how long it runs inside the subject box; grey: it misses
    WINDOW = "window"  # how much of its way through the subject lies in the depth window; grey: it misses the subject


@dataclass(frozen=True)
class RayField:
    """Rays of one camera: ``density`` along the longer side of the image, ``length`` in display units."""

    camera: str
    density: int = 16
    length: float = 3.6
    colour: RayColour = RayColour.DIRECTION

    def __post_init__(self) -> None:
        object.__setattr__(self, "colour", RayColour(self.colour))
        if not 1 <= self.density <= 128:
            raise ValueError(f"a ray field has 1 to 128 rays along a side, not {self.density}")
        if not self.length > 0:
            raise ValueError(f"the rays of a field need a positive length, not {self.length}")


@dataclass(frozen=True)
class Layers:
    """What is visible. box: the ±1 cube. window: ±1.8 about each ray's nearest point. ghost: the reference rig.
    ball: the subject as a ball and what the selected camera truly sees, where that is not what it declares."""

    frusta: bool = True
    textures: bool = True
    names: bool = True
    axes: bool = True
    ground: bool = True
    box: bool = True
    window: bool = False
    ghost: bool = False
    optical_axes: bool = False
    rays: bool = True
    ball: bool = True

    def replace(self, **changes: bool) -> Layers:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False)
class ProbeShape:
    """points (2, 3): A and B, NaN where unknown.  rays (M, 2, 3): from a camera through a mark, and whose, 0 or 1.
    loops: closed curves (N, 3) of the ellipsoids, and whose.  ruler (2, 3): both ends of a length, or None."""

    points: Array
    rays: Array
    ray_points: tuple[int, ...]
    loops: tuple[Array, ...]
    loop_points: tuple[int, ...]
    ruler: Array | None


@dataclass(frozen=True, eq=False)
class Ball:
    """centre (3,) and radius."""

    centre: Array
    radius: float


@dataclass(frozen=True, eq=False)
class SceneState:
    """Everything the scene shows. Compare fields by identity; replace, never mutate.

    before: the rig in the file's frame and units.  after: the rig handed to the model, in model units.
    similarity: file → model.  With it everything is shown in the model's frame; without it, and without ``after``,
    in the file's own.  blend: 0 (before) to 1 (after).  textures, textures_after: one small RGBA image per camera of
    ``before`` and of ``after``, in rig order, or None.  meeting_point, subject_centre (3,), probe: in
    the file's frame and units (in the model's where there is no ``before``).  gaussians: in the model's frame.
    compared: another calibration of the same cameras, aligned to ``before``, as outlines.  true_after: cameras of
    what the pixels really show, in the frame of ``after``, where that is something else.  ball: the subject, in the
    file's frame and units.
    """

    before: Rig | None = None
    after: Rig | None = None
    similarity: Similarity | None = None
    blend: float = 0.0
    textures: tuple[Texture | None, ...] = ()
    textures_after: tuple[Texture | None, ...] = ()
    model_format: ModelFormat | None = None
    selected: str | None = None
    held_out: frozenset[str] = frozenset()
    meeting_point: Array | None = None
    subject_centre: Array | None = None
    probe: ProbeShape | None = None
    compared: Rig | None = None
    true_after: Rig | None = None
    ball: Ball | None = None
    layers: Layers = field(default_factory=Layers)
    ray_field: RayField | None = None
    gaussians: Gaussians | None = None
    theme: Theme = Theme.LIGHT

    def __post_init__(self) -> None:
        object.__setattr__(self, "theme", Theme(self.theme))
        object.__setattr__(self, "held_out", frozenset(self.held_out))
        object.__setattr__(self, "blend", float(np.clip(self.blend, 0.0, 1.0)))
        for name in ("textures", "textures_after"):
            for image in getattr(self, name):
                if image is not None and (image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 4):
                    raise ValueError(f"{name}: RGBA uint8 (H, W, 4) expected, got {image.dtype} {image.shape}")

    def replace(self, **changes: object) -> SceneState:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class PickedRay:
    """One ray of the shown camera, in display units.

    pixel (2,) of the shown camera's image (of ``after`` from blend 0.5 on).  direction is a unit vector;
    moment = origin × direction; nearest_point: the ray's point nearest the origin.  values: what the network is fed
    for this pixel, RGB·2 − 1 (NaN without a texture) and the ray in ``encoding``'s order; channels names each.
    """

    camera: str
    pixel: tuple[float, float]
    origin: Array
    direction: Array
    moment: Array
    nearest_point: Array
    encoding: str
    channels: tuple[str, ...]
    values: Array
