"""The words of the Subject panel: what can be chosen, how far it lies from what is used, what a session says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mouseview.geometry.rays import angle_between_deg
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import AzimuthSource, CentreSource, Recipe, UpSource

if TYPE_CHECKING:
    from mouseview.normalise.orientation import Orientation, UpDirection
    from mouseview.workflow.session_survey import SessionSurvey

Choices = list[tuple[str, object, str]]

_CENTRES = {
    CentreSource.LABELS: "3D labels",
    CentreSource.MASKS: "Mask centroids",
    CentreSource.AXES: "Optical axes",
    CentreSource.ORIGIN: "File's origin",
    CentreSource.CENTROID: "Camera centroid",
    CentreSource.SESSION: "Session's median",
    CentreSource.POINT: "Picked point",
}
_PER_FRAME = (CentreSource.LABELS, CentreSource.MASKS)
_MANY = 0.05  # of the frames: more that leave the box are a warning
_MEASURES = "measures the session"


def point_text(centre: SubjectCentre) -> str:
    point = ", ".join(f"{value:.4g}" for value in centre.point)
    return f"({point})" + (f" ±{centre.residual:.2g}" if centre.residual is not None else "")


def numbers_in(text: str) -> tuple[float, ...]:
    """``1, 2, 3`` → (1, 2, 3); empty where a part is no finite number."""
    try:
        values = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        return ()
    return values if all(map(math.isfinite, values)) else ()


def centre_choices(
    centres: tuple[SubjectCentre, ...],
    used: SubjectCentre | None,
    recipe: Recipe,
    survey: SessionSurvey | None,
    unit: str,
) -> Choices:
    def away(point: object) -> str:
        gap = 0.0 if used is None else float(np.linalg.norm(np.asarray(point) - used.point))
        return f" · {gap:.3g} {unit} away" if gap > 0 else ""

    trusted = used if used is not None and recipe.centre is None else centres[0] if centres else None
    title = _CENTRES[trusted.source] if trusted is not None else ""
    best = f" ({title[:1].lower()}{title[1:]})" if title else ""
    found: Choices = [(f"Most trusted{best}", None, "Of each sample: labels, else masks, else the optical axes")]
    found += [(f"{_CENTRES[one.source]}{away(one.point)}", one.source, one.note) for one in centres]
    holds = recipe.centre is CentreSource.SESSION and recipe.point is not None
    point = survey.centre if survey is not None else recipe.point if holds else None
    text = f"{_CENTRES[CentreSource.SESSION]}{away(point) if point is not None else f' · {_MEASURES}'}"
    found.append((text, CentreSource.SESSION, "One point for all frames"))
    if recipe.centre is CentreSource.POINT:
        found.append((_CENTRES[CentreSource.POINT], CentreSource.POINT, "One point, picked or given"))
    return found


def scale_choices(scale: float | None, survey: SessionSurvey | None) -> Choices:
    session = f" · {_MEASURES}"
    if survey is not None:
        off = 0.0 if scale is None else 100 * (survey.scale / scale - 1)
        session = f" · {off:+.1f} %" if abs(off) >= 0.05 else ""
    return [
        ("Each sample's own", "sample", "The format's distance over the fed cameras' mean distance; "
         "a batch takes that of its first sample for all. A rig that is in the format already is not scaled"),
        (f"The session's{session}", "session", "One scale for all frames, from the median over the session"),
        ("Own number", "given", "Model units per unit of the file"),
    ]  # fmt: skip


def up_choices(ups: tuple[UpDirection, ...], turned: Orientation | None, survey: SessionSurvey | None) -> Choices:
    by_source = {one.source: one for one in ups}

    def away(direction: object) -> str:
        angle = 0.0 if turned is None else float(angle_between_deg(np.asarray(direction), turned.up.direction))
        return f" · {angle:.1f}° away" if angle >= 0.05 else ""

    def row(source: UpSource, title: str) -> tuple[str, object, str]:
        one = by_source.get(source)
        return f"{title}{'' if one is None else away(one.direction)}", source, "" if one is None else one.note

    found: Choices = [row(UpSource.FILE, "The file's +Z"), row(UpSource.CAMERAS, "The cameras' up")]
    normal = getattr(survey.ground, "normal", None) if survey is not None else None
    if normal is not None:
        found.append((f"The ground{away(normal)}", UpSource.GROUND, "Normal of the plane that the animal walked on"))
    elif survey is not None:
        found.append(("The ground · cannot be told", UpSource.GROUND, getattr(survey.ground, "reason", "")))
    else:
        text = "The ground" if UpSource.GROUND in by_source else f"The ground · {_MEASURES}"
        found.append((text, UpSource.GROUND, "Normal of the plane that the animal walked on"))
    found.append(("Own direction", UpSource.GIVEN, "x, y, z in the file's frame"))
    return found


def azimuth_choices(cameras: tuple[str, ...], first_deg: float) -> Choices:
    """first_deg: where the model's reference rig begins."""
    found: Choices = [
        ("The file's axes", (AzimuthSource.FILE, ""), "Not turned about up"),
        ("Best fit to the reference rig", (AzimuthSource.REFERENCE, ""),
         "The turn after which the fed cameras stand nearest to the model's own azimuths"),
    ]  # fmt: skip
    tip = "Stands at the first azimuth of the model's reference rig"
    return found + [(f"{name} at {first_deg:.0f}°", (AzimuthSource.CAMERA, name), tip) for name in cameras]


