"""Difference images: values by hand, colours that keep their order, legends that say what the image says."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.metrics import DifferenceKind, difference
from mouseview.metrics.colour_maps import diverging, sequential
from mouseview.model.errors import MouseViewError

LUMA = np.array([0.2126, 0.7152, 0.0722])


def luma(colours: np.ndarray) -> np.ndarray:
    encoded = colours / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear @ LUMA


def lightness(colours: np.ndarray) -> np.ndarray:
    return 116 * np.cbrt(luma(colours)) - 16


def pair() -> tuple[np.ndarray, np.ndarray]:
    truth = np.full((16, 20, 3), 0.5)
    prediction = truth.copy()
    prediction[4:8, 4:8] += [0.1, 0.2, -0.3]
    prediction[10:14, 10:14] -= 0.25
    return prediction, truth


def test_absolute_and_signed_values() -> None:
    prediction, truth = pair()
    absolute = difference(prediction, truth, DifferenceKind.ABSOLUTE)
    assert absolute.values[5, 5] == pytest.approx(0.2)
    assert absolute.values[0, 0] == 0
    signed = difference(prediction, truth, DifferenceKind.SIGNED)
    assert signed.values[5, 5] == pytest.approx(float(np.array([0.1, 0.2, -0.3]) @ LUMA))
    assert signed.values[11, 11] == pytest.approx(-0.25)
    swapped = difference(truth, prediction, DifferenceKind.SIGNED)
    np.testing.assert_allclose(swapped.values, -signed.values)


def test_ssim_difference_vanishes_only_where_images_agree() -> None:
    prediction, truth = pair()
    result = difference(prediction, truth, DifferenceKind.SSIM)
    assert result.values[6, 6] > 0.1
    np.testing.assert_allclose(difference(truth, truth, DifferenceKind.SSIM).values, 0, atol=1e-9)


@pytest.mark.parametrize("kind", DifferenceKind)
def test_the_legend_speaks_the_language_of_the_image(kind: DifferenceKind) -> None:
    """Every painted pixel has the colour that the legend shows at its value, and the scale does not depend on data."""
    prediction, truth = pair()
    result = difference(prediction, truth, kind)
    where = np.clip((result.values - result.low) / (result.high - result.low), 0, 1) * 255
    np.testing.assert_array_equal(result.image, result.legend[0][np.round(where).astype(int)])
    assert result.image.shape == (16, 20, 3)
    assert result.legend.shape == (16, 256, 3)
    same = difference(truth, truth, kind)
    assert (same.low, same.high) == (result.low, result.high)
    assert result.meaning


def test_colour_maps_have_even_lightness() -> None:
    rising = np.diff(lightness(sequential()))
    assert np.all(rising >= -0.3)
    assert lightness(sequential())[-1] - lightness(sequential())[0] > 85
    light = lightness(diverging())
    np.testing.assert_allclose(light, light[::-1], atol=4)
    assert np.all(np.diff(light[:128]) > -0.3)
    assert light.max() > 90 > 60 > light[0]
    blue, red = diverging()[0].astype(int), diverging()[-1].astype(int)
    assert blue[2] > blue[0] + 60
    assert red[0] > red[2] + 60


def test_own_scale_and_refusals() -> None:
    prediction, truth = pair()
    assert difference(prediction, truth, scale=(0.0, 1.0)).high == 1.0
    with pytest.raises(ValueError, match="low < high"):
        difference(prediction, truth, scale=(1.0, 1.0))
    with pytest.raises(MouseViewError, match="differ in size"):
        difference(prediction[:12], truth)
