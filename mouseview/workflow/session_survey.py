"""A session measured once: where the subject is over its frames, how far it walks, the one scale, and the ground."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mouseview.geometry.transforms import Array, Similarity
from mouseview.geometry.triangulation import meeting_point
from mouseview.model.camera import Rig
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Point, Recipe, UpSource
from mouseview.model.sample import Dataset, Sample
from mouseview.normalise.centres import centre_candidates, sample_masks, usable_cameras
from mouseview.normalise.ground import Ground, NoGround, fit_ground
from mouseview.normalise.label_centre import label_points
from mouseview.normalise.orientation import cameras_up, file_up, orientation
from mouseview.resources import model_format
from mouseview.workflow.session_scale import feeding

FRAMES = 24
_TRUSTED = (CentreSource.LABELS, CentreSource.MASKS)  # they speak of the animal itself
_SAME_PLACE = 1e-9  # of the rig's size
_LEAVES = 0.01  # of the subject's points outside the box: fewer are noise of a mask's outline

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame. centre: the subject's.  body (M, 3): points of the subject, M may be 0.  labels (N, 3): its labelled
    points.  All in the rig's units."""

    name: str
    centre: SubjectCentre
    body: Array
    labels: Array


@dataclass(frozen=True, eq=False)
class SessionSurvey:
    """What evenly spread frames of a session say. rig: the fed cameras.  moments: where the subject was found.

    asked: how many frames were looked at; unreadable, elsewhere (taken by another rig), unseen: those of them that
    say nothing.  ground: or why there is none.  R_model_file (3, 3): how the rig is turned when asked for the box.
    """

    dataset: str
    rig: Rig
    model_format: ModelFormat
    moments: tuple[Moment, ...]
    asked: int
    unreadable: int
    elsewhere: int
    unseen: int
    ground: Ground | NoGround
    R_model_file: Array

    @cached_property
    def centres(self) -> Array:
        """(F, 3): the subject's, in the rig's units."""
        return np.array([moment.centre.point for moment in self.moments])

    @cached_property
    def centre(self) -> Array:
        """(3,): the point from which the sum of distances to all of them is least; leaps pull it little."""
        return _spatial_median(self.centres)

    @property
    def spread(self) -> float:
        """Median distance of the subject from ``centre``, in the rig's units."""
        return float(np.median(np.linalg.norm(self.centres - self.centre, axis=-1)))

    @cached_property
    def axes(self) -> Array | None:
        """(3,): where the optical axes meet; None where they are nearly parallel."""
        if len(self.rig) < 2:
            return None
        found = meeting_point(self.rig.centres, self.rig.forwards)
        return found.point if found.reliable else None

    @cached_property
    def _distances(self) -> Array:
        """(F, V): of every camera from the subject, in the rig's units."""
        return np.linalg.norm(self.centres[:, None] - self.rig.centres[None], axis=-1)

    @cached_property
    def mean_distance(self) -> float:
        """Median over the frames of the cameras' mean distance, in the rig's units."""
        return float(np.median(self._distances.mean(axis=1)))

    @property
    def scale(self) -> float:
        """Model units per unit of the rig: the format's distance over ``mean_distance``."""
        return self.model_format.distance / self.mean_distance

    @property
    def mean_distances_model(self) -> tuple[float, float]:
        """Least and largest of the frames' mean camera distances, in model units."""
        means = self._distances.mean(axis=1) * self.scale
        return float(means.min()), float(means.max())

    @property
    def distances_model(self) -> tuple[float, float]:
        """Nearest and farthest that any camera is from the subject, in model units."""
        return float(self._distances.min() * self.scale), float(self._distances.max() * self.scale)

    def walked_model(self, start: Array, scale: float | None = None) -> float:
        """Median distance of the subject from a point (3,) of the file's frame, in model units (by another scale)."""
        return float(np.median(np.linalg.norm(self.centres - start, axis=-1)) * (scale or self.scale))

    def outside_share(self, centre: Array | None = None, scale: float | None = None) -> float | None:
        """Share of the frames whose subject leaves the box, about a fixed ``centre`` (3,) or, with None, its own.

        None where no frame says how large the subject is.
        """
        left = []
        for moment in self.moments:
            if len(moment.body):
                about = moment.centre.point if centre is None else centre
                similarity = Similarity.about(about, scale or self.scale, self.R_model_file)
                outside = np.max(np.abs(similarity.apply(moment.body)), axis=-1) > self.model_format.box
                left.append(float(outside.mean()) > _LEAVES)
        return float(np.mean(left)) if left else None

    @property
    def sources_words(self) -> str:
        """``labels``, or ``labels (20), masks (4)``."""
        counts = Counter(moment.centre.source for moment in self.moments)
        if len(counts) == 1:
            return str(next(iter(counts)))
        return ", ".join(f"{source} ({count})" for source, count in counts.most_common())

    @property
    def measured(self) -> dict[str, str]:
        """For ``Recipe.measured``: where each number comes from."""
        count, unit = len(self.moments), self.rig.unit_words
        frames = f"{count} frame{'s' if count > 1 else ''} of {self.dataset}"
        words = {
            "point": f"median of the subject's centres in {frames}, from {self.sources_words}; they lie "
            f"{self.spread:.3g} {unit} from it (median)",
            "scale": f"{self.model_format.distance:g} over the cameras' mean distance of {self.mean_distance:.5g} "
            f"{unit}, median of {frames}",
        }
        if isinstance(self.ground, Ground):
            words["up_vector"] = f"{self.ground.words(unit)}; {self.dataset}"
        return words


