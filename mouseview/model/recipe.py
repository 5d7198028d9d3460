"""Recipe: how a sample is normalised. Everything that decides the result, and nothing else."""

from __future__ import annotations

import dataclasses
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

    @property
    def follows_rays(self) -> bool:
        """Resampled along rays: the window can be turned and rolled. The others crop and resize the image."""
        return self in (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.EXACT_ZOOM, Mode.DISTANCE_MATCHED)

    @property
    def zooms(self) -> bool:
        """A view's own zoom acts; the other modes owe their focal length to the format or to the distance."""
        return self not in (Mode.EXACT_AIMED, Mode.EXACT_CENTRED, Mode.DISTANCE_MATCHED)


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
    SESSION = "session"  # one point for all frames, measured over a session
    POINT = "point"  # given by the user

    @property
    def is_given(self) -> bool:
        """Its point stands in the recipe instead of being measured in the sample."""
        return self in (CentreSource.SESSION, CentreSource.POINT)


class UpSource(StrEnum):
    """Which direction of the file's frame becomes +Z of the model's."""

    FILE = "file"  # its own +Z
    CAMERAS = "cameras"  # the direction to which the images' rows are level, on the side of their tops
    GROUND = "ground"  # the normal of a plane fitted to where the subject was, over a session
    GIVEN = "given"  # by the user


class AzimuthSource(StrEnum):
    """What decides the rig's turn about up."""

    FILE = "file"  # none: the file's own axes
    REFERENCE = "reference"  # fits the model's reference rig best
    CAMERA = "camera"  # a named camera stands where the reference rig's first one does


Point = tuple[float, float, float]


@dataclass(frozen=True)
class Framing:
    """What a person changed about one view's window, on top of its mode.

    aim_deg: (right, down), the angles by which the window's middle lies beside what the mode aims at, seen by the
    camera that the mode has aimed: the direction (tan right, tan down, 1).  roll_deg: the window turned clockwise on
    the photograph.  zoom: times the mode's focal length, where ``Mode.zooms``.
    """

    aim_deg: tuple[float, float] = (0.0, 0.0)
    roll_deg: float = 0.0
    zoom: float = 1.0

    @property
    def is_neutral(self) -> bool:
        return self == Framing()

    def replace(self, **changes: object) -> Framing:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


Framings = tuple[tuple[str, Framing], ...]
"""By camera name, sorted, without neutral ones."""


def with_framing(framings: Framings, view: str, framing: Framing) -> Framings:
    """``framings`` with another one for ``view``; a neutral one leaves it out."""
    kept = {name: other for name, other in framings if name != view}
    if not framing.is_neutral:
        kept[view] = framing
    return tuple(sorted(kept.items()))


@dataclass(frozen=True)
class Recipe:
    """mode, model format by name; centre: None takes the most trusted source that the sample has ("subject").

    point: where ``CentreSource.is_given``, in the rig's units.  scale: None computes it from the rig and the centre; a
    session fixes it once and keeps it over frames.  session_scale: it is that of the whole session, which has to be
    measured where ``scale`` is still None.  zoom: for ``exact-zoom``; None fits the subject.  views: names
    of those that are fed to the model and decide scale and centre (empty: all); the others are prepared all the same,
    as held-out truth.  framings: what a person changed in single views.  up_vector: with ``UpSource.GROUND`` and
    ``GIVEN``, in the file's frame.  azimuth_camera: with ``AzimuthSource.CAMERA``.  measured: where numbers given here
    come from, in words, by the field that holds them (``point``, ``scale``, ``up_vector``).
    """

    mode: Mode = Mode.EXACT_AIMED
    model: str = "facelift"
    centre: CentreSource | None = None
    point: Point | None = None
    scale: float | None = None
    session_scale: bool = False
    zoom: float | None = None
    views: tuple[str, ...] = ()
    framings: Framings = ()
    up: UpSource = UpSource.FILE
    up_vector: Point | None = None
    azimuth: AzimuthSource = AzimuthSource.FILE
    azimuth_camera: str = ""
    measured: tuple[tuple[str, str], ...] = ()

    def replace(self, **changes: object) -> Recipe:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def framing(self, view: str) -> Framing:
        return next((framing for name, framing in self.framings if name == view), Framing())

    @property
    def keeps_orientation(self) -> bool:
        """The file's axes stay as they are."""
        return self.up is UpSource.FILE and self.azimuth is AzimuthSource.FILE
