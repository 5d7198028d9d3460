"""Hypothesis strategies for geometry: rotations, motions, lenses and cameras as they occur on real rigs."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mouseview.geometry.lenses import Lens, LensModel
from mouseview.geometry.transforms import Rigid, Similarity
from mouseview.model.camera import Camera


def reals(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


def vectors(limit: float) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(*[reals(-limit, limit)] * 3).map(np.array)


rotations = st.tuples(*[reals(-3.0, 3.0)] * 3).map(lambda v: Rotation.from_rotvec(v).as_matrix())
rigids = st.builds(Rigid, rotations, vectors(500.0))
similarities = st.builds(Similarity, reals(1e-3, 1e3), rotations, vectors(50.0))

radtan_lenses = st.builds(
    lambda *k: Lens(LensModel.RADTAN, np.array(k)),
    reals(-0.5, 0.5),
    reals(-0.3, 0.3),
    reals(-5e-3, 5e-3),
    reals(-5e-3, 5e-3),
    reals(-0.2, 0.2),
    reals(-0.1, 0.1),
    reals(-0.1, 0.1),
    reals(-0.1, 0.1),
)
fisheye_lenses = st.builds(
    lambda *k: Lens(LensModel.FISHEYE, np.array(k)),
    reals(-0.1, 0.1),
    reals(-0.05, 0.05),
    reals(-0.02, 0.02),
    reals(-0.01, 0.01),
)
lenses = st.one_of(radtan_lenses, fisheye_lenses)


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    lens = draw(lenses)
    K = np.array(
        [
            [draw(reals(400, 2500)), draw(reals(-10, 10)), draw(reals(300, 800))],
            [0, draw(reals(400, 2500)), draw(reals(300, 800))],
            [0, 0, 1],
        ]
    )
    return Camera("cam", 1152, 1024, K, lens.coefficients, draw(rigids).matrix, lens.model)