def survey_session(
    dataset: Dataset,
    recipe: Recipe,
    frames: int = FRAMES,
    progress: Progress = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
    held_out: tuple[str, ...] | None = None,
) -> SessionSurvey:
    """Measure ``frames`` evenly spread frames of the rig of the first usable one.

    held_out: cameras that decide nothing (None: those that the rig itself marks), unless the recipe names the fed ones.
    Centres come from labels, else from masks (from the one that the recipe names, where it names one). Raises
    ``MouseViewError`` when no frame says where the subject is, and ``Cancelled``.
    """
    fmt = model_format(recipe.model)
    rows = np.unique(np.linspace(0, len(dataset) - 1, min(frames, len(dataset))).round().astype(int))
    rig: Rig | None = None
    moments: list[Moment] = []
    asked = unreadable = elsewhere = unseen = 0
    for done, row in enumerate(rows):
        if cancelled():
            raise Cancelled("measuring the session was cancelled")
        progress(done / len(rows), f"looking at {dataset.names[row]}")
        try:
            sample = dataset[int(row)]
            fed = sample.subset(_fed(sample.rig, recipe, held_out))
        except MouseViewError:
            asked, unreadable = asked + 1, unreadable + 1
            continue
        if rig is not None and not _same_rig(rig, fed.rig):
            asked, elsewhere = asked + 1, elsewhere + 1
            continue
        for part in _moments_of(fed, frames if len(dataset) == 1 else 1):
            asked += 1
            try:
                moment = _measured(part, recipe)
            except MouseViewError:
                unreadable += 1
                continue
            if moment is None:
                unseen += 1
                continue
            rig = fed.rig
            moments.append(moment)
    progress(1.0, "measured")
    if rig is None:
        raise MouseViewError(
            f"none of the {asked} frames that were looked at says where the subject is",
            place=str(dataset.path),
            remedy="add labels or masks (the Masks panel drafts some), or give the numbers yourself",
        )
    ground = _ground(rig, moments, fmt)
    R = _turn(rig, recipe, ground, fmt)
    return SessionSurvey(dataset.name, rig, fmt, tuple(moments), asked, unreadable, elsewhere, unseen, ground, R)


def _fed(rig: Rig, recipe: Recipe, held_out: tuple[str, ...] | None) -> tuple[str, ...]:
    """Views that decide: the recipe's, else those that are not held out."""
    unknown = [name for name in recipe.views if name not in rig.names]
    if unknown:
        raise MouseViewError(f"no camera {', '.join(unknown)} here", remedy=f"the cameras are: {', '.join(rig.names)}")
    return feeding(recipe, rig, held_out).views or rig.names


def _same_rig(first: Rig, second: Rig) -> bool:
    """Every camera stands where it stood."""
    if first.names != second.names:
        return False
    size = float(np.abs(first.centres - first.centres.mean(axis=0)).max())
    return bool(np.allclose(first.centres, second.centres, rtol=0, atol=_SAME_PLACE * size))


def _moments_of(sample: Sample, frames: int) -> Iterator[Sample]:
    """The sample, or, where it has labels of several frames and no images, one for each of them, evenly spread."""
    labels = sample.labels
    if labels is None or sample.has_images or len(labels.points_world) < 2:
        yield sample
        return
    count = len(labels.points_world)
    for row in np.unique(np.linspace(0, count - 1, min(frames, count)).round().astype(int)):
        points_px = None if labels.points_px is None else labels.points_px[:, row : row + 1]
        one = dataclasses.replace(
            labels,
            points_world=labels.points_world[row : row + 1],
            points_px=points_px,
            frames=labels.frames[row : row + 1],
        )
        yield dataclasses.replace(sample, name=f"{sample.name}, labelled frame {row}", labels=one)


def _measured(sample: Sample, recipe: Recipe) -> Moment | None:
    """None where neither labels nor masks tell the centre."""
    masks = sample_masks(sample)
    wanted = (recipe.centre,) if recipe.centre in _TRUSTED else _TRUSTED
    centre = next((one for one in centre_candidates(sample, masks) if one.source in wanted), None)
    if centre is None:
        return None
    labelled = label_points(sample.labels, sample.rig)
    seen = []
    for camera, stats in zip(sample.rig, masks, strict=True):
        if stats is not None and stats.usable and camera in usable_cameras(sample.rig):
            # pixels of the mask, put where their rays pass nearest the centre
            origin, directions = camera.rays(stats.spread_px)
            directions = directions[np.all(np.isfinite(directions), axis=-1)]
            seen.append(origin + (directions @ (centre.point - origin))[:, None] * directions)
    return Moment(sample.name, centre, np.concatenate(seen) if seen else labelled, labelled)


