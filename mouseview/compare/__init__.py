"""How good a predicted view is: figures with the baselines that put them in proportion, and difference images."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy.typing as npt

from mouseview.compare.difference import Difference, DifferenceKind, difference
from mouseview.compare.metrics import Scores, compare, pooled
from mouseview.compare.pixels import to_float

__all__ = ["Difference", "DifferenceKind", "Scores", "compare", "difference", "pooled", "to_float"]


class _Callable(ModuleType):
    """For scripts ``mouseview.compare`` is a function; Python gives that name to this package, so it can be called."""

    def __call__(self, prediction: npt.ArrayLike, truth: npt.ArrayLike, alpha: npt.ArrayLike | None = None) -> Scores:
        """See ``metrics.compare``."""
        return compare(prediction, truth, alpha)


sys.modules[__name__].__class__ = _Callable
