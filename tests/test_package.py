"""The names that scripts and notebooks rely on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mouseview as mv
from tests.shared_data import shared_path


def test_every_public_name_resolves() -> None:
    for name in mv.__all__:
        assert getattr(mv, name) is not None
    assert set(mv.__all__) <= set(dir(mv))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="telescope"):
        mv.telescope  # noqa: B018


def test_the_errors_of_users_carry_place_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(mv.MouseViewError) as caught:
        mv.open_dataset(tmp_path / "nothing here")
    assert caught.value.place
    assert caught.value.remedy


def test_the_journey_of_a_script() -> None:
    sample = mv.open_dataset(shared_path("data/facelift_sample"))[0]
    prepared = mv.prepare(sample, mode="exact-aimed", model="facelift")
    views = len(sample.rig)
    assert prepared.images.shape == (views, 512, 512, 4)
    assert prepared.images.dtype == np.float32
    assert prepared.fxfycxcy.shape == (views, 4)


def test_compare_scores_an_image_against_another() -> None:
    from mouseview.metrics.scores import compare

    image = np.random.default_rng(0).random((16, 16, 4))
    other = np.clip(image + 0.1, 0, 1)
    assert mv.compare(other, image) == compare(other, image)
    assert mv.compare(image, image).psnr == np.inf


def test_an_unknown_mode_lists_those_there_are() -> None:
    sample = mv.Sample("empty", mv.Rig(()))
    with pytest.raises(mv.MouseViewError, match="exact-aimed"):
        mv.prepare(sample, mode="nonsense")
