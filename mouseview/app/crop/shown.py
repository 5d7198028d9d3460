"""What the crop panel shows of one view, computed apart from the painting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.app.crop.curves import Border
from mouseview.app.crop.snap import Target
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.model.prepared import LedgerRow
from mouseview.model.recipe import Framing, Mode

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Result:
    """The canonical image of one view. image (S, S, 4) uint8 on white, alpha beside it.  ratio: source px per px.

    principal: declared.  subject: as the pixels show it; None where it is behind the camera.  full: not a preview.
    """

    image: Bytes
    ratio: float
    principal: Array
    subject: Array | None
    full: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """One view under the framing that a hand or the project gives it.

    source: its camera.  border: of the window on the photograph; None where it lies beyond the lens.  targets: what
    the middle can snap to.  snapped: what it has snapped to.  rows: of the ledger, of this view.  declared: camera.
    rolls, zooms: what the mode allows.
    """

    source: Camera
    mode: Mode
    framing: Framing
    in_hand: bool
    border: Border | None
    result: Result | None
    targets: tuple[Target, ...]
    snapped: str
    rows: tuple[LedgerRow, ...]
    declared: Camera
    size: int

    @property
    def rolls(self) -> bool:
        return self.mode.follows_rays

    @property
    def zooms(self) -> bool:
        return self.mode.zooms

    @property
    def subject_source(self) -> Array | None:
        """(2,) px of the photograph."""
        return next((target.pixel for target in self.targets if target.is_subject), None)


@dataclass(frozen=True)
class Hint:
    """A word in place. switch: the mode that can do what was asked for."""

    text: str
    switch: Mode | None = None


def zoom_hint(mode: Mode) -> Hint:
    """Why the wheel does nothing in a mode that keeps its focal length, and which mode zooms."""
    if mode is Mode.DISTANCE_MATCHED:
        text = "distance-matched owes its zoom to the distance; exact-zoom declares its own: true, outside the format"
    else:
        text = f"{mode} keeps the format's focal length; exact-zoom declares its own: true, outside the format"
    return Hint(text, Mode.EXACT_ZOOM)


def roll_hint(mode: Mode) -> Hint:
    return Hint(f"{mode} crops the photograph and cannot roll; exact-aimed can", Mode.EXACT_AIMED)


def locked_hint(camera: str) -> Hint:
    return Hint(f"{camera} is locked: its window stays as it is until you unlock it")
