"""The configuration: what is read, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.rays import RayEncoding
from mouseview.inference.config import GSLRMConfig
from mouseview.model.errors import CheckpointError

configs = st.builds(
    lambda encoding, heads, d_head, n_layer, patch_size, n_gaussians, sh_degree, marker: GSLRMConfig(
        encoding, heads * d_head, d_head, n_layer, patch_size, n_gaussians, sh_degree, marker
    ),
    st.sampled_from(RayEncoding),
    st.integers(1, 8),
    st.integers(1, 64),
    st.integers(1, 30),
    st.integers(1, 16),
    st.integers(0, 9),
    st.integers(0, 3),
    st.booleans(),
)


@given(configs)
def test_a_configuration_survives_its_own_mapping(config: GSLRMConfig) -> None:
    assert GSLRMConfig.from_mapping(config.to_mapping()) == config


def _block(**changes: Any) -> dict[str, Any]:
    block = GSLRMConfig("nearest", 64, 32, 2).to_mapping()
    for dotted, value in changes.items():
        *sections, name = dotted.split("__")
        table = block
        for section in sections:
            table = table[section]
        table[name] = value
    return block


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"use_aug_plucker": True}, "use_custom_plucker and model.use_aug_plucker"),
        ({"image_tokenizer__in_channels": 12}, "in_channels is 12"),
        ({"image_tokenizer__in_channels": "9"}, "in_channels is '9'"),
        ({"gaussians__upsampler__upsample_factor": 2}, "upsample_factor is 2"),
        ({"hard_pixelalign": False}, "hard_pixelalign is False"),
        ({"hard_pixelalign": "yes"}, "hard_pixelalign is 'yes'"),
        ({"transformer": None}, "model.transformer"),
        ({"transformer__d": 2.5}, "transformer.d is 2.5"),
        ({"transformer__d": True}, "transformer.d is True"),
        ({"transformer__d": 100}, "d = 100"),
        ({"transformer__n_layer": 10**9}, "n_layer is 1000000000"),
        ({"gaussians__sh_degree": 4}, "sh_degree is 4"),
        ({"use_custom_plucker": "true"}, "use_custom_plucker is 'true'"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(CheckpointError, match=r".") as caught:
        GSLRMConfig.from_mapping(_block(**changes), "run/config.yaml")
    assert named in caught.value.message
    assert caught.value.place in ("run/config.yaml", "model configuration")


def test_the_release_has_its_known_sizes() -> None:
    config = GSLRMConfig("nearest", 1024, 64, 24)
    assert (config.heads, config.in_channels, config.gaussian_channels) == (16, 9, 14)
