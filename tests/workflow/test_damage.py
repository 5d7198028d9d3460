"""The damage list of a sample as a document and as a picture; what is asked for and is not there."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.model.camera import Labels
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.recipe import CentreSource, Recipe
from mouseview.model.sample import Sample
from mouseview.workflow.damage import (
    DamageReport,
    PlacesKind,
    describe_damage,
    measure_damage,
    write_damage,
)
from mouseview.workflow.damage_chart import brief, scale_top, share_of_scale, value_words
from tests.rigs import SUBJECT_MM, mouse_ring, parallel_rig, with_camera


def labelled() -> Sample:
    points = SUBJECT_MM + 20 * np.random.default_rng(5).normal(size=(2, 8, 3))
    return Sample("labelled", mouse_ring((288, 256)), labels=Labels(points))


@pytest.fixture(scope="module")
def report() -> DamageReport:
    return measure_damage(labelled(), held_out=("cam5",))


def test_the_document_says_what_was_chosen_and_is_json(report: DamageReport) -> None:
    document = describe_damage(report)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["cameras"] == ["cam0", "cam1", "cam2", "cam3", "cam4"]
    assert document["points"] == "16 labelled points of 2 frames"
    assert "least squares" in document["solver"]
    assert document["centre"]["source"] == "labels"
    assert len({row["key"] for row in document["declarations"]}) == len(document["declarations"]) == 14
    swapped = document["declarations"][-1]
    assert swapped["cases"] == 10
    assert swapped["least_px"] <= swapped["rms_px"] <= swapped["most_px"]


def test_the_picture_has_a_bar_for_each_as_long_as_its_cost(report: DamageReport, tmp_path: Path) -> None:
    written = write_damage(report, describe_damage(report), tmp_path / "out")
    picture = cv2.imread(written["picture"])[..., ::-1].astype(int)
    assert json.loads(Path(written["json"]).read_text())["name"] == "labelled"
    red = np.abs(picture - (192, 53, 47)).sum(axis=-1) < 8
    lengths = {}
    for number, cost in enumerate(report.costs):
        row = red[112 + 42 * number + 10 : 112 + 42 * number + 12, 250:900]
        lengths[cost.declaration.key] = int(row[0].sum())
        expected = 650 * share_of_scale(cost.rms_px, scale_top(report.costs)) if cost.truth == "false" else 0
        assert abs(lengths[cost.declaration.key] - expected) <= 6, cost.declaration.key
    assert lengths["swapped-views"] == max(lengths.values())


def test_words_of_a_value(report: DamageReport) -> None:
    assert [brief(value) for value in (0.004, 0.4, 0.996, 4.44, 9.96, 123.4)] == [
        "0.004", "0.40", "1.0", "4.4", "10", "123",
    ]  # fmt: skip
    assert value_words(report.costs[0], "mm") == "0 px"
    assert " to " in value_words(report.costs[-1], "mm")


def test_what_is_asked_for_must_be_there() -> None:
    with pytest.raises(MouseViewError, match="no point that all masks") as none:
        measure_damage(labelled(), PlacesKind.MASKS)
    assert none.value.remedy == "choose from: labels, volume"
    with pytest.raises(MouseViewError, match="no camera 'nobody'"):
        measure_damage(labelled(), held_out=("nobody",))
    bad = with_camera(mouse_ring(), 2, T_cam_world=np.full((4, 4), np.nan))
    with pytest.raises(MouseViewError, match="cannot be a camera") as impossible:
        measure_damage(Sample("bad", bad))
    assert "cam2" in impossible.value.place


def test_a_rig_alone_is_measured_in_its_working_volume() -> None:
    found = measure_damage(Sample("rig", parallel_rig()), recipe=Recipe(centre=CentreSource.AXES))
    assert "places of the working volume" in found.places
    problems = {cost.declaration.key: cost.problem for cost in found.costs if cost.problem}
    assert "nearly parallel" in problems["distance-about-axes"]
    assert "↔" in problems["swapped-views"], "two that stand side by side then look past each other"
    told = {row["key"]: row for row in describe_damage(found)["declarations"]}
    assert told["distance-about-axes"]["rms_px"] is None
    assert told["exact-aimed"]["rms_px"] < 1e-6


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        measure_damage(labelled(), cancelled=lambda: True)
