"""A shell that records, and a small sample on disk."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouseview.cli.main import main
from mouseview.cli.outcome import ProgressLine, Shell
from mouseview.formats.facelift import FILE_NAME
from mouseview.model.camera import Rig
from mouseview.phantom.dataset import write_sample
from mouseview.resources import model_format

SIZE = 64


@dataclass
class Cli:
    """Runs command lines in this process. opened: what the window was asked to show."""

    capture: pytest.CaptureFixture[str]
    opened: list[tuple[str | None, str | None, str | None, str | None]] = field(default_factory=list)
    window_code: int = 0
    out: str = ""
    err: str = ""

    def _open(self, path: str | None, screenshot: str | None, select: str | None, tour: str | None) -> int:
        self.opened.append((path, screenshot, select, tour))
        return self.window_code

    def _photograph(self, _dataset: Path, folder: Path) -> Sequence[Path]:
        return (folder / "window.png",)

    def __call__(self, *words: object) -> int:
        code = main([str(word) for word in words], Shell(self._open, self._photograph, ProgressLine()))
        self.out, self.err = self.capture.readouterr()
        return code

    def json(self, *words: object, code: int = 0) -> Any:
        """The one document that ``--json`` prints; anything else on stdout fails."""
        got = self(*words, "--json")
        assert got == code, self.err
        return json.loads(self.out)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="session")
def small_rig() -> Rig:
    """FaceLift's own six cameras at 64 px, so that everything is quick."""
    rig = model_format("facelift").reference()
    return rig.replace(cameras=tuple(camera.resized(SIZE, SIZE) for camera in rig))


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory, small_rig: Rig) -> Path:
    """Six views of a disc about the image's middle, with alpha."""
    folder = tmp_path_factory.mktemp("cli") / "sample_000000"
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    image[np.hypot(x, y) < SIZE / 5] = (180, 120, 60, 255)
    write_sample(folder, small_rig, [image] * len(small_rig))
    return folder


@pytest.fixture(scope="session")
def calibration(sample_folder: Path) -> Path:
    return sample_folder / FILE_NAME
