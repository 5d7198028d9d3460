"""Compiled functions work where their machine code can be kept, and where it cannot."""

from __future__ import annotations

import pytest
from numba.core import caching

from mouseview.geometry.compiled import compiled


def _twice(value: float) -> float:
    return 2.0 * value


def test_without_a_place_to_keep_code_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    function = compiled(nogil=True)(_twice)
    assert function(1.5) == 3.0
    assert function.signatures  # compiled, not interpreted


def test_other_trouble_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr("numba.core.dispatcher.Dispatcher.enable_caching", refuse)
    with pytest.raises(RuntimeError, match="something else"):
        compiled()(_twice)
