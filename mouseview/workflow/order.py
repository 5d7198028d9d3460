"""Does the order in which views are fed matter? One sample, fed in several orders; what comes out is compared.

Cameras alone tell GS-LRM's views apart, so another order must give the same Gaussians in another order, within the
rounding of the arithmetic. A network that marks its first view is another matter, and this shows it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.inference.worker.client import WorkerClient
from mouseview.model.camera import Rig
from mouseview.model.errors import Cancelled
from mouseview.model.gaussians import Gaussians
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.prepare import prepare
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import fed_and_held_out
from mouseview.workflow.reconstruct import (
    Progress,
    gaussians_of,
    never,
    no_progress,
    remember_pass,
    render_at,
    worker_or,
)

# The renders of two orders may differ by this much before the order counts as mattering: an error this small is far
# below that of any reconstruction against its photographs.
MATTERS_BELOW_DB = 45.0
_VISIBLE = 1 / 255  # of opacity: below it a Gaussian cannot change any pixel by one level
_SEED = 0


@dataclass(frozen=True)
class Difference:
    """Between two scenes that should be one. levels: largest of any colour of any render, of 255.  psnr: of the worst
    render, dB, infinite where all are equal.  point: largest distance between Gaussians of one pixel, model units."""

    levels: float
    psnr: float
    point: float


@dataclass(frozen=True)
class OrderCheck:
    """orders: those that were fed beside ``names``, with what each changed.  unit: of ``point_in_unit``; the rig's own
    where the mode is one similarity of it, else the model's.  marks_first: the network is built to tell its first
    view."""

    names: tuple[str, ...]
    orders: tuple[tuple[tuple[str, ...], Difference], ...]
    marks_first: bool
    units_per_model_unit: float
    unit: str
    device: str

    @property
    def worst(self) -> Difference:
        return Difference(
            max(difference.levels for _, difference in self.orders),
            min(difference.psnr for _, difference in self.orders),
            max(difference.point for _, difference in self.orders),
        )

    @property
    def point_in_unit(self) -> float:
        return self.worst.point * self.units_per_model_unit

    @property
    def matters(self) -> bool:
        return self.worst.psnr < MATTERS_BELOW_DB

    @property
    def text(self) -> str:
        """One sentence."""
        worst = self.worst
        figures = f"{_short(worst.levels)} of 255 levels"
        figures += f" ({worst.psnr:.0f} dB)" if math.isfinite(worst.psnr) else ""
        figures += f", points by {_short(self.point_in_unit)} {self.unit}"
        if not self.matters:
            return f"No: other orders change renders by at most {figures}"
        why = "this model marks its first view" if self.marks_first else "more than rounding explains"
        return f"Yes: another order changes renders by up to {figures}; {why}"


def check_order(
    sample: Sample,
    recipe: Recipe,
    checkpoint: str = "mouse-256",
    device: str = "auto",
    held_out: tuple[str, ...] = (),
    progress: Progress = no_progress,
    cancelled: Callable[[], bool] = never,
    client: WorkerClient | None = None,
) -> OrderCheck:
    """Feed the views as ``reconstruct`` does, then in other orders, and compare Gaussians and renders at all cameras.

    Raises ``Cancelled`` soon after ``cancelled()`` turns true, ``MouseViewError`` otherwise.
    """
    fed = fed_and_held_out(sample.rig, held_out, recipe.views)
    orders = [tuple(range(len(fed))), *other_orders(len(fed))]
    with worker_or(client) as worker:
        progress(0.0, "opening the checkpoint")
        told = worker.describe(checkpoint)
        progress(0.05, "normalising the views")
        prepared = prepare(sample, dataclasses.replace(recipe, model=str(told["model_format"]), views=fed))
        scenes = []
        for turn, order in enumerate(orders):
            _stop_if(cancelled)
            names = tuple(fed[position] for position in order)
            told_on = _of_turn(progress, turn, len(orders))
            gaussians = gaussians_of(worker, prepared, names, checkpoint, device, told_on, cancelled)
            remember_pass(worker.last_pass)
            size = prepared.images.shape[1]
            scenes.append(gaussians.select(unshuffled(order, len(gaussians), size * size)))
    differences = _differences(scenes, prepared.rig, progress, cancelled)
    progress(1.0, "done")
    scale, unit = _unit(prepared, sample.rig)
    return OrderCheck(
        names=fed,
        orders=tuple(
            (tuple(fed[position] for position in order), difference)
            for order, difference in zip(orders[1:], differences, strict=True)
        ),
        marks_first=bool(told.get("config", {}).get("add_refsrc_marker", False)),
        units_per_model_unit=scale,
        unit=unit,
        device=worker.device or device,
    )


def other_orders(count: int) -> tuple[tuple[int, ...], ...]:
    """Reversed, and shuffled (always in the same way) where that is yet another order."""
    as_it_is, reverse = tuple(range(count)), tuple(range(count))[::-1]
    mixed = tuple(int(position) for position in np.random.default_rng(_SEED).permutation(count))
    return (reverse, mixed) if mixed not in (as_it_is, reverse) else (reverse,)


def unshuffled(order: tuple[int, ...], count: int, per_view: int) -> npt.NDArray[np.intp]:
    """(count,) indices that put the Gaussians of views fed in ``order`` back; free ones come first and stay."""
    free = count - len(order) * per_view
    blocks = np.arange(free, count).reshape(len(order), per_view)[np.argsort(order)]
    return np.concatenate([np.arange(free), blocks.ravel()])


def describe_order(check: OrderCheck) -> dict[str, Any]:
    """JSON-able; an infinite PSNR (identical renders) is written as null."""
    return numbers(
        {
            "matters": check.matters,
            "text": check.text,
            "fed": list(check.names),
            "orders": [{"fed": list(names), **dataclasses.asdict(each)} for names, each in check.orders],
            "point": check.point_in_unit,
            "unit": check.unit,
            "marks_first": check.marks_first,
            "device": check.device,
        }
    )


def _of_turn(progress: Progress, turn: int, turns: int) -> Progress:
    words = "fed as it is" if turn == 0 else f"fed in another order ({turn} of {turns - 1})"
    return lambda fraction, _what: progress(0.1 + 0.7 * (turn + fraction) / turns, words)


def _differences(
    scenes: list[Gaussians], rig: Rig, progress: Progress, cancelled: Callable[[], bool]
) -> list[Difference]:
    """Of every scene but the first against the first."""
    first, *others = scenes
    seen = first.opacity >= _VISIBLE
    points = [float(np.linalg.norm(first.xyz[seen] - other.xyz[seen], axis=1).max(initial=0)) for other in others]
    levels, worst_mse = [0.0] * len(others), [0.0] * len(others)
    for index, camera in enumerate(rig):
        _stop_if(cancelled)
        progress(0.8 + 0.2 * index / len(rig), f"rendering {camera.name}")
        here = _as_shown(render_at(first, camera))
        for turn, other in enumerate(others):
            off = np.abs(_as_shown(render_at(other, camera)) - here)
            levels[turn] = max(levels[turn], 255 * float(off.max()))
            worst_mse[turn] = max(worst_mse[turn], float(np.mean(off.astype(np.float64) ** 2)))
    psnrs = [-10 * math.log10(mse) if mse > 0 else math.inf for mse in worst_mse]
    return [Difference(*each) for each in zip(levels, psnrs, points, strict=True)]


def _as_shown(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.clip(image[..., :3], 0.0, 1.0)


def _unit(prepared: Prepared, rig: Rig) -> tuple[float, str]:
    """How many of which unit a model unit is."""
    if prepared.similarity is None or rig.units == "unknown":
        return 1.0, "model units"
    return 1.0 / float(prepared.similarity.scale), rig.units


def _short(value: float) -> str:
    """Two digits; what is smaller than any question asked is said to be so."""
    return "less than 0.001" if value < 0.001 else f"{value:.2g}" if value < 100 else f"{value:.0f}"


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("the comparison of orders was cancelled")
