"""Maps of one camera's ray channels, side by side on fixed scales: before, after, and their difference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mouseview.app.understanding import pictures
from mouseview.app.understanding.values import Against, MapGroup, MapImage, Quantity
from mouseview.geometry.transforms import Array
from mouseview.metrics.colour_maps import diverging
from mouseview.model.model_format import ModelFormat

if TYPE_CHECKING:  # numba comes with them
    from mouseview.normalise.encoding_maps import RayMaps, ViewMaps
    from mouseview.normalise.plan import ViewPlan

_DIFFERENCE_SHARE = 0.1  # of the full scale, that differences to the true rays are shown on


def full_scale(quantity: Quantity, fmt: ModelFormat) -> tuple[float, float]:
    """The fixed range of a quantity's maps: what the model's own reference rigs need, in round numbers."""
    match quantity:
        case Quantity.DIRECTION:
            return -1.0, 1.0
        case Quantity.NEAREST | Quantity.MOMENT:
            reach = math.ceil(0.7 * fmt.distance)
            return -float(reach), float(reach)
        case Quantity.BOX:
            return 0.0, round(2 * math.sqrt(3) * fmt.box, 1)
        case Quantity.WINDOW:
            return 0.0, 100.0


def _values(maps: RayMaps, quantity: Quantity) -> Array:
    """(h, w, 3) or (h, w, 1)."""
    match quantity:
        case Quantity.DIRECTION:
            return maps.d
        case Quantity.NEAREST:
            return maps.p
        case Quantity.MOMENT:
            return maps.moment
        case Quantity.BOX:
            return maps.box[..., None]
        case Quantity.WINDOW:
            return 100.0 * maps.window[..., None]


def _unit(quantity: Quantity, units: str) -> str:
    return {Quantity.DIRECTION: "", Quantity.WINDOW: "%"}.get(quantity, units)


def _group(
    title: str, values: Array, scale: tuple[float, float], unit: str, signed: bool, lines: tuple[Array, ...] = ()
) -> MapGroup:
    low, high = scale
    colours = diverging() if signed else pictures.amounts()
    axes = "xyz" if values.shape[-1] == 3 else " "
    maps = tuple(
        MapImage(axis.strip(), pictures.painted(values[..., c], low, high, colours), lines)
        for c, axis in enumerate(axes)
    )
    return MapGroup(title, maps, pictures.linear_legend(low, high, unit, signed), beyond_note(values, low, high))


def beyond_note(values: Array, low: float, high: float) -> str:
    """How much of the maps lies beside the scale, and how far, where anything does."""
    known = values[np.isfinite(values)]
    slack = 1e-9 * (high - low)
    if not known.size:
        return "no ray"
    outside = float(np.mean((known < low - slack) | (known > high + slack)))
    if outside == 0:
        return ""
    return f"{100 * outside:.0f} % off the scale: {known.min():.3g} to {known.max():.3g}"


def channel_groups(
    maps: ViewMaps, view: ViewPlan, quantity: Quantity, against: Against, units: str, fmt: ModelFormat
) -> tuple[MapGroup, ...]:
    """Before, after and the difference; ``units``: of the file."""
    scale, signed = full_scale(quantity, fmt), quantity.is_vector
    window = maps.window_px / np.array(view.source.size)
    before = _group(
        "Before: the file's numbers",
        _values(maps.before, quantity),
        scale,
        _unit(quantity, units),
        signed,
        (np.concatenate([window, window[:1]]),),
    )
    after = _group("After: what the model is told", _values(maps.after, quantity), scale, _unit(quantity, ""), signed)
    if against is Against.TRUE:
        other, title = maps.true, "Declared less true"
        reach = _DIFFERENCE_SHARE * scale[1]
    else:
        other, title = maps.before_there, "After less before"
        reach = scale[1]
    with np.errstate(invalid="ignore"):
        gap = _values(maps.after, quantity) - _values(other, quantity)
    difference = _group(title, gap, (-reach, reach), _unit(quantity, ""), True)
    return before, after, difference
