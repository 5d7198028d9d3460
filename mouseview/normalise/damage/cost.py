"""What declarations cost: RMS px by which the declared cameras' best point misses what the images show.

Every point is triangulated from the declared cameras by least squares in pixels, from a linear start (DLT on rays):
the point that favours the declaration most. What is left is what no scene can explain, and no network can repair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode
from mouseview.multiview.points import triangulate_pixels
from mouseview.normalise.damage.declarations import Case, Declaration, Stage, declarations
from mouseview.normalise.ledger import RAY_TOLERANCE_DEG
from mouseview.normalise.ray_error import ray_error

SOLVER = "least squares in pixels through the declared cameras, from a linear start (DLT on rays), for every point"

_RAYS_PER_SIDE = 17
_SAME_PLACE = 1e-6  # share of the camera's distance from the points
_APPROXIMATE = (Mode.DISTANCE_MATCHED, Mode.RAW)  # wrong by a bounded amount, where they are wrong


@dataclass(frozen=True)
class Cost:
    """One declaration on one rig. px of the model's image; lengths in the rig's unit, at the subject.

    rms_px: over views and points; of several cases (which camera, which pair) the median, with least and most, and the
    case that costs most.  worst_view: the view that is missed most in the worst case, with its RMS.  rms_length: the
    same gap at the points' distance.  lost: share of marks that the declared cameras cannot explain by any point in
    front of them; they are not in the RMS.  problem: why nothing could be measured; then all numbers are NaN.
    """

    declaration: Declaration
    truth: Truth
    rms_px: float
    least_px: float
    most_px: float
    worst_case: str
    worst_view: str
    worst_view_px: float
    rms_length: float
    lost: float
    cases: int
    problem: str = ""


@dataclass(frozen=True)
class _Measured:
    rms_px: float
    per_view_px: Array
    rms_length: float
    lost: float


def _measure(case: Case) -> _Measured:
    residual = triangulate_pixels(case.declared, case.pixels, leave_one_out=False).residual_px
    seen = ~np.isnan(residual)
    met = np.isfinite(residual)
    squares = np.where(met, residual, 0.0) ** 2
    with np.errstate(invalid="ignore"):
        per_view = np.sqrt(squares.sum(axis=1) / met.sum(axis=1))
    lengths = np.where(met, residual * case.length_per_px, 0.0) ** 2
    count = max(int(met.sum()), 1)
    return _Measured(
        float(np.sqrt(squares.sum() / count)) if met.any() else float("nan"),
        per_view,
        float(np.sqrt(lengths.sum() / count)) if met.any() else float("nan"),
        1.0 - float(met.sum()) / max(int(seen.sum()), 1),
    )


def _holds(case: Case) -> bool:
    """Whether the declared rays and centres are the true ones."""
    centres = np.array([camera.centre for camera in case.true])
    reach = float(np.linalg.norm(centres - centres.mean(axis=0), axis=-1).max())
    for declared, true in zip(case.declared, case.true, strict=True):
        if not ray_error(declared, true, _RAYS_PER_SIDE).max_deg <= RAY_TOLERANCE_DEG:
            return False
        if np.linalg.norm(declared.centre - true.centre) > _SAME_PLACE * reach:
            return False
    return True


def cost_of(declaration: Declaration, stage: Stage) -> Cost:
    """Measured; where the rig does not allow the declaration, its ``problem`` says why."""
    gravity = Truth.APPROXIMATE if declaration.mode in _APPROXIMATE else Truth.FALSE
    try:
        cases = list(declaration.cases(stage))
    except MouseViewError as error:
        whose = f"{error.place}: " if error.place in stage.rig.names else ""
        return _unmeasured(declaration, gravity, whose + error.message)
    measured = [_measure(case) for case in cases]
    values = np.array([each.rms_px for each in measured])
    lost = np.flatnonzero(~np.isfinite(values))
    if lost.size:
        what = cases[lost[0]].what
        told = "no point lies in front of the declared cameras"
        return _unmeasured(declaration, gravity, f"{what}: {told}" if what else told)
    worst = int(np.argmax(values))
    view = int(np.nanargmax(measured[worst].per_view_px))
    return Cost(
        declaration,
        Truth.TRUE if _holds(cases[0]) else gravity,  # the cases differ in whom they concern, not in kind
        float(np.median(values)),
        float(values.min()),
        float(values.max()),
        cases[worst].what,
        stage.rig.names[view],
        float(measured[worst].per_view_px[view]),
        float(np.median([each.rms_length for each in measured])),
        float(np.median([each.lost for each in measured])),
        len(cases),
    )


def _unmeasured(declaration: Declaration, truth: Truth, why: str) -> Cost:
    nan = float("nan")
    return Cost(declaration, truth, nan, nan, nan, "", "", nan, nan, nan, 0, why)


def damage_list(
    stage: Stage,
    progress: Callable[[float, str], None] = lambda _fraction, _what: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Cost, ...]:
    """All declarations on one stage, in the order of ``declarations``. Raises ``Cancelled`` between them."""
    found = []
    asked = declarations(stage.model_format)
    for number, declaration in enumerate(asked):
        if cancelled():
            raise Cancelled("measuring what declarations cost was cancelled")
        progress(number / len(asked), declaration.title)
        found.append(cost_of(declaration, stage))
    return tuple(found)
