"""Settings shared by all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("mouseview", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mouseview")
