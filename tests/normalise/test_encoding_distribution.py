"""The distance of ray channels: nothing for the same, alike both ways, larger the farther off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mouseview.geometry.rays import RayEncoding
from mouseview.geometry.transforms import Similarity
from mouseview.normalise.encoding_distribution import (
    channel_distances,
    channel_names,
    encoding_distance,
    encoding_values,
    histogram_shares,
    in_other_units,
    reference_channels,
    turned_about_up,
    wasserstein_1,
)
from mouseview.resources import model_format

FORMAT = model_format("facelift")
NUMBER = st.floats(-100, 100, width=32)
SOME = st.integers(1, 30).flatmap(lambda count: arrays(np.float64, count, elements=NUMBER))


@given(SOME, SOME, SOME)
@settings(max_examples=100, deadline=None)
def test_the_distance_of_one_channel_is_a_metric(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    assert wasserstein_1(a, a) == 0
    assert wasserstein_1(a, b) == pytest.approx(wasserstein_1(b, a), abs=1e-9)
    assert wasserstein_1(a, c) <= wasserstein_1(a, b) + wasserstein_1(b, c) + 1e-9
    assert wasserstein_1(a, np.repeat(a, 3)) == pytest.approx(0, abs=1e-9)


@given(SOME, NUMBER)
@settings(max_examples=50, deadline=None)
def test_a_shift_costs_just_its_length(a: np.ndarray, shift: float) -> None:
    assert wasserstein_1(a, a + shift) == pytest.approx(abs(shift), abs=1e-6)


def test_equally_many_values_are_matched_in_order() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=300), rng.gamma(2.0, size=300)
    assert wasserstein_1(a, b) == pytest.approx(float(np.mean(np.abs(np.sort(a) - np.sort(b)))))


@pytest.mark.parametrize("name", [ring.name for ring in FORMAT.reference_rigs])
def test_a_reference_rig_scores_nothing_and_a_larger_one_more(name: str) -> None:
    reference = reference_channels(FORMAT, name)
    assert reference.distance(reference.values) == 0
    scores = []
    for scale in (1.02, 1.2, 2.0, 10.0):
        rig = FORMAT.reference(name).moved(Similarity(np.array(scale), np.eye(3), np.zeros(3)), "model")
        scores.append(reference.distance(encoding_values(list(rig), FORMAT.encoding)))
    assert scores == sorted(scores)
    assert in_other_units(FORMAT, name, 10 * FORMAT.distance) == pytest.approx(scores[-1])
    assert scores[-1] > 10 * reference.turned


def test_a_full_ring_hardly_cares_how_it_is_turned_and_a_half_one_does() -> None:
    assert reference_channels(FORMAT, "training").turned < 0.01
    assert reference_channels(FORMAT, "inference").turned > 0.1


def test_turning_about_up_keeps_heights() -> None:
    rig = FORMAT.reference("training")
    turned = turned_about_up(rig, FORMAT, 0.7)
    np.testing.assert_allclose(turned.centres[:, 2], rig.centres[:, 2], atol=1e-12)
    np.testing.assert_allclose(turned.distances(np.zeros(3)), FORMAT.distance)
    values, others = (encoding_values(list(r), FORMAT.encoding) for r in (rig, turned))
    np.testing.assert_allclose(values[:, [2, 5]], others[:, [2, 5]], atol=1e-12)


def test_the_distance_is_symmetric_in_fixed_units() -> None:
    reference = reference_channels(FORMAT, "training")
    other = encoding_values(list(FORMAT.reference("inference")), FORMAT.encoding)
    there = encoding_distance(other, reference.values, reference.units)
    assert there == pytest.approx(encoding_distance(reference.values, other, reference.units))
    assert there == pytest.approx(float(channel_distances(other, reference.values, reference.units).mean()))


@pytest.mark.parametrize("encoding", list(RayEncoding))
def test_channels_have_names(encoding: RayEncoding) -> None:
    values = encoding_values(list(FORMAT.reference("inference")), encoding, per_side=2)
    assert values.shape == (6 * 4, len(channel_names(encoding)))


def test_what_lies_beside_the_histogram_is_told() -> None:
    shares, beyond = histogram_shares(np.array([-5.0, 0.1, 0.2, 0.9]), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(shares, [0.5, 0.25])
    assert beyond == pytest.approx(0.25)
