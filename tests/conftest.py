"""Settings shared by all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("mouseview", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mouseview")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests run must not become what the user's own machine is said to be able to do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOUSEVIEW_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
