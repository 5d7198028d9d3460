"""DeepLabCut's columns (scorer, animal, body part, coordinate), as its ``.csv`` and ``.h5`` and Lightning Pose have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mouseview.formats.fields import mismatch
from mouseview.formats.keypoints.table import CENTRE_ORIGIN_PX, Rows, point_names, scored, usable
from mouseview.geometry.transforms import Array

THRESHOLD = 0.6  # DeepLabCut's own cut-off for its plots and videos
NOTES = (
    "DeepLabCut states no pixel origin; the first pixel's centre is assumed, as in its labelling tool",
    f"points with a likelihood below {THRESHOLD} are left out",
)

_COORDINATES = ("x", "y", "likelihood")


@dataclass(frozen=True, eq=False)
class Columns:
    """Where each body part's coordinates stand among a table's columns.

    names (N,): of the body parts.  animals (A,): one empty text where the file has no animals.  x, y, likelihood
    (A, N): column numbers; −1 where the file has no such column.
    """

    names: tuple[str, ...]
    animals: tuple[str, ...]
    x: Rows
    y: Rows
    likelihood: Rows

    def points(self, values: Array, animal: int) -> Array:
        """Values (R, columns) → points (R, N, 2) of one animal in the house pixel origin, without the unlikely ones."""
        x, y = values[:, self.x[animal]], values[:, self.y[animal]]
        points = usable(np.stack([x, y], axis=-1) + CENTRE_ORIGIN_PX)
        has = self.likelihood[animal] >= 0
        likelihood = np.where(has, values[:, np.where(has, self.likelihood[animal], 0)], np.nan)
        return scored(points, likelihood, THRESHOLD)


def columns(header: Sequence[Sequence[str]], path: Path) -> Columns:
    """The columns from one tuple of texts each: scorer, (individual,) body part, coordinate.

    Raises ``FileFormatError`` when they are not DeepLabCut's.
    """
    place = f"{path}, header"
    levels = {len(entry) for entry in header}
    if not levels <= {3, 4} or len(levels) != 1:
        raise mismatch(place, "scorer, body part and coordinate for every column", f"{sorted(levels)} lines")
    scorers = {entry[0] for entry in header}
    if len(scorers) != 1:
        raise mismatch(place, "one scorer", f"{len(scorers)} scorers")
    places = {
        (entry[1] if len(entry) == 4 else "", entry[-2], entry[-1]): at
        for at, entry in enumerate(header)
        if entry[-1] in _COORDINATES  # others add medians and variances of their own
    }
    if not places:
        raise mismatch(place, "columns x, y and likelihood", header[0][-1])
    animals = tuple(dict.fromkeys(animal for animal, _, _ in places))
    names = point_names(tuple(dict.fromkeys(part for _, part, _ in places)), place)
    parts = tuple(dict.fromkeys(part for _, part, _ in places))
    if len(animals) * len(names) > 4 * len(header):
        raise mismatch(place, "the body parts of every animal", f"{len(animals)} animals of {len(names)} body parts")
    table = np.array(
        [[[places.get((animal, part, key), -1) for part in parts] for animal in animals] for key in _COORDINATES]
    ).reshape(3, len(animals), len(names))
    # an animal may lack a part (parts of the arena are an animal of their own); coordinates come in pairs
    if np.any((table[0] < 0) != (table[1] < 0)):
        raise mismatch(place, "x and y of every body part", "one of them alone")
    return Columns(names, animals, *table)
