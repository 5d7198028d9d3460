"""How to start another Python from this one, also from inside a packaged program. Torch-free."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_LOADER_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH", "PATH")
_BUNDLE_ONLY = ("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH")

# ``-P`` keeps the working folder off the path, and ours comes last: an interpreter with a runtime of its own keeps it.
_START = """
import runpy, sys
sys.path.append(sys.argv.pop())
runpy.run_module("mouseview.inference.worker", run_name="__main__", alter_sys=True)
"""


def worker_command(python: str) -> list[str]:
    """``python -m mouseview.inference.worker`` for an interpreter that need not have mouseview installed."""
    root = Path(__file__).resolve().parents[3]
    return [python, "-P", "-c", _START, str(root)]


def clean_environment(environ: Mapping[str, str], bundle: str | None) -> dict[str, str]:
    """The environment without what a packaged program's boot loader put there for its own libraries.

    bundle: the folder of the packaged program, None when run from sources (then nothing changes).
    """
    clean = dict(environ)
    if bundle is None:
        return clean
    inside = os.path.normpath(bundle)
    for name in _LOADER_PATHS:
        original = clean.pop(f"{name}_ORIG", None)
        value = original if original is not None else clean.get(name)
        if value is None:
            continue
        kept = [entry for entry in value.split(os.pathsep) if entry and not _is_inside(entry, inside)]
        if kept:
            clean[name] = os.pathsep.join(kept)
        else:
            clean.pop(name, None)
    for name in _BUNDLE_ONLY:
        clean.pop(name, None)
    return clean


def bundle_folder() -> str | None:
    """The folder a packaged program runs from; None from sources."""
    return getattr(sys, "_MEIPASS", None) if getattr(sys, "frozen", False) else None


def _is_inside(entry: str, folder: str) -> bool:
    path = os.path.normpath(entry)
    return path == folder or path.startswith(folder + os.sep)
