"""``mouseview doctor``: what this machine has and lacks for MouseView, and what to type about it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mouseview.cli import graphics
from mouseview.cli.machine import machine
from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.inference.hardware import gpus, torch_build
from mouseview.version import __version__

_PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "numba",
    "PySide6-Essentials",
    "vispy",
    "PyOpenGL",
    "safetensors",
    "huggingface_hub",
    "plyfile",
    "torch",
)
_PYTHONS = ((3, 11), (3, 13))
_TORCH = ((2, 10), (2, 14))  # from, below
_PROBE_SECONDS = 60
_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "SwiftShader")


@dataclass(frozen=True)
class Problem:
    """needed: MouseView does not work without it; otherwise it is slower or lacks a part."""

    needed: bool
    what: str
    remedy: str


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    return subparsers.add_parser("doctor", help="check Python, packages, graphics, GPU and folders")


def run(_arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    document: dict[str, Any] = {
        "mouseview": __version__,
        "machine": machine(),
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "packages": {name: _version(name) for name in _PACKAGES},
        "torch": _torch(),
        "gpu": _gpu(),
        "display": {name: os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")},
        "missing": [asdict(item) for item in graphics.missing()],
        "folders": [_folder(name, path) for name, path in _folders()],
    }
    document["opengl"] = _opengl() if graphics.has_display() and not document["missing"] else None
    problems = list(_problems(document))
    document["problems"] = [asdict(problem) for problem in problems]
    failed = any(problem.needed for problem in problems)
    return Outcome(document, _text(document), FAILED if failed else FINE)


def _version(package: str) -> str | None:
    from importlib import metadata  # slow to import, and this module is loaded at every start

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _torch() -> dict[str, Any] | None:
    build = torch_build()
    return None if build is None else asdict(build)


def _gpu() -> dict[str, Any] | None:
    """The NVIDIA GPUs and their driver; None without a driver."""
    found = gpus()
    if not found:
        return None
    return {"driver": found[0].driver, "devices": [{"name": gpu.name, "memory": gpu.memory} for gpu in found]}


def _opengl() -> dict[str, Any]:
    """What a Qt OpenGL context says here, asked in a process of its own: Qt aborts where its plugin cannot load."""
    command = [sys.executable, "-m", "mouseview.app.opengl_probe"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {_PROBE_SECONDS} s"}
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {"error": lines[-1] if lines else f"exit {done.returncode}"}
    answer: dict[str, Any] = json.loads(done.stdout)
    answer["software"] = any(name in answer["renderer"] for name in _SOFTWARE_RENDERERS)
    return answer


def _folders() -> tuple[tuple[str, Callable[[], Path]], ...]:
    import platformdirs

    from mouseview.inference.cache import cache_folder
    from mouseview.workflow.autosave import autosave_folder

    return (
        ("cache", lambda: cache_folder("weights").parent),
        ("state", lambda: autosave_folder().parent),
        ("settings", lambda: platformdirs.user_config_path("mouseview", appauthor=False)),
        ("temporary files", lambda: Path(tempfile.gettempdir())),
    )


def _folder(name: str, where: Callable[[], Path]) -> dict[str, Any]:
    try:
        folder = where()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return {"name": name, "path": str(error.filename), "writable": False, "why": error.strerror}
    return {"name": name, "path": str(folder), "writable": True, "why": None}


def _problems(document: dict[str, Any]) -> Iterator[Problem]:
    packages: dict[str, str | None] = document["packages"]
    if not _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        yield Problem(True, f"Python {platform.python_version()} is not supported", "use Python 3.11, 3.12 or 3.13")
    for name in _PACKAGES:
        if packages[name] is None and name != "torch":
            yield Problem(True, f"the package {name} is not installed", f"{sys.executable} -m pip install {name}")
    if (packages["PySide6-Essentials"] or "").startswith("6.12."):
        yield Problem(
            sys.version_info[:2] == (3, 11),
            "PySide6 6.12 dies after a few hundred signals on Python 3.11",
            f'{sys.executable} -m pip install "PySide6-Essentials<6.12"',
        )
    if _version("opencv-python") is not None:
        yield Problem(
            True,
            "opencv-python is installed beside opencv-python-headless: its Qt plugins break the window",
            f"{sys.executable} -m pip uninstall opencv-python",
        )
    yield from _torch_problems(document["torch"], document["gpu"])
    for item in document["missing"]:
        yield Problem(True, f"missing: {item['name']} ({item['why']})", graphics.remedy())
    opengl = document["opengl"]
    if opengl is not None and "error" in opengl:
        yield Problem(True, f"OpenGL does not start: {opengl['error']}", graphics.remedy())
    elif opengl is not None and opengl["software"]:
        yield Problem(
            False, f"OpenGL runs in software ({opengl['renderer']}): big scenes turn slowly", "install the GPU's driver"
        )
    for folder in document["folders"]:
        if not folder["writable"]:
            yield Problem(True, f"{folder['name']}: {folder['path']}: {folder['why']}", "make the folder writable")


def _torch_problems(torch: dict[str, Any] | None, gpu: dict[str, Any] | None) -> Iterator[Problem]:
    install = f'{sys.executable} -m pip install "torch>=2.10,<2.14"'
    if torch is None:
        yield Problem(False, "torch is not installed: everything works but reconstruction", install)
        return
    numbers = tuple(int(part) for part in torch["version"].split("+")[0].split(".")[:2])
    if not _TORCH[0] <= numbers < _TORCH[1]:
        yield Problem(False, f"torch {torch['version']} is untested with this MouseView", install)
    if gpu is not None and torch["cuda"] is None:
        yield Problem(False, "there is an NVIDIA GPU, but torch is a CPU build", "remove .venv and run ./dev setup")


def _text(document: dict[str, Any]) -> str:
    here, torch, gpu, opengl = document["machine"], document["torch"], document["gpu"], document["opengl"]
    python = document["python"]
    build = "missing" if torch is None else f"built for {'CUDA ' + torch['cuda'] if torch['cuda'] else 'CPU'}"
    cards = "no NVIDIA driver"
    if gpu is not None:
        cards = f"{', '.join(device['name'] for device in gpu['devices'])}; driver {gpu['driver']}"
    lines = [
        f"MouseView {document['mouseview']}, Python {python['version']} ({python['executable']})",
        f"{here['system']}; {here['cpu']}, {here['cores']} cores, load {here['load']}",
        *(f"  {name} {version or 'missing'}" for name, version in document["packages"].items()),
        f"torch: {build}",
        f"GPU: {cards}",
    ]
    if opengl is None:
        lines.append("OpenGL: not tried (no display)" if not graphics.has_display() else "OpenGL: not tried")
    else:
        lines.append(f"OpenGL: {opengl.get('error') or opengl['renderer'] + ', ' + opengl['version']}")
    lines += [f"{folder['name']}: {folder['path']}" for folder in document["folders"]]
    for problem in document["problems"]:
        lines += [f"{'PROBLEM' if problem['needed'] else 'note'}: {problem['what']}", f"  → {problem['remedy']}"]
    return "\n".join([*lines, *([] if document["problems"] else ["all is well"])])
