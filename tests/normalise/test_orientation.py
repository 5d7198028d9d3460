"""Up and azimuth: found where they can be told, refused or warned of where not, and nothing else changes by turning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.geometry.rays import angle_between_deg
from mouseview.geometry.transforms import Array, Rigid, Similarity, look_at, rotation_between
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import AzimuthSource, CentreSource, Mode, Recipe, UpSource
from mouseview.normalise.azimuth import azimuths_deg, fit_azimuths, outward_directions, turn_about
from mouseview.normalise.orientation import cameras_up, orientation, up_candidates
from mouseview.normalise.plan import Plan, make_plan
from mouseview.normalise.prepare import canonical_to_source, prepare, source_to_canonical, to_world_mm
from mouseview.resources import model_format
from tests.geometry.strategies import rotations
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring
from tests.scene import photographed

FORMAT = model_format("facelift")
Z = np.array([0.0, 0.0, 1.0])
REFERENCE = FORMAT.reference_rigs[0].azimuths_deg


def turned(rig: Rig, R: Array) -> Rig:
    return rig.moved(Similarity(np.array(1.0), R, np.zeros(3)), rig.units)


def plan_of(rig: Rig, recipe: Recipe, point: Array = SUBJECT_MM) -> Plan:
    about = SubjectCentre(CentreSource.POINT, point, None, "")
    return make_plan(rig, (None,) * len(rig), about, recipe, FORMAT)


def half_ring(elevation_deg: float, roll_deg: float = 0.0) -> Rig:
    """Five cameras on one side of the subject, all looking down by one angle."""
    cameras = []
    roll, e = np.radians(roll_deg), np.radians(elevation_deg)
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    for index, azimuth in enumerate(np.radians([-70, -35, 0, 35, 70])):
        eye = 300 * np.array([np.cos(e) * np.cos(azimuth), np.cos(e) * np.sin(azimuth), np.sin(e)])
        pose = Rigid(turn, np.zeros(3)) @ look_at(eye, np.zeros(3))
        cameras.append(Camera(f"c{index}", 640, 480, np.diag([800.0, 800.0, 1.0]), np.zeros(0), pose.matrix))
    return Rig(tuple(cameras), units="mm")


@given(rotations, st.floats(0, 55))
def test_cameras_on_one_side_that_look_down_tell_the_same_up_as_a_ring(R: Array, elevation: float) -> None:
    """The mean of their image-ups would lean by up to 43°."""
    found = cameras_up(turned(half_ring(elevation), R))
    assert found is not None
    assert found.reliable
    assert angle_between_deg(found.direction, R @ Z) < 1e-5
    assert found.spread_deg == pytest.approx(0.0, abs=1e-5)


def test_a_roll_of_the_cameras_is_their_spread() -> None:
    found = cameras_up(half_ring(20.0, roll_deg=3.0))
    assert found is not None
    assert found.spread_deg is not None
    assert 0.5 < found.spread_deg < 3.5


def test_cameras_that_look_straight_down_cannot_tell_up() -> None:
    cameras = []
    for index, angle in enumerate(np.radians([0, 90, 180, 270])):
        eye = np.array([60 * np.cos(angle), 60 * np.sin(angle), 500.0])
        pose = look_at(eye, eye * [1, 1, 0], up=[np.cos(angle), np.sin(angle), 0])
        cameras.append(Camera(f"c{index}", 640, 480, np.eye(3), np.zeros(0), pose.matrix))
    rig = Rig(tuple(cameras))
    found = cameras_up(rig)
    assert found is not None
    assert not found.reliable
    assert "straight down" in found.note
    warnings = orientation(rig, Recipe(up=UpSource.CAMERAS), FORMAT).warnings
    assert any("not reliable" in text for text in warnings)


def test_cameras_rolled_every_way_cannot_tell_up() -> None:
    cameras = []
    for index, camera in enumerate(mouse_ring()):
        roll = np.radians(100.0 * index)
        turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        cameras.append(camera.replace(T_cam_world=(Rigid(turn, np.zeros(3)) @ camera.pose).matrix))
    found = cameras_up(Rig(tuple(cameras)))
    assert found is not None
    assert not found.reliable
    assert "rolled" in found.note


def test_up_that_points_away_from_the_cameras_is_warned_of() -> None:
    recipe = Recipe(up=UpSource.GIVEN, up_vector=(0.0, 0.0, -2.0), measured=(("up_vector", "a guess"),))
    found = orientation(mouse_ring(), recipe, FORMAT)
    assert any("upside down" in text for text in found.warnings)
    assert "a guess" in found.up_note
    plan = plan_of(mouse_ring(), recipe)
    assert any("upside down" in note for note in plan.notes)
    assert not orientation(mouse_ring(), Recipe(up=UpSource.CAMERAS), FORMAT).warnings


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(up=UpSource.GROUND), "measured"),
        (Recipe(up=UpSource.GIVEN), "none is given"),
        (Recipe(up=UpSource.GIVEN, up_vector=(0.0, 0.0, 0.0)), "no direction"),
        (Recipe(azimuth=AzimuthSource.CAMERA, azimuth_camera="cam9"), "cam9"),
        (Recipe(session_scale=True), "session has not been measured"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_remedy(recipe: Recipe, words: str) -> None:
    with pytest.raises(MouseViewError, match=words) as refused:
        plan_of(mouse_ring(), recipe)
    assert refused.value.remedy


@given(rotations)
def test_every_source_of_up_ends_at_the_models_up(R: Array) -> None:
    rig = turned(mouse_ring(), R)
    up = tuple(float(value) for value in R @ Z)
    for recipe in (Recipe(up=UpSource.CAMERAS), Recipe(up=UpSource.GROUND, up_vector=up)):
        found = orientation(rig, recipe, FORMAT)
        assert np.allclose(found.R_model_file @ found.up.direction, FORMAT.up, atol=1e-12)
        assert np.allclose(found.R_model_file @ found.R_model_file.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(found.R_model_file) == pytest.approx(1.0)
    assert len(up_candidates(rig, recipe, FORMAT)) == 3


@given(st.floats(-180, 180), st.permutations(range(6)), st.integers(3, 6))
def test_cameras_of_the_reference_rig_are_turned_back_to_it(degrees: float, order: list[int], count: int) -> None:
    """In any order, and also some of them: some turn brings every one onto an azimuth of the reference."""
    ring = conforming_ring().subset(tuple(conforming_ring().names[index] for index in order[:count]))
    angles, weights = azimuths_deg(outward_directions(turned(ring, turn_about(Z, degrees))), FORMAT.up)
    fit = fit_azimuths(angles, weights, np.array(REFERENCE, dtype=np.float64))
    assert fit.rms_deg < 1e-4
    gaps = (np.array(REFERENCE)[None] - (angles + fit.turn_deg)[:, None] + 180) % 360 - 180
    assert np.abs(gaps).min(axis=1).max() < 1e-4
    assert abs(fit.turn_deg) <= min(abs((-degrees + 180) % 360 - 180), 180) + 1e-6, "the smallest turn that fits"


def test_the_azimuth_is_the_same_for_all_frames_of_a_session() -> None:
    recipe = Recipe(up=UpSource.CAMERAS, azimuth=AzimuthSource.REFERENCE)
    walked = [plan_of(mouse_ring(), recipe, SUBJECT_MM + step).similarity.R for step in ([0, 0, 0], [90, -40, 10])]
    assert np.array_equal(*walked)


def test_a_named_camera_stands_at_the_first_azimuth_of_the_reference() -> None:
    rig = mouse_ring()
    plan = plan_of(rig, Recipe(up=UpSource.CAMERAS, azimuth=AzimuthSource.CAMERA, azimuth_camera="cam2"))
    directions = outward_directions(rig) @ plan.similarity.R.T
    angles, _ = azimuths_deg(directions, FORMAT.up)
    assert (angles[2] - REFERENCE[0] + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-9)
    assert plan.orientation is not None
    assert "cam2" in plan.orientation.azimuth_note


@given(rotations)
def test_turning_the_file_changes_nothing_that_the_model_is_told(R: Array) -> None:
    """Up and azimuth from the rig itself: the same declared cameras whatever axes the calibration came in."""
    recipe = Recipe(up=UpSource.CAMERAS, azimuth=AzimuthSource.CAMERA, azimuth_camera="cam0")
    plain, other = plan_of(mouse_ring(), recipe), plan_of(turned(mouse_ring(), R), recipe, R @ SUBJECT_MM)
    for first, second in zip(plain.views, other.views, strict=True):
        assert np.allclose(first.declared.T_cam_world, second.declared.T_cam_world, atol=1e-9)


def test_modes_that_take_the_files_poses_say_that_they_do_not_turn() -> None:
    recipe = Recipe(mode=Mode.FORCED_K, up=UpSource.CAMERAS)
    plan = plan_of(mouse_ring(), recipe)
    assert np.array_equal(plan.similarity.R, np.eye(3))
    assert any("stay the file's" in note for note in plan.notes)


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.DISTANCE_MATCHED])
def test_a_turned_result_leads_back_to_the_file(mode: Mode) -> None:
    rig = turned(mouse_ring((144, 128)), rotation_between(Z, [0.3, -0.2, 0.8]))
    sample = photographed(mouse_ring((144, 128)), supersample=1)
    sample = type(sample)(sample.name, rig, sample.sources)
    recipe = Recipe(mode=mode, up=UpSource.CAMERAS, azimuth=AzimuthSource.REFERENCE, scale=0.009)
    prepared = prepare(sample, recipe)
    world = prepared.chain[0]
    assert np.allclose(to_world_mm(prepared, np.zeros(3)), prepared.centre.point)
    away = np.array([5.0, -3.0, 2.0])
    step = prepared.centre.point + away
    there = 0.009 * np.array(world["rotation"]) @ away
    assert np.allclose(to_world_mm(prepared, there), step)
    pixels = np.array([[60.0, 60.0], [80.0, 70.0]])
    for index, camera in enumerate(rig):
        forth = source_to_canonical(prepared, index, camera, pixels)
        assert np.allclose(canonical_to_source(prepared, index, camera, forth), pixels, atol=1e-6)
        seen, _ = prepared.true_rig[index].project(there)
        assert np.allclose(seen, source_to_canonical(prepared, index, camera, camera.project(step)[0]), atol=1e-6)
    rows = {row.quantity: row for row in prepared.ledger.of("")}
    assert "given by the user" in rows["scale"].note
    assert rows["up against the file's"].after == pytest.approx(np.degrees(np.arctan2(np.hypot(0.3, 0.2), 0.8)), abs=2)
    assert "reference rig" in rows["turn about up"].note
    assert world["sources"]["scale"] == "given by the user"
    assert "level" in world["sources"]["up"]
    assert "reference rig" in world["sources"]["azimuth"]
