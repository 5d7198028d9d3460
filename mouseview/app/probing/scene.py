"""What the probe shows in the 3D scene: rays of the marks, points, their ellipsoids enlarged, the length between."""

from __future__ import annotations

import numpy as np

from mouseview.app.probing.probe import POINTS
from mouseview.app.probing.solution import ProbeSolution
from mouseview.app.scene3d.state import ProbeShape
from mouseview.geometry.transforms import Array

_LOOP = 48
_SEEN_SHARE = 0.05  # of the rig's size: what an ellipsoid is enlarged to
_BEYOND = 1.12  # rays end a little behind their point


def probe_shape(solution: ProbeSolution | None) -> ProbeShape | None:
    """In the rig's own frame and units; None while nothing is marked."""
    if solution is None:
        return None
    size = _size(solution)
    factor = magnification(solution)
    radii, axes = solution.found.ellipsoid
    rays, owners, loops, loop_owners = [], [], [], []
    for point in range(len(POINTS)):
        known = solution.known(point)
        for camera, direction in solution.mark_rays(point):
            reach = 2.0 * size
            if known:
                reach = _BEYOND * float(np.linalg.norm(solution.found.points_world[point] - camera.centre))
            rays.append([camera.centre, camera.centre + reach * direction])
            owners.append(point)
        if known:
            semi = factor * radii[point][:, None] * axes[point]
            for first, second in ((0, 1), (1, 2), (0, 2)):
                loops.append(solution.found.points_world[point] + _ellipse(semi[first], semi[second]))
                loop_owners.append(point)
    return ProbeShape(
        points=solution.found.points_world,
        rays=np.array(rays).reshape(-1, 2, 3),
        ray_points=tuple(owners),
        loops=tuple(loops),
        loop_points=tuple(loop_owners),
        ruler=solution.found.points_world if solution.length is not None else None,
    )


def magnification(solution: ProbeSolution) -> float:
    """By which power of ten ellipsoids are enlarged in the scene: a tenth of a millimetre would not be seen."""
    radii = solution.found.ellipsoid[0][:, 0]
    largest = float(np.nanmax(radii, initial=0.0)) if np.isfinite(radii).any() else 0.0
    size = _size(solution)
    if largest <= 0 or size <= 0:
        return 1.0
    return float(10.0 ** max(np.floor(np.log10(_SEEN_SHARE * size / largest)), 0.0))


def _size(solution: ProbeSolution) -> float:
    """How far cameras stand from their middle, in world units; broken ones do not count."""
    centres = solution.rig.centres[np.all(np.isfinite(solution.rig.centres), axis=-1)]
    return float(np.linalg.norm(centres - centres.mean(axis=0), axis=-1).max()) if len(centres) else 0.0


def _ellipse(first: Array, second: Array) -> Array:
    angle = np.linspace(0, 2 * np.pi, _LOOP)[:, None]
    return np.cos(angle) * first + np.sin(angle) * second
