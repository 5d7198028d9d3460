"""The work of the understanding panel, for threads: a sample under a recipe becomes what one page shows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mouseview import resources
from mouseview.app.scene3d.state import Ball
from mouseview.app.understanding import pictures, words
from mouseview.app.understanding.channels import channel_groups
from mouseview.app.understanding.values import (
    ChannelHistogram,
    LadderMark,
    MarkKind,
    Page,
    Study,
    SubjectBall,
    TileSide,
    ViewTile,
    Wish,
)
from mouseview.geometry.transforms import Array
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample

if TYPE_CHECKING:  # numba comes with them: imported where they are called
    from mouseview.app.crop.draft import DraftPlan
    from mouseview.multiview.masks import MaskStats
    from mouseview.normalise.encoding_distribution import Reference
    from mouseview.normalise.plan import Plan
    from mouseview.normalise.subject import Subject
    from mouseview.normalise.understanding import PlanTruth

_BINS = 32
_HISTOGRAM_PER_SIDE = 48  # pixels per axis of a view: more than for the distance, which would show their rows
_BEYOND = 0.15  # of the reference's range, that the histograms show on both sides of it


@dataclass(frozen=True)
class Detail:
    """rays: compared per side of an image.  maps: px along their longer side.  photograph: px a side."""

    rays: int
    maps: int
    photograph: int


SETTLED, LIVE = Detail(65, 112, 224), Detail(13, 36, 112)


@dataclass(frozen=True, eq=False)
class Basis:
    """A sample with what its masks say and its subject in the file's frame. modes: each mode's distance, by reference,
    as far as it is known: they do not change while a hand moves one window."""

    sample: Sample
    masks: tuple[MaskStats | None, ...]
    recipe: Recipe
    plan: Plan
    subject_file: Subject
    modes: dict[str, tuple[LadderMark, ...]]

    @property
    def ball(self) -> SubjectBall:
        return SubjectBall(self.sample, Ball(self.subject_file.centre, self.subject_file.radius))

    @property
    def model_format(self) -> ModelFormat:
        return resources.model_format(self.recipe.model)


def basis_of(sample: Sample, masks: tuple[MaskStats | None, ...], recipe: Recipe) -> Basis:
    """Raises ``MouseViewError`` where the recipe cannot be done to this sample."""
    from mouseview.normalise.prepare import plan_sample
    from mouseview.normalise.subject import locate_subject
    from mouseview.normalise.subject_ball import moved_subject

    plan, guess = plan_sample(sample, recipe, masks)
    subject = locate_subject(plan, sample.rig, masks, guess)
    return Basis(sample, masks, recipe, plan, moved_subject(subject, plan.similarity.inverse()), {})


Textures = tuple[npt.NDArray[np.uint8] | None, ...]


def study(basis: Basis, draft: DraftPlan | None, wish: Wish, camera: str | None, textures: Textures) -> Study:
    """What ``wish.page`` shows; with ``draft``, what a hand is making of the sample, coarser and sooner."""
    plan, recipe = (basis.plan, basis.recipe) if draft is None else (draft.plan, draft.recipe)
    detail = SETTLED if draft is None else LIVE
    problem = ""
    other: Plan | None = None
    if wish.as_if not in (None, plan.mode):
        try:
            other = _as_if(basis, recipe, wish.as_if)
        except MouseViewError as error:
            problem = f"{wish.as_if} cannot be done here: {error.message}. {error.remedy}"
    match wish.page:
        case Page.RAYS | Page.BALL:
            made = _truths(basis, plan, other, wish.page, textures, detail)
        case Page.CHANNELS:
            made = _channels(basis, other or plan, wish, camera, detail)
        case Page.DISTRIBUTION:
            made = _distribution(basis, other or plan, wish, live=detail is LIVE)
    return dataclasses.replace(made, text=problem) if problem else made


def _as_if(basis: Basis, recipe: Recipe, mode: Mode | None) -> Plan:
    from mouseview.normalise.prepare import plan_sample

    return plan_sample(basis.sample, recipe.replace(mode=mode), basis.masks)[0]


def _subject(basis: Basis, plan: Plan) -> Subject:
    from mouseview.normalise.subject_ball import moved_subject

    return moved_subject(basis.subject_file, plan.similarity)


def _truth(basis: Basis, plan: Plan, detail: Detail, views: tuple[int, ...] | None = None) -> PlanTruth:
    from mouseview.normalise.understanding import plan_truth

    return plan_truth(plan, _subject(basis, plan), detail.rays, views)


def _truths(basis: Basis, plan: Plan, other: Plan | None, page: Page, textures: Textures, detail: Detail) -> Study:
    plans = (plan,) if other is None else (plan, other)
    rays = detail.rays if page is Page.RAYS else LIVE.rays  # the ball needs them for the verdict alone
    found = [_truth(basis, each, dataclasses.replace(detail, rays=rays)) for each in plans]
    sides = [_sides(each, truth, page, textures, detail) for each, truth in zip(plans, found, strict=True)]
    tiles = tuple(
        ViewTile(camera.name, camera.name not in plan.fed, tuple(side[index] for side in sides))
        for index, camera in enumerate(basis.sample.rig)
    )
    shown = found[-1]
    text = words.ball(shown) if page is Page.BALL else words.rays(shown, basis.model_format)
    titles = tuple(str(each.mode) for each in plans)
    legend = pictures.ray_legend() if page is Page.RAYS else None
    return Study(page, text, shown.truth, titles, tiles=tiles, legend=legend)


def _sides(plan: Plan, truth: PlanTruth, page: Page, textures: Textures, detail: Detail) -> list[TileSide]:
    out = []
    for index, (view, found) in enumerate(zip(plan.views, truth.views, strict=True)):
        size = view.true.width
        if page is Page.RAYS:
            picture = pictures.ray_map(found.rays.map_deg)
            lines = pictures.contours(found.rays.map_deg, size) if found.rays.max_deg > 0 else ()
            number = words.degrees(found.rays.mean_deg)
            out.append(TileSide(picture, lines, None, number, found.truth, size))
            continue
        texture = textures[index] if index < len(textures) else None
        photograph = pictures.photograph(view, texture, detail.photograph)
        out.append(TileSide(photograph, (), found.ball, words.pixels(found.ball.rms_px), found.truth, size))
    return out


def _channels(basis: Basis, plan: Plan, wish: Wish, camera: str | None, detail: Detail) -> Study:
    from mouseview.normalise.encoding_maps import view_maps

    names, fmt, units = basis.sample.rig.names, basis.model_format, basis.sample.rig.unit_words
    index = names.index(camera) if camera in names else 0
    found, source = _truth(basis, plan, detail, (index,)), plan.views[index].source
    maps = view_maps(plan.views[index], found.subject, basis.subject_file, fmt.box, fmt.depth_window, detail.maps)
    with np.errstate(invalid="ignore"):
        outlined = bool(np.any(np.all((maps.window_px > 0) & (maps.window_px < source.size), axis=-1)))
    return Study(
        Page.CHANNELS,
        words.channels(found, wish.quantity, wish.against, units, fmt, outlined),
        found.truth,
        (str(plan.mode),),
        groups=channel_groups(maps, plan.views[index], wish.quantity, wish.against, units, fmt),
    )


@lru_cache(maxsize=8)
def _reference(model: str, name: str) -> Reference:
    from mouseview.normalise.encoding_distribution import reference_channels

    return reference_channels(resources.model_format(model), name)


@lru_cache(maxsize=8)
def _reference_values(model: str, name: str) -> Array:
    """Channels (N, C) of a reference rig, as many as a smooth histogram needs."""
    from mouseview.normalise.encoding_distribution import encoding_values

    fmt = resources.model_format(model)
    return encoding_values(list(fmt.reference(name)), fmt.encoding, _HISTOGRAM_PER_SIDE)


def _values(plan: Plan, reference: Reference, before: bool = False, per_side: int | None = None) -> Array:
    """Channels (N, C) of the fed views."""
    from mouseview.normalise.encoding_distribution import PER_SIDE, encoding_values

    views = [view for view in plan.views if view.source.name in plan.fed]
    cameras = [view.source if before else view.declared for view in views]
    return encoding_values(cameras, reference.encoding, per_side or PER_SIDE)


def _distribution(basis: Basis, plan: Plan, wish: Wish, live: bool) -> Study:
    from mouseview.normalise.encoding_distribution import channel_distances, channel_names

    names = tuple(ring.name for ring in basis.model_format.reference_rigs)
    name = wish.reference if wish.reference in names else names[-1]
    reference = _reference(basis.recipe.model, name)
    before, after = _values(plan, reference, before=True), _values(plan, reference)
    distances = [channel_distances(values, reference.values, reference.units) for values in (before, after)]
    smooth = _reference_values(basis.recipe.model, name)
    if not live:
        before, after = (_values(plan, reference, side, _HISTOGRAM_PER_SIDE) for side in (True, False))
    histograms = tuple(
        _histogram(channel, smooth[:, c], before[:, c], after[:, c], (distances[0][c], distances[1][c]))
        for c, channel in enumerate(channel_names(reference.encoding))
    )
    means, truth = (float(distances[0].mean()), float(distances[1].mean())), _truth(basis, plan, LIVE).truth
    if name not in basis.modes and not live:
        basis.modes[name] = _mode_marks(basis, reference)
    marks = [
        LadderMark(f"{name} rig, turned", reference.turned, MarkKind.ANCHOR),
        *_shown(basis.modes.get(name, ()), LadderMark(str(plan.mode), means[1], MarkKind.SHOWN, truth)),
        LadderMark("the file, fed as it is", means[0], MarkKind.BEFORE),
    ]
    return Study(
        Page.DISTRIBUTION,
        words.distribution(plan.mode, means[0], means[1], reference, basis.model_format),
        titles=(str(plan.mode),),
        histograms=histograms,
        ladder=tuple(marks),
        references=names,
        reference=name,
    )


def _mode_marks(basis: Basis, reference: Reference) -> tuple[LadderMark, ...]:
    """What each mode scores on this sample; those that cannot be done to it are left out."""
    marks = []
    for mode in Mode:
        try:
            plan = _as_if(basis, basis.recipe, mode)
        except MouseViewError:  # it needs masks that the sample has not; choosing it says so
            continue
        truth = _truth(basis, plan, LIVE).truth
        marks.append(LadderMark(str(mode), reference.distance(_values(plan, reference)), MarkKind.MODE, truth))
    return tuple(marks)


def _shown(marks: tuple[LadderMark, ...], shown: LadderMark) -> list[LadderMark]:
    """The marks with the mode that is shown as it is at present, which a hand may have changed."""
    kept = [shown if mark.label == shown.label else mark for mark in marks]
    return kept if shown in kept else [*kept, shown]


def _histogram(
    name: str, reference: Array, before: Array, after: Array, distances: tuple[float, float]
) -> ChannelHistogram:
    from mouseview.normalise.encoding_distribution import histogram_shares

    low, high = float(reference.min()), float(reference.max())
    margin = _BEYOND * (high - low)
    edges = np.linspace(low - margin, high + margin, _BINS + 1)
    (known, _), (first, first_beyond), (second, second_beyond) = (
        histogram_shares(values, edges) for values in (reference, before, after)
    )
    return ChannelHistogram(name, edges, known, first, second, (first_beyond, second_beyond), distances)
