"""The options that add up to a recipe: read, said again for a resumed run, and refused where they mean nothing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.cli.job_options import words_of
from mouseview.cli.options import add_recipe, recipe_of, recipe_words
from mouseview.model.recipe import AzimuthSource, CentreSource, Recipe, UpSource
from tests.cli.conftest import Cli

NUMBERS = st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-6)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS).map(lambda values: ",".join(map(repr, values)))


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_recipe(parser)
    return parser.parse_args(words)


def recipe(*words: str) -> Recipe:
    return recipe_of(parsed(*words), "facelift")


def test_without_options_the_recipe_is_the_default() -> None:
    assert recipe() == Recipe()


@given(
    st.sampled_from(["subject", "labels", "session", "axes"]) | VECTORS,
    st.sampled_from(["file", "cameras", "ground"]) | VECTORS,
    st.sampled_from(["file", "reference", "cam3", "top left"]),
    st.just("session") | st.floats(1e-6, 1e6).map(repr),
)
def test_said_again_the_options_lead_to_the_same_recipe(centre: str, up: str, azimuth: str, scale: str) -> None:
    first = parsed(f"--centre={centre}", f"--up={up}", f"--azimuth={azimuth}", f"--scale={scale}")
    again = parsed(*words_of(**recipe_words(first)))
    assert recipe_of(again, "facelift") == recipe_of(first, "facelift")


def test_sources_and_numbers() -> None:
    assert recipe("--up", "cameras").up is UpSource.CAMERAS
    given_up = recipe("--up=0,0,-1")
    assert (given_up.up, given_up.up_vector) == (UpSource.GIVEN, (0.0, 0.0, -1.0))
    named = recipe("--azimuth", "cam2")
    assert (named.azimuth, named.azimuth_camera) == (AzimuthSource.CAMERA, "cam2")
    assert recipe("--azimuth", "reference").azimuth is AzimuthSource.REFERENCE
    session = recipe("--centre", "session", "--scale", "session")
    assert (session.centre, session.point, session.scale) == (CentreSource.SESSION, None, None)
    assert session.session_scale
    assert recipe("--scale", "0.0086").scale == 0.0086


def test_normalize_measures_what_the_recipe_asks_of_the_session(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    words = ("--centre", "session", "--scale", "session", "--up", "cameras", "--azimuth", "reference")
    assert cli("normalize", sample_folder, "--out", tmp_path, *words) == 0
    assert "centre: median of the subject's centres in 1 frame of" in cli.out
    world = json.loads((tmp_path / "sample_000000" / "ledger.json").read_text(encoding="utf-8"))["chain"][0]
    assert "1 frame of" in world["sources"]["scale"]
    assert "level" in world["sources"]["up"]
    assert "reference rig" in world["sources"]["azimuth"]
    assert cli("normalize", sample_folder, "--out", tmp_path / "other", "--up", "ground") == 1
    assert "ground" in cli.err
    assert "--up" not in cli.out


def test_normalize_takes_a_direction_with_a_minus(cli: Cli, sample_folder: Path, tmp_path: Path) -> None:
    document = cli.json("normalize", sample_folder, "--out", tmp_path, "--up", "-1,0,0")
    np.testing.assert_allclose(np.array(document["similarity"]["rotation"]) @ [-1, 0, 0], [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("words", ["--up=0,0,0", "--up=sky", "--up=1,nan,0", "--scale=-1", "--scale=inf", "--scale=x"])
def test_what_means_nothing_is_refused(words: str) -> None:
    with pytest.raises(argparse.ArgumentError):
        parsed(words)
