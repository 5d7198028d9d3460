"""A session measured once: its numbers are those of the walk that made it, and recipes say where they come from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats.dataset import open_dataset
from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Labels, Rig
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.recipe import AzimuthSource, CentreSource, Recipe, UpSource
from mouseview.model.sample import Dataset, Sample
from mouseview.normalise.ground import NoGround
from mouseview.normalise.prepare import plan_sample
from mouseview.workflow import session_survey
from mouseview.workflow.session_survey import (
    FRAMES,
    resolved,
    survey_session,
    wants_survey,
    with_ground_up,
    with_session_centre,
    with_session_scale,
)
from tests.geometry.strategies import rotations
from tests.rigs import SUBJECT_MM, mouse_ring
from tests.shared_data import shared_path

Z = np.array([0.0, 0.0, 1.0])
BODY = np.concatenate([np.random.default_rng(7).uniform([-35, -12, 6], [35, 12, 30], (10, 3)),
                       [[-20, -9, 0], [-20, 9, 0], [22, -9, 0], [22, 9, 0]]])  # fmt: skip


def dataset_of(samples: Sequence[Sample]) -> Dataset:
    return Dataset("walk", Path("walk"), "dannce", tuple(sample.name for sample in samples), lambda i: samples[i])


def walking(places: Array, rig: Rig, R: Array | None = None) -> Dataset:
    """A labelled body at each place (F, 3) of the arena's floor; everything turned by ``R``."""
    turn = np.eye(3) if R is None else R
    moved = rig.moved(Similarity(np.array(1.0), turn, np.zeros(3)), rig.units)
    return dataset_of([
        Sample(f"f{index:03d}", moved, labels=Labels(((BODY + place) @ turn.T)[None]))
        for index, place in enumerate(places)
    ])  # fmt: skip


def places(count: int, seed: int = 0) -> Array:
    """(F, 3) mm about the place under ``SUBJECT_MM``."""
    rng = np.random.default_rng(seed)
    floor = SUBJECT_MM * [1, 1, 0]
    return floor + np.stack([rng.uniform(-70, 70, count), rng.uniform(-70, 70, count), np.zeros(count)], -1)


@settings(max_examples=20)
@given(rotations, st.integers(0, 100))
def test_a_walk_is_measured_in_any_frame(R: Array, seed: int) -> None:
    walk, rig = places(30, seed), mouse_ring()
    found = survey_session(walking(walk, rig, R), Recipe())
    assert found.asked == len(found.moments) == FRAMES
    centres = walk[np.linspace(0, 29, FRAMES).round().astype(int)] + BODY.mean(axis=0)
    assert np.allclose(found.centres @ R, centres, atol=1e-9)
    nearer = [np.linalg.norm(centres - other, axis=-1).sum() for other in (centres.mean(0), np.median(centres, 0))]
    assert np.linalg.norm(found.centres - found.centre, axis=-1).sum() <= min(nearer) + 1e-6
    means = np.mean([rig.distances(centre) for centre in centres], axis=1)
    assert found.scale == pytest.approx(2.7 / np.median(means))
    assert found.mean_distances_model == pytest.approx((means.min() * found.scale, means.max() * found.scale))
    recipe = with_ground_up(Recipe(), found)
    assert angle_between_deg(recipe.up_vector, R @ Z) < 1e-4
    assert "lowest labelled points" in dict(recipe.measured)["up_vector"]


def test_a_fixed_centre_lets_the_animal_leave_the_box_and_its_own_does_not() -> None:
    found = survey_session(walking(2.5 * places(24) - 1.5 * SUBJECT_MM * [1, 1, 0], mouse_ring()), Recipe())
    share = found.outside_share(found.centre)
    assert share is not None
    assert share > 0.5
    assert found.outside_share() == 0.0
    assert found.walked_model(found.centre) > 0.7


