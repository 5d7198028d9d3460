"""The document of ``mouseview inspect``: complete, JSON, and true to the rig even where the rig is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.model.camera import Rig
from mouseview.workflow.inspect import describe, describe_rig, numbers
from tests.rigs import conforming_ring, mouse_ring, parallel_rig, with_camera


def checked_json(document: Any) -> Any:
    return json.loads(json.dumps(document, allow_nan=False))


def test_distances_are_to_the_point_where_the_axes_meet() -> None:
    rig = mouse_ring()
    document = checked_json(describe_rig(rig))
    point = np.array(document["axes_point"])
    distances = np.linalg.norm(rig.centres - point, axis=-1)
    np.testing.assert_allclose([camera["distance"] for camera in document["cameras"]], distances)
    assert document["distance_mean"] == pytest.approx(distances.mean())
    assert document["distance_cv"] == pytest.approx(distances.std() / distances.mean())  # of the population
    # the meeting point is where the sum of squared distances to the axes is least: no neighbour is better
    offsets = point - rig.centres
    across = offsets - np.sum(offsets * rig.forwards, axis=-1, keepdims=True) * rig.forwards
    assert document["axes_rms"] == pytest.approx(np.sqrt(np.mean(np.sum(across**2, axis=-1))))
    np.testing.assert_allclose(across.sum(axis=0), 0, atol=1e-9)


def test_a_conforming_rig() -> None:
    document = describe_rig(conforming_ring())
    assert document["distance_mean"] == pytest.approx(2.7)
    assert document["distance_cv"] == pytest.approx(0, abs=1e-12)
    assert document["axes_reliable"]


@pytest.mark.parametrize(
    "T",
    [np.full((4, 4), np.nan), np.full((4, 4), np.inf), np.zeros((4, 4)), np.diag([1.0, 1.0, -1.0, 1.0])],
)
def test_one_impossible_camera_spoils_nothing_but_itself(T: np.ndarray) -> None:
    rig = mouse_ring()
    document = checked_json(describe_rig(with_camera(rig, 2, T_cam_world=T)))
    others = checked_json(describe_rig(rig.replace(cameras=(*rig.cameras[:2], *rig.cameras[3:]))))
    assert len(document["cameras"]) == 6
    for key in ("axes_point", "axes_rms", "distance_mean", "distance_cv"):
        np.testing.assert_allclose(document[key], others[key])


def test_what_cannot_be_known_is_null() -> None:
    one = checked_json(describe_rig(Rig(mouse_ring().cameras[:1])))
    assert one["axes_point"] == [None] * 3
    assert one["distance_mean"] is None
    assert one["distance_cv"] is None
    assert one["cameras"][0]["distance"] is None
    assert not describe_rig(parallel_rig())["axes_reliable"]


def test_numbers_are_json() -> None:
    values = {
        "a": np.float64("nan"),
        "b": [np.int64(3), np.bool_(True)],
        "c": np.array([1.5, np.inf]),
        "d": (None, "x"),
    }
    assert checked_json(numbers(values)) == {"a": None, "b": [3, True], "c": [1.5, None], "d": [None, "x"]}


def test_errors_violate_and_units_do_not(samples: Path, tmp_path: Path) -> None:
    true = checked_json(describe(samples))
    assert true["samples"] == 3
    assert true["units"] == "mm"
    assert "units-and-distances" in {finding["code"] for finding in true["findings"]}
    assert not true["violated"]  # a true rig in millimetres is unusual, not false
    copy = Path(shutil.copytree(samples / "sample_000000", tmp_path / "swapped"))
    first, second = (copy / "images" / f"cam{index}.png" for index in (0, 3))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    false = checked_json(describe(copy))
    assert false["violated"]
    assert any(finding["severity"] == "error" for finding in false["findings"])


def test_a_sample_by_name_and_the_problems_of_its_list(samples: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(f"{samples / 'sample_000001'}\n{samples / 'sample_000002'}\n{samples / 'gone'}\n", "utf-8")
    document = describe(listed, sample="sample_000002")
    assert document["sample"] == "sample_000002"
    assert document["findings"][0]["code"] == "sample-folder-missing"
    assert document["violated"]
