"""Two colour maps of even lightness steps, computed in OKLab so that equal differences look equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
STEPS = 256


def _oklch_to_srgb(
    lightness: npt.NDArray[np.float64], chroma: npt.NDArray[np.float64], hue_deg: npt.NDArray[np.float64]
) -> U8:
    hue = np.deg2rad(hue_deg)
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    )
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * encoded).astype(np.uint8)


def sequential() -> U8:
    """(256, 3): black over violet and red to pale yellow; lightness rises evenly, so more is always brighter."""
    t = np.linspace(0.0, 1.0, STEPS)
    return _oklch_to_srgb(0.05 + 0.92 * t, 0.17 * np.sin(np.pi * t) ** 0.8, 290.0 + 170.0 * t)


def diverging() -> U8:
    """(256, 3): blue below, near-white in the middle, red above; both sides darken by the same steps."""
    t = np.linspace(-1.0, 1.0, STEPS)
    strength = np.abs(t)
    return _oklch_to_srgb(0.97 - 0.52 * strength, 0.15 * strength, np.where(t < 0, 258.0, 28.0))


def paint(values: npt.NDArray[np.floating], low: float, high: float, colours: U8) -> U8:
    """(H, W) → (H, W, 3): ``low`` takes the first colour of the map (256, 3), ``high`` the last, beyond is clipped."""
    step = np.clip((values - low) / (high - low), 0.0, 1.0) * (len(colours) - 1)
    return colours[np.round(step).astype(np.intp)]
