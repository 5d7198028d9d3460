"""Camera and Rig hold what a file declares, and move as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError
from mouseview.resources import model_format
from tests.geometry.strategies import cameras


@given(camera=cameras())
def test_a_resized_camera_sees_the_same_rays(camera: Camera) -> None:
    small = camera.resized(576, 300)
    pixels = np.array([[600.0, 500.0], [400.0, 300.0]])
    np.testing.assert_allclose(
        small.unproject(pixels * [576 / 1152, 300 / 1024])[0], camera.unproject(pixels)[0], atol=1e-9
    )


def test_impossible_values_are_held_and_wrong_shapes_refused() -> None:
    pose = np.diag([1.0, 1, -1, 1])
    camera = Camera("mirror", 10, 10, np.full((3, 3), np.nan), np.zeros(0), pose)
    assert np.isnan(camera.fx)
    with pytest.raises(ValueError, match="K must have shape"):
        Camera("flat", 10, 10, np.eye(2), np.zeros(0), np.eye(4))


def test_cameras_are_frozen() -> None:
    camera = Camera("cam", 10, 10, np.eye(3), np.zeros(0), np.eye(4))
    with pytest.raises(ValueError, match="read-only"):
        camera.K[0, 0] = 2.0


def test_a_rig_is_indexed_by_name_and_subset_keeps_the_order_asked_for() -> None:
    rig = Rig(tuple(Camera(name, 10, 10, np.eye(3), np.zeros(0), np.eye(4)) for name in "abc"))
    assert rig["b"].name == "b"
    assert rig.subset(("c", "a")).names == ("c", "a")


@pytest.mark.parametrize("name", ["facelift", "mouse-256"])
def test_reference_rigs_conform_to_their_own_format(name: str) -> None:
    card = model_format(name)
    for ring in card.reference_rigs:
        rig = card.reference(ring.name)
        np.testing.assert_allclose(rig.distances(np.zeros(3)), card.distance, atol=1e-12)
        for camera in rig:
            np.testing.assert_allclose(camera.project(np.zeros(3))[0], [card.centre, card.centre], atol=1e-9)


def test_user_errors_survive_a_process_boundary() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(FileFormatError("broken", place="a.json", remedy="mend it")))
    assert (error.message, error.place, error.remedy) == ("broken", "a.json", "mend it")
    assert str(error) == "a.json: broken\n  → mend it"


def test_lengths_are_written_with_words_that_a_person_reads() -> None:
    words = {units: Rig((), units=units).unit_words for units in ("mm", "m", "model", "unknown")}
    assert words == {"mm": "mm", "m": "m", "model": "model units", "unknown": "units"}
