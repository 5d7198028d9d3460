"""Labels fit their cameras: 2D labels of several views meet in points, and 3D labels project onto the 2D ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.geometry.transforms import Array
from mouseview.model.finding import Finding, Severity
from mouseview.multiview.agreement import Agreement, agreement

_CAREFUL_PX = 2.0  # what careful labelling leaves at 1024 px
_CAREFUL_SHARE = 0.002  # of the image's longer side, where that is more
_GRAVE = 4.0  # times the same


def labels_agree(evidence: Evidence) -> Iterator[Finding]:
    labels = evidence.sample.labels if evidence.sample is not None else None
    if labels is None or labels.points_px is None or not evidence.sound:
        return
    rig = evidence.sound_rig
    careful = max(_CAREFUL_PX, _CAREFUL_SHARE * max(max(camera.size) for camera in rig))
    marks = labels.points_px[list(evidence.sound)].reshape(len(rig), -1, 2)
    found = agreement(rig, marks) if len(rig) >= 2 else None
    if found is not None and (said := tuple(_of_2d(evidence, found, careful))):
        yield from said
        return
    world = labels.points_world.reshape(-1, 3)
    gaps = np.array(
        [np.linalg.norm(camera.project(world)[0] - px, axis=-1) for camera, px in zip(rig, marks, strict=True)]
    )
    yield from _of_3d(evidence, gaps, careful, found is not None and np.isfinite(found.misfit_px))


def _of_2d(evidence: Evidence, found: Agreement, careful: float) -> Iterator[Finding]:
    names = evidence.sound_rig.names
    count = len(found.points.misfit_px)
    measured = (
        f"2D labels of {count} points meet to {found.misfit_px:.2g} px "
        f"(careful ones of a sound rig to about {careful:.2g})"
    )
    if found.swapped is not None:
        first, second = (names[view] for view in found.swapped)
        yield evidence.finding(
            "label-views-swapped",
            Severity.ERROR,
            f"{measured}; with the labels of {first} and {second} exchanged to {found.swapped_px:.2g} px: "
            "they are swapped",
            f"exchange {first} and {second}, in the labels or in the calibration",
            evidence.rig[first],
        )
    elif found.guilty is not None:
        name, missed = names[found.guilty], found.left_out_px[found.guilty]
        grave = missed > _GRAVE * careful or not np.isfinite(missed)
        yield evidence.finding(
            "label-view-inconsistent",
            Severity.ERROR if grave else Severity.WARNING,
            f"{measured}; without {name} to {found.without_px[found.guilty]:.2g} px, and {name} misses their points by "
            f"{_px(missed)} (median): it does not fit the other cameras" + _also(found),
            f"recalibrate {name}; check its intrinsics, its lens and that its labels are of the same frames, "
            "or leave it out",
            evidence.rig[name],
        )
    elif found.misfit_px > careful:
        named = ", ".join(f"{name} {_px(px)}" for name, px in zip(names, found.residual_px, strict=True))
        limits = f". {found.limits[0].upper()}{found.limits[1:]}" if found.limits else ""
        single = "no single camera explains it" if len(names) > 2 else "two views do not tell which is off"
        yield evidence.finding(
            "labels-inconsistent",
            Severity.ERROR if found.misfit_px > _GRAVE * careful else Severity.WARNING,
            f"{measured}; {single} (medians: {named}){limits}",
            "check that labels and calibration are of the same session, image size, pixel origin and cameras; "
            "let the conventions of the file be tried out",
        )


def _of_3d(evidence: Evidence, gaps: Array, careful: float, meet: bool) -> Iterator[Finding]:
    """gaps (V, N): px from the 2D labels to where the 3D labels project.  meet: the 2D labels are consistent."""
    medians = {}
    for camera, row in zip(evidence.sound_rig, gaps, strict=True):
        seen = row[np.isfinite(row)]
        if seen.size:
            medians[camera.name] = float(np.median(seen))
    off = {name: px for name, px in medians.items() if px > careful}
    if meet and len(off) > 1 and len(off) == len(medians):
        yield evidence.finding(
            "labels-3d-off",
            Severity.ERROR,
            f"the 2D labels fit the cameras, but the 3D labels project {np.median(list(off.values())):.1f} px (median) "
            "from them: they are in other units, in another frame or of other frames",
            "triangulate the 3D labels anew with these cameras, or find the calibration that they were made with",
        )
        return
    for name, px in off.items():
        seen = gaps[evidence.sound_rig.names.index(name)]
        seen = seen[np.isfinite(seen)]
        yield evidence.finding(
            "labels-disagree",
            Severity.ERROR if px > _GRAVE * careful else Severity.WARNING,
            f"{seen.size} labelled points reproject {px:.1f} px (median) from their labels, "
            f"{seen.max():.1f} px at most",
            "check that labels and calibration are of the same session, the same image size and the same cameras",
            evidence.rig[name],
        )


def _also(found: Agreement) -> str:
    return f" ({found.limits})" if found.limits else ""


def _px(value: float) -> str:
    """A residual in words; inf where points cannot be projected there at all."""
    if np.isnan(value):
        return "not judged"
    return f"{value:.2g} px" if np.isfinite(value) else "no projection"
