"""What the bench of batches reads from a run: the real measurement is `mouseview bench normalize`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mouseview.workflow.normalise_bench import _resident, _Watched, _worked


def test_rates_leave_the_first_samples_out() -> None:
    watched = _Watched(
        done_s=[5.0, 6.0, *[6.0 + 0.5 * k for k in range(1, 19)]],
        held=[900, 100, *[200] * 16, 300, 300],
        worked_s=[3.0 + 0.25 * k for k in range(20)],
    )
    assert watched.first == 2
    assert watched.per_sample_s == pytest.approx(0.5)
    assert watched.rate() == watched.rate(5) == pytest.approx(2.0)
    assert watched.processor_s == pytest.approx(0.25)
    assert watched.memory_mib == (pytest.approx(200 / 2**20), pytest.approx(300 / 2**20))
    assert _Watched(done_s=[1.0, 2.0]).memory_mib is None
    assert _Watched(done_s=[1.0, 2.0]).processor_s is None


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_a_process_is_asked_for_its_memory_and_time() -> None:
    script = (
        "import time; x = bytearray(60 << 20)\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 60 << 20 < _resident(process.pid) < 120 << 20
        assert 0.2 < _worked(process.pid) < 5
        process.communicate(b"\n")
    with pytest.raises(OSError, match=str(process.pid)):
        _resident(process.pid)
    assert _worked(os.getpid()) > 0
