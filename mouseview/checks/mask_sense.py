"""Masks show a subject: not empty, not everything, not inverted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity

_EVERYTHING = 0.999
_INVERTED_BORDER = 0.9  # share of the image's border that is masked
_INVERTED_AREA = 0.5


def mask_sense(evidence: Evidence) -> Iterator[Finding]:
    for camera, stats, _ in evidence.masked_views():
        if stats.area_px == 0:
            yield evidence.finding(
                "mask-empty",
                Severity.WARNING,
                "the mask is empty: the model would be fed a white image",
                "segment this view again, or leave it out of this sample",
                camera,
            )
        elif stats.coverage > _EVERYTHING:
            yield evidence.finding(
                "mask-covers-all",
                Severity.WARNING,
                f"the mask covers {100 * stats.coverage:.1f} % of the image: it cuts nothing out",
                "segment this view again, or open the images without this mask",
                camera,
            )
        else:
            mask = stats.mask
            border = float(np.mean(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])))
            if stats.coverage > _INVERTED_AREA and border > _INVERTED_BORDER:
                yield evidence.finding(
                    "mask-inverted",
                    Severity.ERROR,
                    f"the mask covers {100 * stats.coverage:.0f} % of the image and {100 * border:.0f} % of its edge: "
                    "it is the background",
                    "invert the masks (white on the subject)",
                    camera,
                )
