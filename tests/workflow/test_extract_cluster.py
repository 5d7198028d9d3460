"""Extraction by the workers of a real Dask cluster, from the command line; one of them is killed midway."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mouseview.jobs import read_state
from mouseview.jobs.journal import NAME
from mouseview.workflow.extract import extract_dataset
from tests.jobs.dask_processes import cluster, wait_for_workers
from tests.jobs.work import tree
from tests.workflow.session_on_disk import write_session

pytestmark = pytest.mark.alone

pytest.importorskip("distributed", reason="needs the extra [cluster]")

COUNT = 40


def test_a_session_is_extracted_though_a_worker_dies(tmp_path: Path) -> None:
    session, out = tmp_path / "day1", tmp_path / "out"
    write_session(session, COUNT)
    with cluster(tmp_path, 2) as running:
        wait_for_workers(running, 2)
        words = ["extract", str(session), "--out", str(out), "--cluster", running.address, "--json"]
        command = subprocess.Popen(
            [sys.executable, "-m", "mouseview", *words], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
        )
        while not (out / NAME).exists() or (out / NAME).read_bytes().count(b"\n") < 6:
            assert command.poll() is None
        running.workers[1].send_signal(signal.SIGKILL)
        state = read_state(out)
        said, _ = command.communicate(timeout=120)
    assert state is not None
    assert state.done < COUNT  # it was in the middle of it
    document = json.loads(said)
    assert command.returncode == 0
    assert document["failed"] == []
    assert [sample["frame"] for sample in document["samples"]] == list(range(COUNT))
    extract_dataset(session, tmp_path / "fresh")
    ours, theirs = tree(out), tree(tmp_path / "fresh")
    for told in (ours, theirs):
        del told["extracted.json"]  # it names the folder
    assert ours == theirs
