"""All samples inspected: equal findings together with their counts; and what a report says could not be checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mouseview.checks.evidence import Evidence
from mouseview.model.camera import Labels
from mouseview.model.errors import Cancelled
from mouseview.model.finding import Finding, Severity, Truth
from mouseview.model.sample import Sample
from mouseview.resources import model_format
from mouseview.workflow.coverage import coverage, declared, modes_by_truth
from mouseview.workflow.inspect import describe
from mouseview.workflow.survey import survey
from tests.rigs import mouse_ring, parallel_rig
from tests.scene import photographed

CARD = model_format("facelift")


@pytest.fixture
def one_broken(samples: Path, tmp_path: Path) -> Path:
    """Three samples: the second lost an image, the third has two views exchanged."""
    folder = Path(shutil.copytree(samples, tmp_path / "dataset"))
    (folder / "sample_000001" / "images" / "cam2.png").write_bytes(b"no picture")
    first, second = (folder / "sample_000002" / "images" / f"cam{index}.png" for index in (0, 3))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    return folder


def test_equal_findings_are_put_together_and_counted(one_broken: Path) -> None:
    said: list[float] = []
    document = survey(one_broken, progress=lambda fraction, _what, _left: said.append(fraction))
    json.dumps(document, allow_nan=False)
    assert said == pytest.approx([0, 1 / 3, 2 / 3])
    by_code = {finding["code"]: finding for finding in document["findings"]}
    assert by_code["units-and-distances"]["count"] == 3
    assert by_code["image-unreadable"]["count"] == 1
    assert by_code["image-unreadable"]["in_samples"] == ["sample_000001"]
    assert by_code["image-unreadable"]["by_camera"] == {"cam2": 1}
    assert len(document["findings"]) == len({(f["code"], f["severity"]) for f in document["findings"]})
    severities = [finding["severity"] for finding in document["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert [sample["errors"] > 0 for sample in document["by_sample"]] == [False, True, True]
    assert document["violated"]
    # what is said of each sample alone is what is counted
    alone = describe(one_broken, sample="sample_000002")
    assert document["by_sample"][2]["errors"] == sum(f["severity"] == "error" for f in alone["findings"])


def test_every_second_sample_and_a_clean_dataset(samples: Path) -> None:
    document = survey(samples, every=2)
    assert [sample["name"] for sample in document["by_sample"]] == ["sample_000000", "sample_000002"]
    assert document["inspected"] == 2
    assert not document["violated"]


def test_a_sample_that_cannot_be_read_is_a_finding_and_not_the_end(samples: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(samples, tmp_path / "dataset"))
    (folder / "sample_000000" / "opencv_cameras.json").write_text("{", encoding="utf-8")
    document = survey(folder)
    assert document["findings"][0]["code"] == "sample-unreadable"
    assert document["findings"][0]["in_samples"] == ["sample_000000"]
    assert len(document["by_sample"]) == 3


def test_it_can_be_cancelled(samples: Path) -> None:
    done: list[str] = []
    with pytest.raises(Cancelled):
        survey(samples, progress=lambda _f, what, _left: done.append(what), cancelled=lambda: bool(done))
    assert len(done) == 1


def answers(evidence: Evidence) -> dict[str, bool]:
    return {question.asked: question.checked for question in coverage(evidence)}


def test_what_was_not_checked_follows_from_what_there_is() -> None:
    ring = mouse_ring((144, 128))
    bare = answers(Evidence.of_rig(ring, CARD))
    assert not bare["do the images fit the cameras"]
    assert not bare["do labelled points fit the cameras"]
    assert bare["do the cameras look at one place"]
    assert not answers(Evidence.of_rig(parallel_rig(), CARD))["do the cameras look at one place"]
    seen = answers(Evidence.of_sample(photographed(ring, supersample=1), CARD))
    assert seen["do the silhouettes fit one rig"]
    point = np.array([[[46.0, 50.0, 30.0]]])
    pixels = np.array([camera.project(point)[0] for camera in ring])
    for labels, checked in ((Labels(point), False), (Labels(point, points_px=pixels), True)):
        sample = Sample("labelled", ring, labels=labels)
        assert answers(Evidence.of_sample(sample, CARD))["do labelled points fit the cameras"] is checked
    # what no picture shows stays open whatever there is
    for known in (bare, seen):
        assert not known["is the unit of length right"]
        assert not known["are pixels counted from centre or corner"]


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, severity, "here", "message", "remedy")


def test_the_verdict_on_the_geometry_keeps_truth_apart_from_format_and_files() -> None:
    ring = mouse_ring((144, 128))
    sample, rig = Evidence.of_sample(photographed(ring, supersample=1), CARD), Evidence.of_rig(ring, CARD)
    unusual = [finding("units-and-distances", Severity.WARNING), finding("image-unreadable", Severity.ERROR)]
    assert declared(rig, unusual).truth is None
    assert declared(sample, unusual).truth is Truth.TRUE
    assert not declared(sample, unusual).in_format
    doubted = declared(sample, [*unusual, finding("silhouettes-disagree", Severity.WARNING)])
    assert doubted.truth is Truth.APPROXIMATE
    assert doubted.by == ("silhouettes-disagree",)
    false = declared(rig, [*unusual, finding("mirrored-rotation", Severity.ERROR)])
    assert false.truth is Truth.FALSE
    assert false.by == ("mirrored-rotation",)


def test_every_mode_has_its_place() -> None:
    modes = modes_by_truth()
    assert sum(map(len, modes.values())) == 8
    assert "exact-aimed" in modes["true"]
    assert "forced-k" in modes["false"]


def test_codes_that_decide_the_verdict_exist() -> None:
    """A renamed check must not fall out of the verdict unnoticed."""
    from mouseview.workflow import coverage as module

    package = Path(module.__file__).parent.parent
    sources = "".join(path.read_text(encoding="utf-8") for path in (*package.glob("checks/*.py"), *package.glob("formats/*.py"), *package.glob("formats/*/*.py"), *package.glob("workflow/*.py")) if path.name != "coverage.py")  # fmt: skip  # noqa: E501
    missing = [code for code in sorted(module._DOUBTS | module._UNUSABLE) if f'"{code}"' not in sources]
    assert missing == []
