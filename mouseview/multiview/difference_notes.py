"""What a person should know before reading the numbers of a calibration comparison, one sentence each."""

from __future__ import annotations

import numpy as np

from mouseview.model.camera import Rig
from mouseview.multiview.alignment import Alignment
from mouseview.multiview.matching import MatchedBy, Matching

_SAME_ASPECT = 0.005
_SAME_SCALE = 0.01
_NO_SCALE = 1e-6  # scales nearer to 1 are rounding
_RATIO_SPREAD = 1.02
_MATERIAL = 1e-6  # radians of misfit that are no rounding
_METRES = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}
_UNIT_NAMES = {"m": "metres", "cm": "centimetres", "mm": "millimetres"}


def scale_note(scale: float, units_a: str, units_b: str) -> str | None:
    """What the scale from the second rig to the first says of their units; None where it is 1 as expected."""
    declared = _METRES[units_b] / _METRES[units_a] if units_a in _METRES and units_b in _METRES else None
    told = f"lengths of the second rig times {scale:.7g} are those of the first"
    if declared is not None:
        if abs(scale / declared - 1) < _SAME_SCALE:
            return None if declared == 1 and abs(scale - 1) < _NO_SCALE else f"{told}, as their units say"
        return (
            f"{told}, while {_UNIT_NAMES[units_a]} and {_UNIT_NAMES[units_b]} would make it {declared:g}: "
            "one of the two has a wrong unit or a wrong known length"
        )
    for one, other in (("m", "mm"), ("m", "cm"), ("cm", "mm")):
        factor = _METRES[one] / _METRES[other]
        if abs(scale / factor - 1) < _SAME_SCALE:
            return f"{told}: the second in {_UNIT_NAMES[one]}, the first in {_UNIT_NAMES[other]}"
        if abs(scale * factor - 1) < _SAME_SCALE:
            return f"{told}: the second in {_UNIT_NAMES[other]}, the first in {_UNIT_NAMES[one]}"
    return None if abs(scale - 1) < _NO_SCALE else told


def difference_notes(
    a: Rig, b: Rig, alignment: Alignment, matching: Matching, exchanged: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    """a, b: the rigs, camera by camera.  exchanged: (first, second) names that the poses would put together instead."""
    notes = [_matched(matching)]
    if alignment.mirrored:
        notes.append(
            "the second rig is a mirror image of the first (handedness): a reflection and no similarity lies between "
            "them, so the differences cannot vanish"
        )
    if not alignment.scale_known:
        few = "one camera cannot" if len(a) == 1 else "cameras at one point cannot"
        notes.append(f"{few} tell the scale between two rigs: 1 is taken")
    elif (told := scale_note(float(alignment.similarity.scale), a.units, b.units)) is not None:
        notes.append(told)
    notes.extend(_odd_ones(a, alignment))
    if exchanged:
        what = ", ".join(
            f"{second} of the second rig stands where {first} of the first does" for first, second in exchanged
        )
        if len(exchanged) == 2 and set(exchanged[0]) == set(exchanged[1]):
            what = f"{exchanged[0][0]} and {exchanged[0][1]} have changed places"
        notes.append(f"judged by their poses, {what}: exchanged or renamed")
    if alignment.ratio_spread > _RATIO_SPREAD and 2 * np.count_nonzero(alignment.misfit > _MATERIAL) > len(a):
        notes.append(
            f"ratios of the distances between cameras spread by ×{alignment.ratio_spread:.2f}: no single scale leads "
            "from one rig to the other, as when every camera was scaled by itself"
        )
    notes.extend(_sizes(a, b))
    return tuple(notes)


def _matched(matching: Matching) -> str:
    text = {
        MatchedBy.NAME: "cameras are matched by name",
        MatchedBy.ORDER: "names differ, so cameras are matched by their order",
        MatchedBy.POSE: "names differ and so does the order or the number: cameras are matched by how well poses agree",
    }[matching.by]
    return f"{text}; the rig is so regular that another assignment fits as well" if matching.ambiguous else text


def _odd_ones(a: Rig, alignment: Alignment) -> list[str]:
    if len(a) == 2 and alignment.misfit.max() > _MATERIAL:
        return ["with two cameras it cannot be told which of them moved: each is given half of it"]
    if not alignment.odd:
        return []
    names = ", ".join(a.names[index] for index in alignment.odd)
    if not alignment.certain:
        return [f"{names} does not go with the others, but leaving out another camera explains as much: not certain"]
    verb = "does" if len(alignment.odd) == 1 else "do"
    return [f"{names} {verb} not go with the others, which agree with one similarity: moved between the calibrations"]


def _sizes(a: Rig, b: Rig) -> list[str]:
    changed = [(x, y) for x, y in zip(a, b, strict=True) if x.size != y.size]
    if not changed:
        return []
    x, y = changed[0]
    text = (
        f"image sizes differ ({x.width}×{x.height} against {y.width}×{y.height}): the second's intrinsics are taken to "
        "the first's size as if the picture had been resized"
    )
    if abs(x.width * y.height / (x.height * y.width) - 1) > _SAME_ASPECT:
        text += "; the shapes differ too, so it was cropped or squashed, and only the poses compare fairly"
    return [text]
