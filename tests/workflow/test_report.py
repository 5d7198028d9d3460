"""The demo's report: well-formed, nothing in it unescaped, one document beside it; and the journey that writes it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.metrics.scores import compare
from mouseview.model.finding import Finding, Severity
from mouseview.model.recipe import Mode
from mouseview.workflow.compare_modes import ModeResult, SourceView
from mouseview.workflow.demo import run_demo, write_demo_dataset
from mouseview.workflow.report import DamagedSet, DemoRecord, headline, write_report

EVIL = "<script>alert('\"&')</script>"
_VOID = {"meta", "img", "br", "link"}


class Checker(HTMLParser):
    """Collects tags, pictures and text; fails where a tag closes what is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.pictures: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag == "img":
            self.pictures += [value or "" for key, value in attrs if key == "src"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        while self.open[-1] == "p" != tag:  # HTML lets a paragraph end by itself
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def parsed(page: Path) -> Checker:
    checker = Checker()
    checker.feed(page.read_text(encoding="utf-8"))
    checker.close()
    assert checker.open == []
    return checker


def view(name: str, role: str) -> SourceView:
    truth = np.ones((24, 32, 4), np.float32)
    truth[..., 3] = 0
    truth[8:16, 10:20] = (0.2, 0.3, 0.4, 1)
    prediction = np.clip(truth + np.float32(0.05), 0, 1)
    return SourceView(name, role, truth, prediction, compare(prediction, truth))


@pytest.fixture
def record(tmp_path: Path) -> DemoRecord:
    finding = Finding(EVIL, Severity.WARNING, EVIL, EVIL, EVIL, camera=EVIL)
    shot = tmp_path / "screenshots" / 'a"<b.png'
    modes = (
        ModeResult(Mode.EXACT_AIMED, Mode.EXACT_AIMED.truth, None, (view("in", "input"), view(EVIL, "held-out"))),
        ModeResult(Mode.FORCED_K, Mode.FORCED_K.truth, None, (view("in", "input"),)),
        ModeResult(Mode.PIXEL_BASED, Mode.PIXEL_BASED.truth, None, error=EVIL),
    )
    damaged = (DamagedSet(EVIL, EVIL, EVIL, (finding,)), DamagedSet("clean", "here", "nothing", ()))
    return DemoRecord(tmp_path / "dataset", EVIL, (finding,), modes, damaged, {EVIL: 1.25}, (shot,))


def test_names_from_files_are_text_and_never_markup(record: DemoRecord, tmp_path: Path) -> None:
    document = write_report(record, tmp_path)
    page = parsed(Path(document["report"]))
    assert "script" not in page.seen
    assert page.words.count(EVIL) >= 8
    assert "Nothing to report" in page.words


def test_pictures_lie_beside_the_page(record: DemoRecord, tmp_path: Path) -> None:
    page = parsed(Path(write_report(record, tmp_path)["report"]))
    written = [source for source in page.pictures if source.startswith("modes/")]
    assert written == ["modes/exact-aimed.png", "modes/forced-k.png"]  # where a mode failed there is none
    assert all((tmp_path / source).is_file() for source in written)
    assert 'screenshots/a"<b.png' in page.pictures


def test_the_document_is_json_without_nan(record: DemoRecord, tmp_path: Path) -> None:
    document = write_report(record, tmp_path)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text).items() <= json.loads(json.dumps(document)).items()
    assert document["modes"][1]["heldout_psnr_subject"] is None
    assert document["modes"][2]["error"] == EVIL


def test_a_headline_without_its_modes_is_null() -> None:
    assert headline(()) == {
        "exact_aimed_heldout_subject_db": None,
        "exact_over_forced_k_db": None,
        "raw_white_collapse": None,
        "raw_predicted_alpha": None,
    }


def test_the_demo_walks_its_steps_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journey with the modes left out: data, checks of every damaged set, pictures, report."""
    asked: dict[str, Any] = {}

    def no_modes(sample: Any, modes: tuple[Mode, ...], *rest: Any, **_options: Any) -> tuple[ModeResult, ...]:
        asked.update(sample=sample.name, modes=modes, held_out=rest[2])
        return (ModeResult(Mode.FORCED_K, Mode.FORCED_K.truth, None, (view("held_side", "held-out"),)),)

    monkeypatch.setattr("mouseview.workflow.demo.compare_modes", no_modes)
    told: list[float] = []
    document = run_demo(
        tmp_path,
        seed=3,
        samples=1,
        progress=lambda fraction, _what: told.append(fraction),
        photograph=lambda dataset, folder: (folder / f"{dataset.name}.png",),
    )
    assert asked == {"sample": "sample_000000", "modes": tuple(Mode), "held_out": ("held_side", "held_above")}
    assert Path(document["report"]).is_file()
    assert document["screenshots"] == [str(tmp_path / "screenshots" / "dataset.png")]
    by_name = {damaged["name"]: {f["code"] for f in damaged["findings"]} for damaged in document["damaged"]}
    assert "units-and-distances" in by_name["raw_millimetres"]
    assert "views-swapped" in by_name["swapped_views"]
    assert "per-camera-scaling" in by_name["distance_per_view"]
    assert "images-shifted" in by_name["pixel_based"]
    assert "squashed-frame" in by_name["squashed_frames"]
    assert "silhouettes-disagree" in by_name["data_mouse"]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_dataset_alone(tmp_path: Path) -> None:
    dataset = write_demo_dataset(tmp_path, seed=1, samples=1)
    assert dataset == tmp_path / "dataset"
    assert (dataset / "sample_000000" / "opencv_cameras.json").is_file()
