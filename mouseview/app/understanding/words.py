"""What the pictures of the understanding panel say, in sentences: exact, approximate or false, why, and by how much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mouseview.app.understanding.values import Against, Quantity
from mouseview.model.finding import Truth
from mouseview.model.model_format import ModelFormat
from mouseview.model.recipe import Mode

if TYPE_CHECKING:  # numba comes with it
    from mouseview.normalise.encoding_distribution import Reference
    from mouseview.normalise.understanding import PlanTruth

_WHY = {
    Mode.DISTANCE_MATCHED: "its zoom makes up for the distance at the subject's centre only: what is nearer or "
    "farther lies a little off",
    Mode.RAW: "the lens is still in the pixels, and the declared camera knows of none",
    Mode.DISTANCE_ONLY: "every camera was moved by itself, so no ball lies where all of them look",
    Mode.FORCED_K: "the images were cropped, and an intrinsic matrix that they do not have was declared over them",
    Mode.PIXEL_BASED: "every image was shifted and scaled by its mask, and the declared cameras know nothing of it",
}
_VERDICT = {Truth.TRUE: "exact", Truth.APPROXIMATE: "approximate", Truth.FALSE: "false"}


def degrees(value: float) -> str:
    if math.isnan(value):
        return "no ray"
    return "0°" if value < 5e-4 else f"{value:.2g}°" if value < 10 else f"{value:.0f}°"


def pixels(value: float) -> str:
    if math.isnan(value):
        return "not seen"
    return "0 px" if value < 5e-3 else f"{value:.2f} px" if value < 1 else f"{value:.1f} px"


def distance(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"


def _because(found: PlanTruth) -> str:
    why = _WHY.get(found.mode)
    return f": {why}." if why and found.truth is not Truth.TRUE else "."


def ball(found: PlanTruth) -> str:
    key = "Solid: the subject's ball where the pixels show it. Dashed: where the declared camera has it. "
    if found.truth is Truth.TRUE:
        return f"{key}{found.mode} is exact here: in every view both are one."
    worst = found.worst
    text = f"{key}{found.mode} puts them {pixels(found.rms_px)} RMS apart, most in {worst.name} "
    text += f"({pixels(worst.ball.rms_px)}): {_VERDICT[found.truth]}{_because(found)}"
    if found.truth is Truth.FALSE:
        text += " Each view pushes the ball its own way, so no one scene fits them all."
    return text


def rays(found: PlanTruth, fmt: ModelFormat) -> str:
    key = "Colour: the angle between the ray that is declared for a pixel and the ray that it really shows. "
    if found.truth is Truth.TRUE:
        return f"{key}{found.mode} is exact here: no ray is off."
    pixel_deg = math.degrees(math.atan(1 / fmt.focal))
    moved = max(view.shift for view in found.views)
    text = f"{key}{found.mode}: {degrees(found.mean_deg)} in the mean, {degrees(found.max_deg)} at most "
    text += f"(a pixel is {degrees(pixel_deg)} wide): {_VERDICT[found.truth]}{_because(found)}"
    if found.max_deg < 0.01 < moved:
        text += " No ray is turned, but they start elsewhere."
    return text


_MEANING = {
    Quantity.DIRECTION: "d, where a pixel's ray points, in the world's axes",
    Quantity.NEAREST: "p, the point of a pixel's ray nearest the world's origin",
    Quantity.MOMENT: "o × d, the moment of a pixel's ray about the origin, as long as p and at right angles to it",
    Quantity.BOX: "how long a pixel's ray runs inside the ±{box:g} box; dark means that it misses",
    Quantity.WINDOW: "how much of a ray's way through the subject lies within ±{window:g} of p, where alone the model "
    "can put a Gaussian; empty means that the ray misses the subject",
}


def channels(
    found: PlanTruth, quantity: Quantity, against: Against, units: str, fmt: ModelFormat, outlined: bool
) -> str:
    """found: of the one view that is shown.  outlined: its window can be seen on the maps of before."""
    view = found.views[0]
    meaning = _MEANING[quantity].format(box=fmt.box, window=fmt.depth_window)
    text = f"{view.name}: {meaning}. Before: what the file's numbers ({units}) would tell the model. "
    text += f"The outline is what {found.mode} takes of it. " if outlined else ""
    text += f"After: what {found.mode} tells it. "
    if against is Against.BEFORE:
        return text + "Difference: after less before, at the same piece of the photograph; blank where there is none."
    if view.truth is Truth.TRUE:
        return text + "Difference: declared less true, all zero: exact."
    off = f"{pixels(view.ball.rms_px)} at the subject"
    return text + f"Difference: declared less true, {off}: {_VERDICT[view.truth]}{_because(found)}"


def distribution(mode: Mode, before: float, after: float, reference: Reference, fmt: ModelFormat) -> str:
    text = f"How far the numbers that the model is fed lie from those of the {reference.name} rig of {fmt.name}, in "
    text += f"spreads of that rig's own: {mode} {distance(after)}, the file's numbers as they are "
    text += f"{distance(before)}, a mere turn of the {reference.name} rig up to {distance(reference.turned)}. "
    return text + "It tells whether the model knows such cameras, not whether they are true: see Ball for that."
