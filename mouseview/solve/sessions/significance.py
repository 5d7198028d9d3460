"""Is one reading worse than another beyond chance? Neighbouring frames are no independent witnesses."""

from __future__ import annotations

import numpy as np

from mouseview.geometry.transforms import Array

_BLOCKS = 8
_LEAST_BLOCKS = 3


def standard_error(gaps: Array) -> float:
    """Of the mean of gaps (F,) in the order of time, from the means of blocks; inf where there are too few."""
    count = min(_BLOCKS, len(gaps))
    if count < _LEAST_BLOCKS:
        return float("inf")
    means = np.array([block.mean() for block in np.array_split(gaps, count)])
    return float(means.std(ddof=1) / np.sqrt(count))
