"""What wrong declarations cost, as a picture: a bar each, on a logarithmic scale, in the colour of its truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mouseview.model.camera import Rig
from mouseview.model.finding import Truth
from mouseview.normalise.damage.cost import Cost
from mouseview.workflow.paper import FRAME, INK, MUTED, PAPER, Colour, Picture, letter, width_of

_WIDTH, _HEAD, _ROW, _FOOT, _EDGE = 1120, 112, 42, 34, 16
_BARS_AT, _BARS_END = 250, 900  # px; right of it the numbers
_LOW_PX, _HIGH_PX = 0.1, 200.0  # of the scale, unless a bar is longer
NOTHING_PX = 1e-6  # below it a number is rounding
_COLOURS: dict[Truth, Colour] = {
    Truth.TRUE: (28, 127, 75),
    Truth.APPROXIMATE: (190, 128, 10),
    Truth.FALSE: (192, 53, 47),
}


def value_words(cost: Cost, unit: str) -> str:
    """``25 px, 11 mm``; of several cases with their range."""
    if cost.problem:
        return "not possible here"
    if cost.rms_px < NOTHING_PX:
        return "0 px"
    spread = f" ({brief(cost.least_px)} to {brief(cost.most_px)})" if cost.cases > 1 else ""
    return f"{brief(cost.rms_px)}{spread} px, {brief(cost.rms_length)} {unit}"


def brief(value: float) -> str:
    """Two digits, more only before the point."""
    if value < 0.0995:
        return f"{value:.2g}"
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"


def draw_chart(costs: Sequence[Cost], name: str, places: str, size_px: int, rig: Rig) -> Picture:
    """(H, W, 3) RGB."""
    height = _HEAD + _ROW * len(costs) + _FOOT
    sheet = np.full((height, _WIDTH, 3), PAPER, np.uint8)
    top = scale_top(costs)
    letter(sheet, f"What a wrong declaration costs: {name}", (_EDGE, 30), INK, 0.62, _WIDTH, weight=2)
    told = f"RMS reprojection error, px of a {size_px} px image, over {len(rig)} views; of several cases the median"
    letter(sheet, told, (_EDGE, 52), MUTED, 0.42, _WIDTH)
    letter(sheet, f"points: {places}", (_EDGE, 71), MUTED, 0.42, _WIDTH)
    _scale(sheet, top, len(costs))
    for row, cost in enumerate(costs):
        _bar(sheet, cost, _HEAD + row * _ROW, top, rig.unit_words)
    _legend(sheet, height)
    return sheet


def scale_top(costs: Sequence[Cost]) -> float:
    """px at the right end of the scale."""
    return max([_HIGH_PX, *(1.2 * cost.most_px for cost in costs if np.isfinite(cost.most_px))])


def share_of_scale(value_px: float, top_px: float) -> float:
    """0 to 1 along a logarithmic scale that begins at 0.1 px."""
    return float(np.clip(np.log(max(value_px, _LOW_PX) / _LOW_PX) / np.log(top_px / _LOW_PX), 0.0, 1.0))


def ticks(top_px: float) -> tuple[tuple[float, str], ...]:
    """Round px on the scale, with their words."""
    tens = 10.0 ** np.arange(round(np.log10(_LOW_PX)), int(np.log10(top_px)) + 1)
    return tuple((float(value), f"{value:g} px") for value in tens)


def _across(value: float, top: float) -> float:
    """px from the left of the sheet."""
    return _BARS_AT + share_of_scale(value, top) * (_BARS_END - _BARS_AT)


def _scale(sheet: Picture, top: float, rows: int) -> None:
    """Its lines are left out where words stand."""
    for value, words in ticks(top):
        x = _across(value, top)
        for y in (_HEAD + row * _ROW for row in range(rows)):
            _box(sheet, (x, y), (x, y + 25), FRAME)
        letter(sheet, words, (round(x - width_of(words, 0.38) / 2), _HEAD - 12), MUTED, 0.38, _WIDTH)


def _bar(sheet: Picture, cost: Cost, y: int, top: float, unit: str) -> None:
    colour = _COLOURS[cost.truth]
    middle = y + 14
    letter(
        sheet,
        cost.declaration.title,
        (_EDGE, y + 19),
        INK,
        0.48,
        _BARS_AT - 8,
        weight=1 + (cost.declaration.mode is not None),
    )
    if not cost.problem:
        end = _across(cost.rms_px, top) if cost.rms_px >= NOTHING_PX else _BARS_AT
        _box(sheet, (_BARS_AT, middle - 7), (max(end, _BARS_AT + 2.5), middle + 7), colour)
        if cost.cases > 1:
            least, most = _across(cost.least_px, top), _across(cost.most_px, top)
            _box(sheet, (least, middle), (most, middle), INK)
            for x in (least, most):
                _box(sheet, (x, middle - 4), (x, middle + 5), INK)
    letter(sheet, value_words(cost, unit), (_BARS_END + 12, y + 18), INK, 0.43, _WIDTH)
    letter(sheet, cost.problem or cost.declaration.declared, (_EDGE, y + 34), MUTED, 0.36, _WIDTH)


def _legend(sheet: Picture, height: int) -> None:
    x = float(_EDGE)
    for truth, words in (
        (Truth.TRUE, "true"),
        (Truth.APPROXIMATE, "approximate"),
        (Truth.FALSE, "false"),
    ):
        _box(sheet, (x, height - 21), (x + 11, height - 10), _COLOURS[truth])
        letter(sheet, words, (round(x) + 17, height - 11), MUTED, 0.42, _WIDTH)
        x += 36 + width_of(words, 0.42)
    letter(sheet, "bold: a mode of this program   thin line: the range of cases", (round(x) + 10, height - 11), MUTED,
          0.42, _WIDTH)  # fmt: skip


def _box(sheet: Picture, low: tuple[float, float], high: tuple[float, float], colour: Colour) -> None:
    (x0, y0), (x1, y1) = ((round(x), round(y)) for x, y in (low, high))
    sheet[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)] = colour
