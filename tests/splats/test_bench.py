"""The bench's own scene and figures, on a scene small enough for every run."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.splats import bench
from mouseview.splats.rasterise import project, render


def test_figures_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    full_scene = bench.bench_scene
    monkeypatch.setattr(bench, "bench_scene", lambda: full_scene(20_000))
    (line,) = bench.measure(repeats=1, threads=1)
    assert line["name"] == "rasterise"
    assert line["seconds"] > line["floor_seconds"] > 0
    assert line["ratio"] == pytest.approx(line["seconds"] / line["floor_seconds"])
    assert 0 < line["details"]["drawn"] <= line["details"]["tile_entries"]
    assert line["details"]["threads"] == 1


def test_the_scene_is_all_in_view_and_opaque() -> None:
    scene, camera = bench.bench_scene(200_000), bench.bench_camera()
    assert len(project(scene, camera)) == 200_000
    assert np.quantile(render(scene, camera)[200:312, 200:312, 3], 0.1) > 0.9
