"""How good a predicted view is: figures with the baselines that put them in proportion, and difference images."""

from mouseview.metrics.difference import Difference, DifferenceKind, difference
from mouseview.metrics.pixels import to_float
from mouseview.metrics.scores import Scores, compare, pooled

__all__ = ["Difference", "DifferenceKind", "Scores", "compare", "difference", "pooled", "to_float"]
