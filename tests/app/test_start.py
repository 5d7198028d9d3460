"""A start in a process of its own: a picture of the settled window, and nothing heavy loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

_PROGRAM = """
import json, sys
from mouseview.app.main import run_window
code = run_window(sys.argv[1], sys.argv[2], sys.argv[3])
print(json.dumps({"code": code, "torch": "torch" in sys.modules, "gsplat": "gsplat" in sys.modules}))
"""
_IMPORTS = """
import json, sys
import mouseview.app.main
print(json.dumps(sorted({"torch", "numba", "cv2", "vispy", "mouseview.workflow"} & set(sys.modules))))
"""


def _run(program: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120,
                          env=environment, check=False)  # fmt: skip


def test_a_screenshot_of_the_settled_window_without_torch(dataset_folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "deep" / "window.png"
    done = _run(_PROGRAM, str(dataset_folder), str(picture), "mouse_b", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"code": 0, "torch": False, "gsplat": False}
    assert QImage(str(picture)).width() >= 960
    assert not (tmp_path / "mouseview" / "autosaves").exists(), "a picture leaves no project behind"


def test_what_cannot_be_opened_gives_a_picture_of_the_message(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = _run(_PROGRAM, str(tmp_path / "missing"), str(picture), "x", home=tmp_path)
    assert json.loads(done.stdout.splitlines()[-1])["code"] == 1
    assert picture.is_file()


def test_importing_the_window_loads_nothing_heavy(tmp_path: Path) -> None:
    done = _run(_IMPORTS, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