def test_recipes_from_a_survey_lead_to_its_numbers_and_name_them() -> None:
    dataset = walking(places(24), mouse_ring())
    found = survey_session(dataset, Recipe())
    recipe = with_ground_up(with_session_scale(with_session_centre(Recipe(), found), found), found)
    plan, _ = plan_sample(dataset[3], recipe.replace(azimuth=AzimuthSource.REFERENCE), (None,) * 6)
    assert float(plan.similarity.scale) == found.scale
    assert np.allclose(plan.similarity.apply(found.centre), 0.0)
    assert plan.centre.source is CentreSource.SESSION
    assert "24 frames" in plan.centre.note
    assert "24 frames" in plan.scale_note
    assert plan.orientation is not None
    assert "plane through" in plan.orientation.up_note


def test_only_what_is_asked_for_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = walking(places(24), mouse_ring())
    wanted = Recipe(session_scale=True, up=UpSource.GROUND)
    assert wants_survey(wanted)
    full = resolved(dataset, wanted)
    assert not wants_survey(full)
    assert full.centre is None
    assert full.scale is not None
    assert full.up_vector is not None
    assert wants_survey(Recipe(centre=CentreSource.SESSION))
    monkeypatch.setattr(session_survey, "survey_session", lambda *_a, **_k: pytest.fail("read for nothing"))
    assert resolved(dataset, full) is full
    assert resolved(dataset, Recipe()) == Recipe()


def test_what_cannot_be_told_is_refused_with_a_remedy() -> None:
    still = walking(np.repeat(places(1), 24, axis=0), mouse_ring())
    assert isinstance(survey_session(still, Recipe()).ground, NoGround)
    with pytest.raises(MouseViewError, match="hardly moved") as refused:
        resolved(still, Recipe(up=UpSource.GROUND))
    assert refused.value.remedy
    with pytest.raises(MouseViewError, match="session has not been measured"):
        plan_sample(still[0], Recipe(centre=CentreSource.SESSION), (None,) * 6)
    blind = dataset_of([Sample("f0", mouse_ring())])
    with pytest.raises(MouseViewError, match="none of the 1 frames"):
        survey_session(blind, Recipe())
    here, there = walking(places(3), mouse_ring()), walking(places(3), mouse_ring(), np.diag([-1.0, -1, 1]))
    both = dataset_of([*here, *there])
    assert survey_session(both, Recipe()).elsewhere == 3
    with pytest.raises(MouseViewError, match="another rig"):
        resolved(both, Recipe(centre=CentreSource.SESSION))
    with pytest.raises(Cancelled):
        survey_session(here, Recipe(), cancelled=lambda: True)


def test_unreadable_samples_are_counted_and_the_others_measured() -> None:
    good = list(walking(places(4), mouse_ring()))

    def read(index: int) -> Sample:
        if index == 2:
            raise MouseViewError("broken", remedy="none")
        return good[index]

    found = survey_session(dataclasses.replace(dataset_of(good), read=read), Recipe())
    assert (found.asked, found.unreadable, len(found.moments)) == (4, 1, 3)


def test_masks_tell_centre_and_extent_where_there_are_no_labels(samples: Path) -> None:
    dataset = open_dataset(samples)
    found = survey_session(dataset, Recipe())
    truth = SUBJECT_MM + np.array([[0, 0, 0], [4, 0, 0], [8, 0, 0]])
    assert np.abs(found.centres - truth).max() < 1.5
    assert found.sources_words == "masks"
    assert found.outside_share() == 0.0
    assert found.outside_share(found.centre, 5 * found.scale) == 1.0


def test_the_mouse_session_of_the_design() -> None:
    """Ten labelled frames of the mouse: the rig's known numbers, the known walk, and its floor at z = 0."""
    dataset = open_dataset(shared_path("data/dannce_markerless_mouse_1/label3d_demo.mat"))
    found = survey_session(dataset, Recipe())
    assert found.sources_words == "labels"
    assert found.asked == 10
    assert found.axes is not None
    assert found.axes == pytest.approx((46.9455, 49.1770, 59.6116), abs=5e-4)
    assert found.walked_model(found.axes) == pytest.approx(0.60, abs=0.06)  # over 18 000 frames it is 0.60
    low, high = found.distances_model
    assert 1.92 <= low < high <= 3.35
    assert not isinstance(found.ground, NoGround)
    assert angle_between_deg(found.ground.normal, Z) < 1.0
    assert found.ground.residual < 1.0
