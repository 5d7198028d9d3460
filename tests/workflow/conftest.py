"""Small samples on disk, written once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mouseview.phantom.dataset import write_sample
from tests.rigs import mouse_ring
from tests.scene import Ellipsoid, photograph

SIZE = (144, 128)


def write_samples(folder: Path, count: int, walk_mm: float = 4.0) -> None:
    """``count`` samples of an ellipsoid that walks through a ring of six distorted cameras."""
    rig = mouse_ring(SIZE)
    for index in range(count):
        scene = Ellipsoid(centre=Ellipsoid().centre + np.array([walk_mm * index, 0, 0]))
        write_sample(folder / f"sample_{index:06d}", rig, [photograph(scene, camera, 1) for camera in rig])


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three samples; tests copy it before they change anything."""
    folder = tmp_path_factory.mktemp("workflow") / "dataset"
    write_samples(folder, 3)
    return folder