def _ground(rig: Rig, moments: list[Moment], fmt: ModelFormat) -> Ground | NoGround:
    up = cameras_up(rig)
    sure = up is not None and up.reliable
    guess = up.direction if up is not None and sure else file_up(fmt).direction
    centres = np.array([moment.centre.point for moment in moments])
    return fit_ground(centres, [moment.labels for moment in moments], guess, sure, rig.centres)


def _turn(rig: Rig, recipe: Recipe, ground: Ground | NoGround, fmt: ModelFormat) -> Array:
    """R_model_file (3, 3) of the recipe; of the ground just found where that is asked for."""
    if recipe.up is UpSource.GROUND and recipe.up_vector is None:
        if isinstance(ground, NoGround):
            return np.eye(3)
        recipe = recipe.replace(up_vector=_point(ground.normal))
    try:
        return orientation(rig, recipe.replace(views=()), fmt).R_model_file
    except MouseViewError:
        return np.eye(3)  # said when the recipe is used; the box is then asked about in the file's own axes


def _spatial_median(points: Array) -> Array:
    """The point (3,) with the least sum of distances to points (F, 3), by weighted means."""
    found = np.median(points, axis=0)
    size = float(np.abs(points - found).max()) or 1.0
    for _ in range(200):
        weights = 1.0 / np.maximum(np.linalg.norm(points - found, axis=-1), 1e-9 * size)
        before, found = found, weights @ points / weights.sum()
        if np.linalg.norm(found - before) < 1e-9 * size:
            break
    return found


def _point(vector: Array) -> Point:
    x, y, z = (float(value) for value in vector)
    return x, y, z


# ---- from a survey to recipes --------------------------------------------------------------------------------------


def _told(recipe: Recipe, survey: SessionSurvey, field: str) -> Recipe:
    measured = {**dict(recipe.measured), field: survey.measured[field]}
    return recipe.replace(measured=tuple(sorted(measured.items())))


def with_session_centre(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    """The session's median centre for all frames."""
    return _told(recipe.replace(centre=CentreSource.SESSION, point=_point(survey.centre)), survey, "point")


def with_session_scale(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    """The session's one scale."""
    return _told(recipe.replace(scale=survey.scale, session_scale=True), survey, "scale")


def with_ground_up(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    """The ground's normal as up. Raises ``MouseViewError`` where no ground can be told."""
    if isinstance(survey.ground, NoGround):
        raise MouseViewError(
            f"the ground under {survey.dataset} cannot be told: {survey.ground.reason}", remedy=survey.ground.remedy
        )
    normal = _point(survey.ground.normal)
    return _told(recipe.replace(up=UpSource.GROUND, up_vector=normal), survey, "up_vector")


def wants_survey(recipe: Recipe) -> bool:
    """It names numbers of the session that it does not hold yet."""
    centre = recipe.centre is CentreSource.SESSION and recipe.point is None
    ground = recipe.up is UpSource.GROUND and recipe.up_vector is None
    return centre or ground or (recipe.session_scale and recipe.scale is None)


def resolved(
    dataset: Dataset,
    recipe: Recipe,
    progress: Progress = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
    held_out: tuple[str, ...] | None = None,
) -> Recipe:
    """``recipe`` with every number of the session that it asks for; nothing is read when it asks for none.

    held_out: as for ``survey_session``.
    Raises ``MouseViewError`` when one of them cannot be told, or when the samples come from several rigs.
    """
    if not wants_survey(recipe):
        return recipe
    survey = survey_session(dataset, recipe, progress=progress, cancelled=cancelled, held_out=held_out)
    if survey.elsewhere:
        raise MouseViewError(
            f"{survey.elsewhere} of {survey.asked} samples that were looked at come from another rig: one centre, "
            "scale or ground cannot hold for all",
            place=str(dataset.path),
            remedy="normalise the samples of each calibration by themselves, or choose other sources",
        )
    return filled(recipe, survey)


def filled(recipe: Recipe, survey: SessionSurvey) -> Recipe:
    """``recipe`` with those numbers of the session that it names and does not hold. Raises as ``with_ground_up``."""
    if recipe.centre is CentreSource.SESSION and recipe.point is None:
        recipe = with_session_centre(recipe, survey)
    if recipe.session_scale and recipe.scale is None:
        recipe = with_session_scale(recipe, survey)
    if recipe.up is UpSource.GROUND and recipe.up_vector is None:
        recipe = with_ground_up(recipe, survey)
    return recipe
