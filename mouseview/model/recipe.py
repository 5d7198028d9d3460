"""Recipe: how a sample is normalised. Everything that decides the result, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mouseview.model.finding import Truth


class Mode(StrEnum):
    """How images and cameras are brought to the model; mathematics and cost: ``docs/normalisation.md``."""

    EXACT_AIMED = "exact-aimed"
    EXACT_CENTRED = "exact-centred"
    EXACT_ZOOM = "exact-zoom"
    DISTANCE_MATCHED = "distance-matched"
    RAW = "raw"
    DISTANCE_ONLY = "distance-only"
    FORCED_K = "forced-k"
    PIXEL_BASED = "pixel-based"

    @property
    def truth(self) -> Truth:
        """The honest label: what the mode does to the declared geometry of a rig with lenses that was true before."""
        return _TRUTH[self]

    @property
    def summary(self) -> str:
        return _SUMMARY[self]


_TRUTH = {
    Mode.EXACT_AIMED: Truth.TRUE,
    Mode.EXACT_CENTRED: Truth.TRUE,
    Mode.EXACT_ZOOM: Truth.TRUE,
    Mode.DISTANCE_MATCHED: Truth.APPROXIMATE,
    Mode.RAW: Truth.APPROXIMATE,  # the lens stays in; without one the ledger measures that it is true
    Mode.DISTANCE_ONLY: Truth.FALSE,
    Mode.FORCED_K: Truth.FALSE,
    Mode.PIXEL_BASED: Truth.FALSE,
}

_SUMMARY = {
    Mode.EXACT_AIMED: "turned at the subject, resampled to the format's K, one similarity for the rig",
    Mode.EXACT_CENTRED: "resampled about the principal point, one similarity; the subject stays off-centre",
    Mode.EXACT_ZOOM: "aimed and zoomed, the zoomed focal length declared",
    Mode.DISTANCE_MATCHED: "aimed, zoomed by distance, the format's distance declared: true on one plane only",
    Mode.RAW: "resized and padded only; the file's poses and units, the lens left in",
    Mode.DISTANCE_ONLY: "every camera moved to the format's distance by itself: no longer one rig",
    Mode.FORCED_K: "cropped, and the format's K declared over it",
    Mode.PIXEL_BASED: "forced-k, then every image shifted and scaled by its mask, cameras copied",
}


class CentreSource(StrEnum):
    """Where the subject's centre comes from, in order of trust."""

    LABELS = "labels"
    MASKS = "masks"  # triangulated mask centroids
    AXES = "axes"  # meeting point of the optical axes
    ORIGIN = "origin"  # of the calibration file
    CENTROID = "centroid"  # of the cameras; offered because files use it, not because it is right
    POINT = "point"  # given by the user


@dataclass(frozen=True)
class Recipe:
    """mode, model format by name; centre: None takes the most trusted source that the sample has ("subject").

    point: with ``CentreSource.POINT``, in the rig's units.  scale: None computes it from the rig and the centre; a
    session fixes it once and keeps it over frames.  zoom: for ``exact-zoom``; None fits the subject.  views: names
    of those that are fed to the model and decide scale and centre (empty: all); the others are prepared all the same,
    as held-out truth.
    """

    mode: Mode = Mode.EXACT_AIMED
    model: str = "facelift"
    centre: CentreSource | None = None
    point: tuple[float, float, float] | None = None
    scale: float | None = None
    zoom: float | None = None
    views: tuple[str, ...] = ()