def walking_text(
    recipe: Recipe, used: SubjectCentre | None, own: bool, survey: SessionSurvey | None
) -> tuple[str, bool]:
    """Whether the centre follows the animal, and whether that is a warning."""
    if used is None:
        return "", False
    if own:
        return "Of this sample alone.", False
    if used.source in _PER_FRAME:
        return "Of each sample: it follows the animal.", False
    if survey is None and used.source is CentreSource.ORIGIN:
        return "The file's own origin, wherever the animal is.", False
    if survey is None:
        return "Fixed: the same for all samples, wherever the animal walks.", False
    point = used.point
    share = survey.outside_share(point, recipe.scale)
    walked = f"the animal is {survey.walked_model(point, recipe.scale):.2f} model units away (median)"
    if share is None:
        return f"Fixed: {walked}.", False
    leaves = f"{100 * share:.0f} % of {len(survey.moments)} frames leave the ±{survey.model_format.box:g} box"
    return f"Fixed: {leaves}; {walked}.", share > _MANY


def survey_text(survey: SessionSurvey | None, unit: str) -> str:
    """What a session says, in lines."""
    if survey is None:
        return "Centre, scale, walk and ground of the session are not measured yet."
    low, high = survey.mean_distances_model
    nearest, farthest = survey.distances_model
    lines = [
        f"{len(survey.moments)} of {survey.asked} frames, centres from {survey.sources_words}.",
        f"Median centre ({', '.join(f'{value:.4g}' for value in survey.centre)}) {unit}, spread {survey.spread:.3g}; "
        f"the animal walks {survey.walked_model(survey.centre):.2f} model units from it (median)"
        + ("" if survey.axes is None else f", {survey.walked_model(survey.axes):.2f} from the axes")
        + ".",
        f"Scale {survey.scale:.6g}; mean distance of a frame {low:.2f} to {high:.2f}, of a camera {nearest:.2f} to "
        f"{farthest:.2f}.",
    ]
    share = survey.outside_share(survey.centre)
    if share is not None:
        lines.append(f"With the median centre {100 * share:.0f} % of the frames leave the box.")
    words = getattr(survey.ground, "words", None)
    lines.append(f"Ground: {words(unit)}." if words else f"No ground: {getattr(survey.ground, 'reason', '')}.")
    if survey.elsewhere:
        lines.append(f"{survey.elsewhere} frames were taken by another rig and left out.")
    return "\n".join(lines)
