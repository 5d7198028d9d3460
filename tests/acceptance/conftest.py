"""What a user has: the command line, and phantoms photographed by the demo's rig and by the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mouseview.formats import read_rig
from mouseview.phantom.dataset import phantom_of_sample, write_sample
from mouseview.phantom.mouse import make_mouse
from mouseview.phantom.photographs import render_view
from mouseview.phantom.rig import demo_rig
from tests.cli.conftest import Cli
from tests.shared_data import shared_path

REAL_RIG = "data/dannce_markerless_mouse_1/label3d_demo.mat"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture(scope="session")
def demo_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two samples as ``mouseview demo`` writes them: six cameras fed, two held out."""
    folder = tmp_path_factory.mktemp("demo") / "dataset"
    for index in range(2):
        mouse = phantom_of_sample(0, index)
        write_sample(folder / f"sample_{index:06d}", demo_rig(), [render_view(mouse, c) for c in demo_rig()])
    return folder


@pytest.fixture(scope="session")
def phantom_in_the_real_rig(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of the phantom seen by the six cameras of the calibration: their K, skew, lens and poses."""
    rig = read_rig(shared_path(REAL_RIG))
    mouse = make_mouse(11, position_mm=(60.0, 55.0))
    folder = tmp_path_factory.mktemp("real") / "phantom"
    write_sample(folder, rig, [render_view(mouse, camera) for camera in rig])
    return folder
