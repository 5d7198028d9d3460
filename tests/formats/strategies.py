"""Random rigs for the laws of the formats."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mouseview.geometry.lenses import LensModel
from mouseview.geometry.rotations import rotation_of
from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera, Rig

# letters, digits and what file systems and text formats trip over
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",)) | st.sampled_from(list("aB3 ._-/\\:\"'#[]\n\t")),
    min_size=1,
    max_size=12,
).filter(str.strip)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, width=64)


@st.composite
def rotations(draw: st.DrawFn) -> np.ndarray:
    """Any proper rotation; half turns and no turn at all among them."""
    axis = np.array([draw(numbers(-1, 1)) for _ in range(3)])
    length = np.linalg.norm(axis)
    axis = axis / length if length > 1e-3 else np.array([0.0, 0.0, 1.0])
    angle = draw(numbers(0, np.pi) | st.sampled_from([0.0, np.pi, np.pi - 1e-9, 1e-12, np.pi / 2]))
    return rotation_of(axis * angle)


@st.composite
def cameras(draw: st.DrawFn, name: str, radtan: int, fisheye: bool, skew: bool) -> Camera:
    lens = draw(st.sampled_from([LensModel.RADTAN, LensModel.FISHEYE] if fisheye else [LensModel.RADTAN]))
    count = draw(st.integers(0, 4 if lens is LensModel.FISHEYE else radtan))
    slant = draw(numbers(-10, 10)) if skew else 0.0
    K = np.array([[draw(numbers(1, 1e4)), slant, draw(numbers(-1e3, 1e4))], [0, draw(numbers(1, 1e4)), 0], [0, 0, 1]])
    K[1, 2] = draw(numbers(-1e3, 1e4))
    pose = Rigid(draw(rotations()), np.array([draw(numbers(-1e3, 1e3)) for _ in range(3)]))
    distortion = np.array([draw(numbers(-2, 2)) for _ in range(count)])
    size = draw(st.integers(1, 8192)), draw(st.integers(1, 8192))
    return Camera(name, *size, K, distortion, pose.matrix, lens)


@st.composite
def rigs(draw: st.DrawFn, radtan: int = 8, fisheye: bool = True, skew: bool = True) -> Rig:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    units = draw(st.sampled_from(["mm", "m", "unknown"]))
    return Rig(tuple(draw(cameras(name, radtan, fisheye, skew)) for name in names), units=units)
