"""Settings shared by all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# started in the background, SIGINT would be ignored here and in every process that tests start and interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("mouseview", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mouseview")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=6, help="how often a batch is killed (default: 6)")
    parser.addoption("--kill-seed", type=int, default=None, help="of the moments of the kills (default: another one)")
