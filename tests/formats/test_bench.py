"""The benchmark of opening opens what it says it opens."""

from __future__ import annotations

import pytest

from mouseview.formats import bench


def test_opening_is_measured_beside_bare_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = bench.open_dataset
    monkeypatch.setattr(bench, "_REPEATS", 1)
    monkeypatch.setattr(bench, "open_dataset", lambda path: opened.append(real(path)) or opened[-1])
    rows = bench.measure()
    assert [row["name"] for row in rows] == ["open-jarvis", "open-anipose"]
    assert {len(dataset[0].rig) for dataset in opened} == {bench.CAMERAS}
    assert opened[0][0].labels is not None
    assert all(row["ratio"] == row["seconds"] / row["floor_seconds"] for row in rows)
