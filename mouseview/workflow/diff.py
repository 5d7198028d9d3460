"""Two calibrations of the same cameras compared: read both, measure, say it as a document, draw it as a sheet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.formats.files import write_atomically
from mouseview.formats.images import write_png
from mouseview.model.camera import Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.recipe import CentreSource
from mouseview.model.sample import Sample
from mouseview.multiview.rig_difference import (
    INTRINSICS,
    CameraDifference,
    Displacement,
    NothingToCompare,
    RigDifference,
    compare_rigs,
)
from mouseview.workflow.diff_sheet import draw_sheet
from mouseview.workflow.inspect import numbers
from mouseview.workflow.open import open_path, sample_named
from mouseview.workflow.prepare import centre_candidates

TOLERANCE_PX = 0.1
JSON_NAME, PICTURE_NAME = "difference.json", "difference.png"


@dataclass(frozen=True, eq=False)
class Compared:
    """The two rigs as opened, and what lies between them. sample: the first's, for its images."""

    first: Rig
    second: Rig
    sample: Sample
    difference: RigDifference


def compare_paths(
    first: str | Path,
    second: str | Path,
    source: CentreSource | None = CentreSource.AXES,
    point: npt.ArrayLike | None = None,
    radius: float | None = None,
    formats: tuple[str | None, str | None] = (None, None),
) -> Compared:
    """Open both paths and compare their first samples' rigs.

    source, point: what the working volume lies about: the optical axes' meeting point, another source of the subject's
    centre in the first sample (None: the most trusted), or a point (3,) in the first rig's frame and units.
    """
    sample = sample_named(open_path(first, formats[0]), None)
    other = sample_named(open_path(second, formats[1]), None).rig
    about = point if point is not None else _centre(sample, source)
    return Compared(sample.rig, other, sample, difference_of(sample.rig, other, about, radius))


def difference_of(
    first: Rig, second: Rig, about: npt.ArrayLike | None = None, radius: float | None = None
) -> RigDifference:
    """``compare_rigs``, with what cannot be compared as an error for the user."""
    if radius is not None and not radius > 0:
        raise MouseViewError("the radius of the working volume is not positive", remedy="give a length above zero")
    try:
        return compare_rigs(first, second, about, radius)
    except NothingToCompare as error:
        raise MouseViewError(
            f"these calibrations have no camera in common: {error}",
            place=f"{first.source or 'first rig'} and {second.source or 'second rig'}",
            remedy="compare two calibrations of the same cameras; equal names or equal order let them be matched",
        ) from error


def _centre(sample: Sample, source: CentreSource | None) -> npt.NDArray[np.float64] | None:
    """The subject's centre from a source; None leaves it to the optical axes."""
    if source is CentreSource.AXES:
        return None
    candidates = centre_candidates(sample)
    found = next((c for c in candidates if source is None or c.source is source), None)
    if found is None:
        raise MouseViewError(
            f"the first sample has no {source} to tell the subject's centre",
            place=str(sample.folder or sample.rig.source or sample.name),
            remedy=f"give a point as X,Y,Z, or one of: {', '.join(c.source for c in candidates) or 'axes'}",
        )
    return found.point


def describe_difference(compared: Compared, tolerance_px: float = TOLERANCE_PX) -> dict[str, Any]:
    """The JSON document: lengths in the first rig's units, pixels of the first rig's images."""
    difference, alignment = compared.difference, compared.difference.alignment
    similarity = alignment.similarity
    return numbers(
        {
            "first": _describe_rig(compared.first),
            "second": _describe_rig(compared.second),
            "units": difference.units,
            "equal": difference.equal_within(tolerance_px),
            "tolerance_px": tolerance_px,
            "largest_px": difference.largest_px,
            "matched_by": str(difference.matching.by),
            "notes": list(difference.notes),
            "left_out": list(difference.left_out),
            "similarity": {"scale": similarity.scale.item(), "rotation": similarity.R, "translation": similarity.t},
            "alignment": {
                "rms_offset": alignment.rms_offset,
                "rms_deg": alignment.rms_deg,
                "odd": [difference.cameras[index].name for index in alignment.odd],
                "certain": alignment.certain,
                "scale_known": alignment.scale_known,
                "mirrored": alignment.mirrored,
                "distance_ratio_spread": alignment.ratio_spread,
            },
            "volume": {
                "centre": difference.volume.centre,
                "radius": difference.volume.radius,
                "told": difference.volume.told,
            },
            "cameras": [_describe_camera(camera) for camera in difference.cameras],
        }
    )


def _describe_rig(rig: Rig) -> dict[str, Any]:
    return {
        "path": str(rig.source or ""),
        "format": rig.format,
        "units": rig.units,
        "cameras": list(rig.names),
        "assumptions": list(rig.assumptions),
    }


def _describe_camera(camera: CameraDifference) -> dict[str, Any]:
    return {
        "name": camera.name,
        "other_name": camera.other_name,
        "fits": camera.fits,
        "moved": camera.moved,
        "move_right_down_forward": camera.move,
        "turned_deg": camera.turned_deg,
        "turn_deg_about_x_y_z": camera.turn_deg,
        "intrinsics": {
            name: {
                "first": getattr(camera.first, name),
                "second": getattr(camera.second, name),
                "change": camera.change[name],
                "effect_px": camera.effect_px[name],
            }
            for name in INTRINSICS
        },
        "lens": {
            "first": {"model": str(camera.first.lens), "coefficients": camera.first.distortion},
            "second": {"model": str(camera.second.lens), "coefficients": camera.second.distortion},
            "effect_px": camera.effect_px["lens"],
        },
        "displacement_px": _describe_displacement(camera.total),
        "by_pose_px": _describe_displacement(camera.pose),
        "by_intrinsics_px": _describe_displacement(camera.intrinsics),
        "by_lens_px": _describe_displacement(camera.lens),
    }


def _describe_displacement(moved: Displacement) -> dict[str, Any]:
    return {"mean": moved.mean, "rms": moved.rms, "max": moved.maximum, "points": moved.count, "lost": moved.lost}


def write_difference(compared: Compared, document: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write the document and a sheet of all cameras' vector fields into ``folder``; returns where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    data, picture = folder / JSON_NAME, folder / PICTURE_NAME
    write_atomically(data, json.dumps(document, indent=1, allow_nan=False).encode())
    write_png(picture, draw_sheet(compared.difference, _images(compared)))
    return {"json": str(data), "picture": str(picture)}


def _images(compared: Compared) -> dict[str, npt.NDArray[Any]]:
    """Images of the first sample by camera; one that cannot be read is left blank, inspecting it says why."""
    images = {}
    for index, camera in enumerate(compared.sample.rig):
        if compared.sample.sources[index] is not None:
            try:
                images[camera.name] = compared.sample.image(index)
            except MouseViewError:
                continue
    return images
