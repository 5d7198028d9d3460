from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Timelines of tests stay out of the user's cache, and none is there before."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(folder))
    return folder
