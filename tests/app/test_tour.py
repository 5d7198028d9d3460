"""A tour over the open window: it ends by itself, also where a step fails, and says so with its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from mouseview.app.main import Running, application
from mouseview.app.tour import Step, Tour

LATE_MS = 20_000


def walked(running: Running, *steps: Step) -> tuple[Tour, int]:
    """The tour when the application has left its loop, and the exit code; -1: it never did."""
    watch = QTimer(singleShot=True, interval=LATE_MS)
    watch.timeout.connect(lambda: QApplication.exit(-1))
    watch.start()
    tour = Tour(running.wiring, steps)
    code = application().exec()
    watch.stop()
    return tour, code


def broken() -> None:
    raise RuntimeError("the bridge is out")


def test_a_tour_takes_its_pictures_and_ends(running: Running, tmp_path: Path) -> None:
    acts: list[int] = []
    steps = (Step(lambda: acts.append(1)), Step(lambda: acts.append(2), tmp_path / "two.png"))
    tour, code = walked(running, *steps)
    assert (code, tour.failed, acts) == (0, False, [1, 2])
    assert (tmp_path / "two.png").stat().st_size > 0


@pytest.mark.parametrize("where", ["act", "dialog"])
def test_a_step_that_raises_ends_the_tour_with_failure(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    acts: list[int] = []
    bad = Step(broken) if where == "act" else Step(lambda: None, tmp_path / "one.png", broken)
    tour, code = walked(running, bad, Step(lambda: acts.append(2)))
    assert (code, tour.failed, acts) == (1, True, [])
    assert "the bridge is out" in capsys.readouterr().err
