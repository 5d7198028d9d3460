"""How good a predicted view is: figures with the baselines that put them in proportion, and difference images."""

from __future__ import annotations

from mouseview.compare.difference import Difference, DifferenceKind, difference
from mouseview.compare.metrics import Scores, compare, pooled
from mouseview.compare.pixels import to_float

__all__ = ["Difference", "DifferenceKind", "Scores", "compare", "difference", "pooled", "to_float"]
