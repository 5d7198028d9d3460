"""The bench harness, and the floors that are ours to state."""

from __future__ import annotations

import pytest

from mouseview.cli import bench
from tests.cli.conftest import Cli

ROW = {"name": "walk", "what": "ten steps", "seconds": 2.0, "floor": "one step", "floor_seconds": 0.5, "ratio": 4.0}


def test_a_bench_reports_its_rows_and_the_machine(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.BENCHES, "splats", lambda: [ROW])
    document = cli.json("bench", "splats")
    assert document["benches"] == [ROW]
    assert document["machine"].keys() >= {"cpu", "cores", "load", "load_after", "system"}
    assert cli("bench", "splats") == 0
    assert "4.00 × 0.5 s   one step" in cli.out


def test_without_a_name_all_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in bench.BENCHES:
        monkeypatch.setitem(bench.BENCHES, name, lambda name=name: [{**ROW, "name": name}])
    assert [row["name"] for row in cli.json("bench")["benches"]] == list(bench.BENCHES)


def test_the_window_is_not_measured_without_a_display(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mouseview.cli.graphics.has_display", lambda: False)
    error = cli.json("bench", "window", code=1)["error"]
    assert "display" in error["message"]
    assert error["remedy"]


def test_normalising_goes_by_both_spellings(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.BENCHES, "normalize", lambda: [ROW])
    assert cli.json("bench", "normalise")["benches"] == cli.json("bench", "normalize")["benches"] == [ROW]


def test_the_number_of_samples_is_handed_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("mouseview.normalise.bench.measure", list)
    monkeypatch.setattr("mouseview.workflow.normalise_bench.measure", lambda samples: asked.append(samples) or [ROW])
    assert cli.json("bench", "normalize", "--samples", "200")["benches"] == [ROW]
    cli.json("bench", "normalize", "--samples", "1")
    assert asked == [200, bench.LEAST_SAMPLES]
