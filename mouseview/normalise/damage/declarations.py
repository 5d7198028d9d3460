"""Every way of declaring cameras that is compared: the eight modes, and mistakes known from labs' own pipelines."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, Rigid
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import Mode, Recipe
from mouseview.normalise.damage.places import Places
from mouseview.normalise.plan import OCCUPANCY, Plan, make_plan

LONGER = 1.02
_SAME_PLACE = 1e-9  # share of the other cameras' distances
_MOST_CASES = 66  # all pairs of twelve cameras; of more some are taken evenly

_PLAIN = "over whole frames resized to the model's square, lens undone, cameras right but for this"
_EXACT = "over the images of exact-aimed, cameras right but for this"


@dataclass(frozen=True, eq=False)
class Case:
    """One set of declared cameras over one set of images.

    what: who is concerned, where there are several cases.  declared, true: (V,) what is said of the images, and what
    they show.  pixels (V, N, 2): where the points lie in them.  length_per_px (V, N): of the rig's unit at the point.
    """

    what: str
    declared: tuple[Camera, ...]
    true: tuple[Camera, ...]
    pixels: Array
    length_per_px: Array


@dataclass(frozen=True, eq=False)
class Stage:
    """The true rig, the places on which declarations are judged, and what the modes need to know."""

    rig: Rig
    places: Places
    centre: SubjectCentre
    recipe: Recipe
    model_format: ModelFormat

    def plan(self, mode: Mode, body: int | None = None) -> Plan:
        """body: whose silhouettes the mode may follow; None: the sample's own masks."""
        none = (None,) * len(self.rig)
        masks = (self.places.masks or none) if body is None else self.places.silhouettes(self.rig, body)
        recipe = self.recipe.replace(mode=mode, framings=(), views=())
        return make_plan(self.rig, masks, self.centre, recipe, self.model_format)

    @cached_property
    def aimed(self) -> Plan:
        return self.plan(Mode.EXACT_AIMED)

    @cached_property
    def plain(self) -> tuple[Camera, ...]:
        """The cameras of the whole frames resized to the model's image, without their lenses, in the rig's frame."""
        size = self.model_format.size
        ideal = [camera.replace(distortion=np.zeros(0), lens=LensModel.RADTAN) for camera in self.rig]
        return tuple(camera.resized(size, size) for camera in ideal)

    @cached_property
    def _distances(self) -> Array:
        """(V, N) from every camera to every point, in the rig's unit."""
        return np.linalg.norm(self.places.points - self.rig.centres[:, None], axis=-1)

    def shown(self, plan: Plan) -> Array:
        """(V, N, 2): where the points lie in the images of a plan."""
        points = plan.similarity.apply(self.places.points)
        return np.stack([view.true.project(points)[0] for view in plan.views])

    def case(
        self, declared: Sequence[Camera], true: Sequence[Camera], pixels: Array | None = None, what: str = ""
    ) -> Case:
        """pixels: None projects by the true cameras, which then stand in the rig's frame."""
        if pixels is None:
            pixels = np.stack([camera.project(self.places.points)[0] for camera in true])
        focal = np.array([camera.fx for camera in true])
        return Case(what, tuple(declared), tuple(true), pixels, self._distances / focal[:, None])


@dataclass(frozen=True)
class Declaration:
    """key: short and stable.  declared: exactly what is said of which image.  mode: None for what is no mode."""

    key: str
    title: str
    declared: str
    cases: Callable[[Stage], Iterator[Case]]
    mode: Mode | None = None


def _of_mode(mode: Mode) -> Callable[[Stage], Iterator[Case]]:
    def cases(stage: Stage) -> Iterator[Case]:
        if mode is Mode.DISTANCE_ONLY:
            _refuse_cameras_at(np.zeros(3), stage)
        plan = stage.plan(mode)
        yield stage.case(*_both(plan), stage.shown(plan))

    return cases


def _both(plan: Plan) -> tuple[tuple[Camera, ...], tuple[Camera, ...]]:
    return tuple(view.declared for view in plan.views), tuple(view.true for view in plan.views)


def _pixel_based(stage: Stage) -> Iterator[Case]:
    """Every body by its own silhouettes: each frame of such a set was shifted and scaled by itself."""
    pixels, plan = [], None
    for body, points in enumerate(stage.places.bodies):
        plan = stage.plan(Mode.PIXEL_BASED, body)
        moved = plan.similarity.apply(points)
        pixels.append(np.stack([view.true.project(moved)[0] for view in plan.views]))
    assert plan is not None
    yield stage.case(*_both(plan), np.concatenate(pixels, axis=1))


def _one_focal_length(stage: Stage) -> Iterator[Case]:
    for index in _some(len(stage.rig)):
        declared = list(stage.plain)
        declared[index] = _with_K(declared[index], fx=LONGER * declared[index].fx)
        yield stage.case(declared, stage.plain, what=declared[index].name)


def _focal_lengths(stage: Stage) -> Iterator[Case]:
    focal = stage.model_format.focal
    yield stage.case([_with_K(camera, fx=focal, fy=focal) for camera in stage.plain], stage.plain)


def _principal_points(stage: Stage) -> Iterator[Case]:
    middle = stage.model_format.centre
    yield stage.case([_with_K(camera, cx=middle, cy=middle) for camera in stage.plain], stage.plain)


