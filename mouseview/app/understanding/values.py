"""What the understanding panel is asked for and what it shows, as frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from mouseview.app.scene3d.state import Ball
from mouseview.geometry.transforms import Array
from mouseview.model.finding import Truth
from mouseview.model.recipe import Mode
from mouseview.model.sample import Sample

if TYPE_CHECKING:  # numba comes with them
    from mouseview.normalise.subject_ball import BallPicture


class Page(IntEnum):
    """In the order of the panel's buttons."""

    RAYS = 0
    BALL = 1
    CHANNELS = 2
    DISTRIBUTION = 3


class Quantity(StrEnum):
    """What the maps of one camera show."""

    DIRECTION = "d"
    NEAREST = "p"
    MOMENT = "o×d"
    BOX = "box"
    WINDOW = "window"

    @property
    def is_vector(self) -> bool:
        return self in (Quantity.DIRECTION, Quantity.NEAREST, Quantity.MOMENT)


class Against(StrEnum):
    """What the declared maps are subtracted from."""

    TRUE = "true"
    BEFORE = "before"


@dataclass(frozen=True)
class Wish:
    """What a user wants to see. as_if: a mode to look at without choosing it.  reference: a rig's name, "" the format's
    last, which is what the model was trained on."""

    page: Page = Page.BALL
    as_if: Mode | None = None
    quantity: Quantity = Quantity.NEAREST
    against: Against = Against.TRUE
    reference: str = ""

    def replace(self, **changes: Any) -> Wish:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False)
class SubjectBall:
    """The subject as a ball in the frame and units of its sample's file."""

    sample: Sample
    ball: Ball

    def is_at(self, other: SubjectBall) -> bool:
        """The same place and size."""
        a, b = self.ball, other.ball
        return bool(np.array_equal(a.centre, b.centre)) and a.radius == b.radius


@dataclass(frozen=True, eq=False)
class TileSide:
    """One view under one mode.

    picture: the ray-error map, or the photograph as the model gets it.  lines: curves (N, 2) in canonical px.  ball:
    where it is to be drawn.  number: in a few characters.
    """

    picture: QImage | None
    lines: tuple[Array, ...]
    ball: BallPicture | None
    number: str
    truth: Truth
    size_px: int


@dataclass(frozen=True, eq=False)
class ViewTile:
    """One view: as it is, and beside it as it would be under the mode that is looked at."""

    name: str
    held_out: bool
    sides: tuple[TileSide, ...]


@dataclass(frozen=True, eq=False)
class Legend:
    """A colour bar (1, n, 3) with marks at places 0..1; ``""``: nothing beside it."""

    colours: npt.NDArray[np.uint8]
    marks: tuple[tuple[float, str], ...]
    unit: str = ""


@dataclass(frozen=True, eq=False)
class MapImage:
    """title: "x", "y", "z" or "".  lines: curves (N, 2) in shares 0..1 of the image."""

    title: str
    image: QImage
    lines: tuple[Array, ...] = ()


@dataclass(frozen=True, eq=False)
class MapGroup:
    """The maps of one quantity by one camera, on one scale. note: what leaves the scale, "" where nothing does."""

    title: str
    maps: tuple[MapImage, ...]
    legend: Legend
    note: str = ""


@dataclass(frozen=True, eq=False)
class ChannelHistogram:
    """Shares (bins,) of a channel between ``edges`` (bins + 1,): reference, before, after; their distances in spreads.

    beyond: the shares of before and of after that lie beside the edges.
    """

    name: str
    edges: Array
    reference: Array
    before: Array
    after: Array
    beyond: tuple[float, float]
    distances: tuple[float, float]


class MarkKind(StrEnum):
    ANCHOR = "anchor"  # something to hold the others against
    BEFORE = "before"
    MODE = "mode"
    SHOWN = "shown"  # the mode that the histograms show


@dataclass(frozen=True)
class LadderMark:
    label: str
    distance: float
    kind: MarkKind
    truth: Truth | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """What one page shows. text: what one sees, in words; verdict: of the mode that is shown last, None where there
    is none.

    Only the parts of ``page`` are filled.  titles: the modes that are shown, one for each side of a tile.
    """

    page: Page
    text: str
    verdict: Truth | None = None
    titles: tuple[str, ...] = ()
    tiles: tuple[ViewTile, ...] = ()
    legend: Legend | None = None
    groups: tuple[MapGroup, ...] = ()
    histograms: tuple[ChannelHistogram, ...] = ()
    ladder: tuple[LadderMark, ...] = ()
    references: tuple[str, ...] = ()
    reference: str = ""
