"""A known length tells millimetres from centimetres and metres, or the exact factor; nothing else does."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.geometry.transforms import Similarity
from mouseview.model.camera import Labels, Rig
from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError
from mouseview.solve.conventions.evidence import of_labels
from mouseview.solve.conventions.length import KnownLength, find_unit
from mouseview.solve.conventions.solver import solve_conventions
from tests.rigs import SUBJECT_MM, mouse_ring
from tests.solve.misread import misread

RIG = mouse_ring()
LENGTH_MM = 40.0


def labelled(rig: Rig, noise_px: float = 0.3) -> Labels:
    """Nose and tail ``LENGTH_MM`` apart in twelve frames, and a crowd of other points."""
    rng = np.random.default_rng(2)
    nose = SUBJECT_MM + rng.normal(size=(12, 3)) * 15
    way = rng.normal(size=(12, 3))
    tail = nose + LENGTH_MM * way / np.linalg.norm(way, axis=-1, keepdims=True)
    crowd = SUBJECT_MM + rng.normal(size=(12, 4, 3)) * 20
    world = np.concatenate([nose[:, None], tail[:, None], crowd], axis=1)
    pixels = np.stack([camera.project(world)[0] for camera in rig])
    pixels += rng.normal(size=pixels.shape) * noise_px
    names = ("nose", "tail", *(f"p{index}" for index in range(4)))
    return Labels(np.full(world.shape, np.nan), names, pixels)


@pytest.mark.parametrize(("factor", "name"), [(1.0, "mm"), (0.1, "cm"), (0.001, "m"), (1 / 25.4, "inches"), (0.37, "")])
def test_units_are_told_by_a_length_between_keypoints(factor: float, name: str) -> None:
    wrong = Correction(transpose_R=True)
    rig = misread(RIG.moved(Similarity(factor, np.eye(3), np.zeros(3)), "unknown"), wrong)
    known = KnownLength("nose", "tail", LENGTH_MM)
    solution = solve_conventions(of_labels(rig, labelled(RIG)), known=known)
    unit = solution.unit
    assert unit is not None
    assert unit.name == name
    assert unit.mm == pytest.approx(1 / factor, rel=5e-3)
    assert unit.count == 12
    assert unit.spread < 0.02
    assert solution.best.correction == wrong
    corrected = unit.correct(solution.best.correction).apply(rig)
    assert corrected.units == "mm"
    np.testing.assert_allclose(corrected.centres, RIG.centres, rtol=1e-2 if not name else 1e-9, atol=1e-6)
    assert not any("unit of length" in sentence for sentence in solution.unseparated)


def test_without_a_length_the_unit_is_said_to_be_open() -> None:
    solution = solve_conventions(of_labels(RIG, labelled(RIG)))
    assert solution.unit is None
    assert any("unit of length" in sentence for sentence in solution.unseparated)


def test_two_probed_points_do_as_well() -> None:
    known = KnownLength((0.0, 0.0, 0.0), (0.0, 0.03, 0.04), 50.0)
    assert find_unit(RIG, None, known).name == "m"


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (KnownLength("nose", "ear", 40.0), "no keypoint 'ear'"),
        (KnownLength("nose", "tail", 0.0), "positive"),
        (KnownLength("nose", "tail", float("nan")), "positive"),
        (KnownLength("nose", (0.0, 0.0, 0.0), 40.0), "mixed"),
        (KnownLength("nose", "nose", 40.0), "cannot be measured"),
        (KnownLength((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 40.0), "cannot be measured"),
    ],
)
def test_a_length_that_cannot_be_measured_is_an_error_with_a_remedy(known: KnownLength, message: str) -> None:
    with pytest.raises(MouseViewError, match=message) as caught:
        find_unit(RIG, labelled(RIG), known)
    assert caught.value.remedy


def test_keypoints_are_needed_for_names_and_numbers_do_where_there_are_none() -> None:
    with pytest.raises(MouseViewError, match="no keypoints"):
        find_unit(RIG, None, KnownLength("nose", "tail", 40.0))
    labels = labelled(RIG)
    nameless = Labels(labels.points_world, (), labels.points_px)
    assert find_unit(RIG, nameless, KnownLength("0", "1", LENGTH_MM)).name == "mm"
