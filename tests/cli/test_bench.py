"""The bench harness, and the floors that are ours to state."""

from __future__ import annotations

from typing import Any

import pytest

from mouseview.cli import bench
from mouseview.inference.config import GSLRMConfig
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


def test_the_floor_of_a_reconstruction_counts_its_products() -> None:
    matrix_products = pytest.importorskip("mouseview.inference.bench", reason="needs torch").matrix_products
    config = GSLRMConfig.from_mapping(_block(d=1024, d_head=64, n_layer=24))
    patches = 6 * (512 // 8) ** 2
    flops = sum(2.0 * batch * m * k * n * times for batch, m, k, n, times in matrix_products(config, patches))
    tokens, d = patches + 2, 1024
    layers = 24 * (24.0 * tokens * d * d + 4.0 * tokens * tokens * d)
    assert flops == pytest.approx(layers, rel=0.01)  # the two ends of the network are under 1 %


def _block(**transformer: int) -> dict[str, Any]:
    return {
        "image_tokenizer": {"image_size": 512, "patch_size": 8, "in_channels": 9},
        "transformer": transformer,
        "gaussians": {"n_gaussians": 2, "sh_degree": 0},
    }