def _with_K(camera: Camera, **entries: float) -> Camera:
    place = {"fx": (0, 0), "fy": (1, 1), "cx": (0, 2), "cy": (1, 2)}
    K = np.array(camera.K)
    for key, value in entries.items():
        K[place[key]] = value
    return camera.replace(K=K)


def _distance_about_axes(stage: Stage) -> Iterator[Case]:
    meeting = meeting_point(stage.rig.centres, stage.rig.forwards)
    if not meeting.reliable:
        raise MouseViewError(
            f"the optical axes are nearly parallel ({meeting.spread_deg:.1f}° apart) and meet nowhere",
            place=str(stage.rig.source or ""),
            remedy="cameras that look in different directions have a meeting point",
        )
    yield _distances_about(stage, meeting.point)


def _distance_about_origin(stage: Stage) -> Iterator[Case]:
    yield _distances_about(stage, np.zeros(3))


def _distances_about(stage: Stage, point: Array) -> Case:
    """Each camera of the exact rig moved along its line to ``point`` (3,; file's frame) until its distance fits."""
    _refuse_cameras_at(point, stage)
    plan, distance = stage.aimed, stage.model_format.distance
    middle = plan.similarity.apply(point)
    _, true = _both(plan)
    declared = []
    for camera in true:
        away = camera.centre - middle
        centre = middle + away * distance / np.linalg.norm(away)
        declared.append(camera.replace(T_cam_world=Rigid(camera.pose.R, -camera.pose.R @ centre).matrix))
    return stage.case(declared, true, stage.shown(plan))


def _refuse_cameras_at(point: Array, stage: Stage) -> None:
    """From there no direction leads to the camera, and rounding would choose one."""
    distances = stage.rig.distances(point)
    nearest = int(np.argmin(distances))
    if distances[nearest] <= _SAME_PLACE * float(np.median(distances)):
        raise MouseViewError("it stands at the point that its distance is taken from", place=stage.rig.names[nearest])


def _swapped_views(stage: Stage) -> Iterator[Case]:
    pairs = list(itertools.combinations(range(len(stage.rig)), 2))
    for index in _some(len(pairs)):
        order = list(range(len(stage.rig)))
        first, second = pairs[index]
        order[first], order[second] = second, first
        shown = [stage.plain[view] for view in order]
        yield stage.case(stage.plain, shown, what=f"{stage.rig[first].name} ↔ {stage.rig[second].name}")


def _some(count: int) -> npt.NDArray[np.intp]:
    return np.unique(np.linspace(0, count - 1, min(count, _MOST_CASES)).round().astype(np.intp))


def _mode(mode: Mode, declared: str) -> Declaration:
    cases = _pixel_based if mode is Mode.PIXEL_BASED else _of_mode(mode)
    return Declaration(str(mode), str(mode), declared, cases, mode)


def declarations(card: ModelFormat) -> tuple[Declaration, ...]:
    """From what costs nothing to what costs most on the rig that they were collected on."""
    far, focal, middle = f"{card.distance:g}", f"{card.focal:.0f}", f"{card.centre:g}"
    return (
        _mode(Mode.EXACT_AIMED, "turned at the subject and resampled; the format's K, one similarity for the rig"),
        _mode(Mode.EXACT_CENTRED, "resampled about the principal point; the format's K, one similarity for the rig"),
        _mode(Mode.EXACT_ZOOM, "aimed and zoomed, its own focal length declared; one similarity for the rig"),
        _mode(Mode.DISTANCE_MATCHED, f"aimed, each view zoomed by distance / {far}; the format's K, {far} each"),
        _mode(Mode.RAW, "longer side resized, padded; K resized along, the file's poses; no lens, no skew"),
        Declaration(
            "one-focal-length",
            "one fx +2 %",
            f"one camera's fx 2 % longer, each camera in turn; {_PLAIN}",
            _one_focal_length,
        ),
        Declaration(
            "distance-about-axes",
            f"{far} about the axes' point",
            f"each camera moved by itself to {far} from where the optical axes meet; {_EXACT}",
            _distance_about_axes,
        ),
        Declaration(
            "focal-lengths",
            f"fx := {focal}",
            f"the format's focal length, {focal} px, for every fx and fy; {_PLAIN}",
            _focal_lengths,
        ),
        Declaration(
            "distance-about-origin",
            f"{far} about the origin",
            f"each camera moved by itself to {far} from the file's origin; {_EXACT}",
            _distance_about_origin,
        ),
        _mode(Mode.DISTANCE_ONLY, f"each camera moved by itself to {far} from the file's origin; image and K of raw"),
        _mode(Mode.FORCED_K, "central square resized; the format's K over it, poses scaled about the file's origin"),
        Declaration(
            "principal-points",
            f"principal point := {middle}",
            f"every principal point at {middle}, {middle}; {_PLAIN}",
            _principal_points,
        ),
        _mode(
            Mode.PIXEL_BASED,
            f"the image of forced-k shifted and scaled by its mask (occupancy {OCCUPANCY:g}), each frame by itself; "
            "the cameras of forced-k",
        ),
        Declaration(
            "swapped-views",
            "two views swapped",
            f"the images of two cameras exchanged, all pairs; {_PLAIN}",
            _swapped_views,
        ),
    )
