"""Ledger and Prepared: what normalisation did to a sample, and what it hands to a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mouseview.geometry.transforms import Similarity
from mouseview.model.camera import Rig
from mouseview.model.finding import Verdict
from mouseview.model.recipe import CentreSource, Mode


@dataclass(frozen=True)
class LedgerRow:
    """One quantity before and after.

    view: camera name, or "" for the rig.  before, after: numbers in ``unit`` (None where they do not apply).
    verdict: what this row says about truth and format.  note: why, in a few words.
    """

    view: str
    quantity: str
    unit: str
    before: float | None
    after: float | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True)
class Ledger:
    rows: tuple[LedgerRow, ...]
    verdict: Verdict  # of the whole

    def of(self, view: str) -> tuple[LedgerRow, ...]:
        return tuple(row for row in self.rows if row.view == view)


@dataclass(frozen=True, eq=False)
class SubjectCentre:
    """A candidate for the subject's centre: point (3,) in the rig's units, where it comes from, how sure it is."""

    source: CentreSource
    point: npt.NDArray[np.float64]
    residual: float | None  # RMS in the rig's units
    note: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """A sample brought to a model.

    images (V, S, S, 4) float32 in 0..1: RGB already composited on white, alpha beside it (0 in the padding).
    rig: the cameras that are **declared** to the model.  true_rig: cameras whose rays pass through what the pixels
    show, in the same frame and with the same centres where the mode is a similarity; equal to ``rig`` where the mode
    is true.  It keeps a lens that the images keep.  similarity: from the file's frame to the model's; None where the
    mode is none (per-view scaling), and ``true_rig`` is then the rig scaled to the mean distance.  chain: the
    transforms from source pixels to ``images``, JSON-able, so that any result maps back.
    """

    name: str
    mode: Mode
    model: str
    images: npt.NDArray[np.float32]
    rig: Rig
    true_rig: Rig
    centre: SubjectCentre
    ledger: Ledger
    similarity: Similarity | None
    resampled: bool
    chain: tuple[dict[str, object], ...]

    @property
    def fxfycxcy(self) -> npt.NDArray[np.float32]:
        """(V, 4) as the network takes it."""
        return np.array([camera.fxfycxcy for camera in self.rig], dtype=np.float32)

    @property
    def c2w(self) -> npt.NDArray[np.float32]:
        """(V, 4, 4) as the network takes it."""
        return np.array([camera.T_world_cam for camera in self.rig], dtype=np.float32)
