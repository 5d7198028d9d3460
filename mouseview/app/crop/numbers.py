"""The live numbers beside the window: what changes under a hand, before and after, in four small tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mouseview.app.crop.shown import Shown
from mouseview.model.camera import Camera
from mouseview.model.finding import Verdict
from mouseview.model.prepared import LedgerRow

# short names of the ledger's rows, in the order in which they are shown
_WINDOW: Mapping[str, str] = {
    "tilt": "Tilt of the turn, °",
    "resample ratio": "Source px per px",
    "padding": "Padding, %",
    "clipped subject": "Clipped subject, %",
    "occupancy": "Occupancy, √ share",
    "centre-of-mass offset": "Mass off middle, px",
}
_TRUTH: Mapping[str, str] = {
    "declared ray against true ray, mean": "Ray error, mean °",
    "declared ray against true ray, max": "Ray error, max °",
    "projection error at the subject's radius": "Projection error, px",
    "declared centre against true centre": "Camera moved",
}
_K: Mapping[str, str] = {
    "fx": "fx", "fy": "fy", "cx": "cx", "cy": "cy", "skew": "Skew", "distortion": "Lens, at most",
}  # fmt: skip
_T: Mapping[str, str] = {"distance": "Distance", "elevation": "Elevation, °", "azimuth": "Azimuth, °"}


@dataclass(frozen=True)
class NumberRow:
    """tip: what it is and why it is judged so."""

    name: str
    before: float | None
    after: float | None
    verdict: Verdict | None = None
    tip: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[NumberRow, ...]


def sections(shown: Shown) -> tuple[Section, ...]:
    """Window, truth, K and pose of one view."""
    rows = {row.quantity: row for row in shown.rows}
    return (
        Section("Window", (*_framing(shown), *_named(rows, _WINDOW))),
        Section("Truth", _named(rows, _TRUTH)),
        Section("K, px", _named(rows, _K)),
        Section("Camera", (*_named(rows, _T), *_pose(shown))),
    )


def _named(rows: Mapping[str, LedgerRow], names: Mapping[str, str]) -> tuple[NumberRow, ...]:
    found = []
    for quantity, name in names.items():
        row = rows.get(quantity)
        if row is not None:
            tip = f"{quantity}, {row.unit}" + (f": {row.note}" if row.note else "")
            found.append(NumberRow(name, row.before, row.after, row.verdict, tip))
    return tuple(found)


def _framing(shown: Shown) -> tuple[NumberRow, ...]:
    framing, (right, down) = shown.framing, shown.framing.aim_deg
    own = "the mode's own window, and what a hand made of it"
    rows = [NumberRow("Aim right, °", 0.0, right, tip=own), NumberRow("Aim down, °", 0.0, down, tip=own)]
    if shown.rolls:
        rows.append(NumberRow("Roll, °", 0.0, framing.roll_deg, tip="clockwise on the photograph"))
    if shown.zooms:
        rows.append(NumberRow("Zoom, ×", 1.0, framing.zoom, tip="times the mode's focal length"))
    return tuple(rows)


def _pose(shown: Shown) -> tuple[NumberRow, ...]:
    """R as where the camera looks and how it is rolled, and its centre; the file's axes before, the model's after."""
    tip = "the file's axes and units before, the model's after"
    before, after = looks_deg(shown.source), looks_deg(shown.declared)
    names = ("Looks at azimuth, °", "Looks at elevation, °", "Rolled, °")
    rows = [NumberRow(name, a, b, tip=tip) for name, a, b in zip(names, before, after, strict=True)]
    centres = zip("xyz", shown.source.centre.tolist(), shown.declared.centre.tolist(), strict=True)
    return (*rows, *(NumberRow(f"Centre {axis}", a, b, tip=tip) for axis, a, b in centres))


def looks_deg(camera: Camera) -> tuple[float, float, float]:
    """(azimuth, elevation, roll) in degrees of a camera's axis, +Z up; roll clockwise as the camera sees the world.

    Roll is NaN where the camera looks straight up or down.
    """
    right, down, forward = camera.pose.R
    azimuth = math.degrees(math.atan2(forward[1], forward[0]))
    elevation = math.degrees(math.asin(float(np.clip(forward[2], -1.0, 1.0))))
    level = float(np.hypot(right[2], down[2]))
    roll = math.degrees(math.atan2(-right[2], -down[2])) if level > 1e-9 else float("nan")
    return azimuth, elevation, roll
