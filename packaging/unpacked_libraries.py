"""Lets ``ctypes.util.find_library`` see packages that ``./dev`` unpacked beside the environment.

ctypes asks the system's ldconfig, which knows nothing of them; the loader itself follows LD_LIBRARY_PATH. ``./dev``
puts this module into such an environment, where it is imported at every start of Python.
"""

from __future__ import annotations

import ctypes.util
import glob
import os

_by_ldconfig = ctypes.util.find_library


def find_library(name: str) -> str | None:
    """The library's file name, as the loader takes it, or None."""
    known = _by_ldconfig(name)
    if known:
        return known
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep):
        versions = sorted(glob.glob(os.path.join(glob.escape(folder), f"lib{name}.so.*"))) if folder else []
        if versions:
            return os.path.basename(versions[0])
    return None


ctypes.util.find_library = find_library
