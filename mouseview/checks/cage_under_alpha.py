"""Colour hidden under alpha 0: harmless here, a cage for every program that drops alpha."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_SPREAD = 0.05  # standard deviation of hidden colour, of the full range
_STRIDE = 4  # px between the pixels that are looked at


def cage_under_alpha(evidence: Evidence) -> Iterator[Finding]:
    found = []
    for camera, _, image in evidence.masked_views():
        thin = image[::_STRIDE, ::_STRIDE]
        hidden = thin[thin[..., 3] == 0][:, :3] / np.iinfo(image.dtype).max
        if len(hidden) and float(hidden.std(axis=0).max()) > _SPREAD:
            found.append((float(hidden.std(axis=0).max()), camera))
    if not found:
        return
    spread, worst = max(found, key=lambda pair: pair[0])
    yield evidence.finding(
        "cage-under-alpha",
        Severity.INFO,
        f"{len(found)} image(s) keep the scene's colours under alpha 0 (spread {100 * spread:.0f} % in {worst.name}): "
        "a program that ignores alpha is fed the cage",
        "nothing to do here: colour is premultiplied and put on white; normalise to write images without it",
        worst,
    )
