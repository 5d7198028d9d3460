"""What wrong declarations cost on a sample, a rig, or the phantom in its arena: measured, described, drawn, written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.files import write_atomically
from mouseview.formats.images import write_png
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import centre_candidates, pick_centre, sample_masks
from mouseview.normalise.damage.cost import SOLVER, Cost, damage_list
from mouseview.normalise.damage.declarations import Stage
from mouseview.normalise.damage.places import Places, labelled_places, masked_places, volume_places
from mouseview.normalise.possible import possible
from mouseview.phantom.mouse import make_mouse
from mouseview.phantom.rig import HELD_OUT, demo_rig, subject_mm
from mouseview.resources import model_format
from mouseview.workflow.damage_chart import draw_chart
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import fed_and_held_out

JSON_NAME, PICTURE_NAME = "damage.json", "damage.png"
_MICE, _RING_MM, _GAUSSIANS, _BODY_POINTS = 10, 60.0, 3000, 60  # a mouse keeps to the walls

Progress = Callable[[float, str], None]


class PlacesKind(StrEnum):
    """What tells where the subject is, most trusted first."""

    MASKS = "masks"
    LABELS = "labels"
    VOLUME = "volume"  # nothing: a stand-in all over the working volume


@dataclass(frozen=True, eq=False)
class DamageReport:
    """name: of what was measured.  rig: the cameras that are fed.  places: in words.  costs: in the list's order."""

    name: str
    rig: Rig
    places: str
    centre: SubjectCentre
    model_format: ModelFormat
    costs: tuple[Cost, ...]


def measure_damage(
    sample: Sample,
    kind: PlacesKind | None = None,
    held_out: tuple[str, ...] = (),
    recipe: Recipe | None = None,
    progress: Progress = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> DamageReport:
    """On one sample's fed views. kind: None takes the most trusted places that there are.

    recipe: model, centre and zoom; its mode does not matter. Raises ``MouseViewError`` naming an impossible camera,
    or when the sample has nothing of ``kind``.
    """
    recipe = recipe or Recipe()
    fed = sample.subset(fed_and_held_out(sample.rig, held_out))
    for camera in fed.rig:
        if not possible(camera):
            raise MouseViewError(
                "its pose or intrinsics cannot be a camera's, so no declaration can be held against them",
                place=f"{sample.name}, camera {camera.name}",
                remedy="correct it as the findings say, or hold this view out",
            )
    masks = sample_masks(fed)
    candidates = centre_candidates(fed, masks)
    places = _places(fed, kind, masked_places(fed.rig, masks, candidates[0].point))
    centre = pick_centre(candidates, recipe)
    stage = Stage(fed.rig, places, centre, recipe, model_format(recipe.model))
    costs = damage_list(stage, progress, cancelled)
    return DamageReport(sample.name, fed.rig, places.told, centre, stage.model_format, costs)


def _places(sample: Sample, kind: PlacesKind | None, masked: Places | None) -> Places:
    found = {PlacesKind.MASKS: masked, PlacesKind.LABELS: labelled_places(sample.labels)}
    if kind is PlacesKind.VOLUME:
        return volume_places(sample.rig)
    if kind is None:
        return next((places for places in found.values() if places is not None), None) or volume_places(sample.rig)
    places = found[kind]
    if places is None:
        lacking = {
            PlacesKind.MASKS: "no point that all masks of the fed views cover, or fewer than two of them have a mask",
            PlacesKind.LABELS: "no frame with four or more points labelled in 3D",
        }
        there = [str(other) for other, has in found.items() if has is not None]
        raise MouseViewError(
            f"this sample has {lacking[kind]}",
            place=sample.name,
            remedy=f"choose from: {', '.join([*there, PlacesKind.VOLUME])}",
        )
    return places


def phantom_damage(
    progress: Progress = lambda _fraction, _what: None, cancelled: Callable[[], bool] = lambda: False
) -> DamageReport:
    """On the phantom's rig: the six fed cameras of the arena, and ten mice on a ring about its middle."""
    rig = demo_rig()
    rig = rig.subset(tuple(name for name in rig.names if name not in HELD_OUT))
    words = f"{_MICE * _BODY_POINTS} points of phantom mice at {_MICE} places, {_RING_MM:g} mm from the arena's middle"
    centre = pick_centre(centre_candidates(Sample("phantom", rig), (None,) * len(rig)), Recipe())
    stage = Stage(
        rig, Places(tuple(map(_mouse_on_ring, range(_MICE))), words), centre, Recipe(), model_format(Recipe().model)
    )
    costs = damage_list(stage, progress, cancelled)
    return DamageReport("the phantom in its arena", rig, words, centre, stage.model_format, costs)


def _mouse_on_ring(seed: int) -> np.ndarray:
    """(60, 3): points of a mouse that walks along the ring, mm."""
    angle = 2 * np.pi * seed / _MICE
    x, y = subject_mm()[:2] + _RING_MM * np.array([np.cos(angle), np.sin(angle)])
    mouse = make_mouse(seed, position_mm=(x, y), heading_deg=float(np.degrees(angle)) + 90.0, count=_GAUSSIANS)
    xyz = mouse.solid.xyz.astype(np.float64)
    return xyz[np.linspace(0, len(xyz) - 1, _BODY_POINTS).round().astype(np.intp)]


def describe_damage(report: DamageReport) -> dict[str, Any]:
    """The JSON document: px of the model's image, lengths in the rig's units; null where nothing was measured."""
    return numbers(
        {
            "name": report.name,
            "cameras": list(report.rig.names),
            "units": report.rig.units,
            "model_format": report.model_format.name,
            "image_px": report.model_format.size,
            "points": report.places,
            "centre": {"source": str(report.centre.source), "point": report.centre.point},
            "solver": SOLVER,
            "rms": "over views and points, px of the model's image; of several cases the median",
            "declarations": [_describe(cost) for cost in report.costs],
        }
    )


def _describe(cost: Cost) -> dict[str, Any]:
    declaration = cost.declaration
    return {
        "key": declaration.key,
        "title": declaration.title,
        "mode": None if declaration.mode is None else str(declaration.mode),
        "declared": declaration.declared,
        "truth": str(cost.truth),
        "rms_px": cost.rms_px,
        "least_px": cost.least_px,
        "most_px": cost.most_px,
        "cases": cost.cases,
        "worst_case": cost.worst_case,
        "worst_view": cost.worst_view,
        "worst_view_px": cost.worst_view_px,
        "rms_length": cost.rms_length,
        "lost_share": cost.lost,
        "problem": cost.problem,
    }


def write_damage(report: DamageReport, document: dict[str, Any], out: Path) -> dict[str, str]:
    """``damage.json`` and ``damage.png`` in ``out``; their paths."""
    out.mkdir(parents=True, exist_ok=True)
    text, picture = out / JSON_NAME, out / PICTURE_NAME
    write_atomically(text, json.dumps(document, indent=1, allow_nan=False).encode())
    write_png(picture, draw_chart(report.costs, report.name, report.places, report.model_format.size, report.rig))
    return {"json": str(text), "picture": str(picture)}
