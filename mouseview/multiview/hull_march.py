"""The hull's inner loop: along every ray, how near does it come to a point inside all other silhouettes?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mouseview.geometry.compiled import compiled
from mouseview.geometry.transforms import Array

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_FINEST_PX = 0.35  # steps along a ray are never shorter, seen in any view
_SHORTEST_STEP = 1 / 4096  # of a segment: past a camera's own plane its length in px has no end
_SLACK = 1.1  # a segment's length in px is taken that much longer: lenses bend it


@compiled(nogil=True)
def _away(fields: F32, w: int, x: float, y: float, width: int, height: int) -> float:
    """Bilinear value of field w at window coordinates x, y; beyond the window that of its edge."""
    x = min(max(x - 0.5, 0.0), width - 1.001)
    y = min(max(y - 0.5, 0.0), height - 1.001)
    i, j = int(x), int(y)
    a, b = x - i, y - j
    top = fields[w, j, i] * (1 - a) + fields[w, j, i + 1] * a
    low = fields[w, j + 1, i] * (1 - a) + fields[w, j + 1, i + 1] * a
    return top * (1 - b) + low * b


@compiled(nogil=True)
def least_gaps(
    pixels: F32, depth: F32, seen: npt.NDArray[np.bool_], views: I64, masks: I64,
    fields: F32, sizes: I64, corners: Array, reach: Array, every: int, exact: float,
    gaps: Array, places: Array, blamed: I64,
) -> None:  # fmt: skip
    """Of P rays seen by V views: the least, along a ray, of the px by which it lies outside the worst silhouette.

    pixels (V, P, K, 2), depth (V, P, K), seen (V, P, K): knots of every ray in every view.  fields (V, H, W), sizes
    (V, 2) as (width, height), corners (V, 2), reach (V,): signed distances, see ``Silhouette``.  views (J,): those that
    judge, with the silhouettes masks (J,).  exact: part of itself that a gap is known to.
    Of ``every`` so many rays one is followed, Q of them. Fills gaps (Q,): px, 0 where some point lies inside all;
    places (Q,): at which knot, a fraction between two; blamed (Q,): the view that is missed most there, −1 where none
    judges.
    """
    knots = depth.shape[2]
    worst_at = np.empty(knots)
    speed = np.empty(knots)
    for row in range(len(gaps)):
        p = row * every
        best, place, culprit = np.inf, 0.0, -1
        for k in range(knots):
            worst, who, fastest = -np.inf, -1, 1e-3
            for j in range(len(views)):
                w, m = views[j], masks[j]
                if not seen[w, p, k]:
                    continue
                x, y = pixels[w, p, k, 0], pixels[w, p, k, 1]
                value = min(_away(fields, m, x - corners[m, 0], y - corners[m, 1], sizes[m, 0], sizes[m, 1]), reach[m])
                if value > worst:
                    worst, who = value, w
                if k + 1 < knots and seen[w, p, k + 1]:
                    length = np.hypot(pixels[w, p, k + 1, 0] - x, pixels[w, p, k + 1, 1] - y)
                    fastest = max(fastest, _SLACK * length)
            worst_at[k], speed[k] = worst, fastest
            if worst < best:
                best, place, culprit = worst, float(k), who
            if best <= 0.0:
                break
        if best > 0.0:
            for k in range(knots - 1):
                if 0.5 * (worst_at[k] + worst_at[k + 1] - speed[k]) >= (1 - exact) * best:
                    continue  # no point between these two knots can lie nearer
                part = 0.0
                while part < 1.0:
                    worst, who = -np.inf, -1
                    for j in range(len(views)):
                        w, m = views[j], masks[j]
                        if not (seen[w, p, k] and seen[w, p, k + 1]):
                            continue
                        z0, z1 = depth[w, p, k], depth[w, p, k + 1]
                        far = part * z0 / ((1 - part) * z1 + part * z0)  # evenly in space is not evenly in the image
                        x = pixels[w, p, k, 0] + far * (pixels[w, p, k + 1, 0] - pixels[w, p, k, 0])
                        y = pixels[w, p, k, 1] + far * (pixels[w, p, k + 1, 1] - pixels[w, p, k, 1])
                        x, y = x - corners[m, 0], y - corners[m, 1]
                        value = min(_away(fields, m, x, y, sizes[m, 0], sizes[m, 1]), reach[m])
                        if value > worst:
                            worst, who = value, w
                    if worst < best:
                        best, place, culprit = worst, k + part, who
                    if best <= 0.0:
                        break
                    part += max(max(worst - best, exact * best, _FINEST_PX) / speed[k], _SHORTEST_STEP)
                if best <= 0.0:
                    break
        gaps[row], places[row], blamed[row] = max(best, 0.0), place, culprit
