"""What the window needs from the system and does not find: by loading it, without importing Qt.

Needs no window, and is run by ``./dev`` as a module (exit 1 and a line each when something is missing).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mouseview.model.errors import MouseViewError

_FOUND_BY_NAME = ("GL", "fontconfig")
_DRIVERS = ("libGLX_mesa.so.0", "libGLX_nvidia.so.0")
_QT_LIBRARIES = ("lib/libQt6Widgets.so.6", "lib/libQt6OpenGLWidgets.so.6", "plugins/platforms/libqxcb.so")
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


@dataclass(frozen=True)
class Missing:
    """``name``: a library, program or thing; ``why``: what the loader said, or what it is needed for."""

    name: str
    why: str


def _load_error(library: str) -> str | None:
    try:
        ctypes.CDLL(library)
    except OSError as error:
        return str(error)
    return None


def _qt_folder() -> Path | None:
    spec = importlib.util.find_spec("PySide6")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "Qt"


def _has_font() -> bool:
    folders = [Path(folder).expanduser() for folder in _FONT_FOLDERS]
    configured = os.environ.get("FONTCONFIG_FILE")  # ``./dev`` without root keeps fonts beside the environment
    if configured:
        folders.append(Path(configured).parent / "usr/share/fonts")
    return any(next(folder.rglob("*.[to]tf"), None) for folder in folders if folder.is_dir())


def has_display() -> bool:
    """Whether a window can open: there is a display, or Qt was told of another way (``QT_QPA_PLATFORM``)."""
    ways = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(way) for way in ways)


def require_display(place: str) -> None:
    """Raises ``MouseViewError`` where there is none: Qt itself would end the process without a word to the user."""
    if not has_display():
        raise MouseViewError(
            "there is no display to open a window on",
            place=place,
            remedy=f"use a virtual one: xvfb-run -a mouseview {place} …; where it is missing: {remedy()}",
        )


def _search() -> Iterator[Missing]:
    for library in ("libGL.so.1", "libEGL.so.1"):
        error = _load_error(library)
        if error:
            yield Missing(library, error)
    for name in _FOUND_BY_NAME:
        if ctypes.util.find_library(name) is None:
            yield Missing(f"lib{name}", "vispy looks it up by name and does not find it")
    if all(_load_error(driver) for driver in _DRIVERS):
        yield Missing("an OpenGL driver", f"none of {', '.join(_DRIVERS)} loads")
    qt = _qt_folder()
    if qt is None:
        yield Missing("PySide6", "not installed in this Python")
    else:
        for library in _QT_LIBRARIES:
            error = _load_error(str(qt / library))
            if error:
                yield Missing(error.split(":")[0], f"needed by Qt's {Path(library).name} ({error})")
    if not _has_font():
        yield Missing("a font", "no TrueType or OpenType font is installed")
    if not has_display() and shutil.which("Xvfb") is None:
        yield Missing("Xvfb", "there is no display, and no virtual one either")


def missing() -> tuple[Missing, ...]:
    """What is missing on Linux, each thing once; nothing elsewhere, where Qt's wheels bring all they need."""
    if not sys.platform.startswith("linux"):
        return ()
    found: dict[str, Missing] = {}
    for item in _search():
        found.setdefault(item.name, item)
    return tuple(found.values())


def debian_packages() -> tuple[str, ...]:
    """Names of the Debian and Ubuntu packages that provide all of it."""
    from mouseview import resources  # numpy comes with it: not at every start

    text = resources.path("debian-packages.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def remedy() -> str:
    """The line to type."""
    if shutil.which("apt-get"):
        return f"sudo apt-get install --no-install-recommends {' '.join(debian_packages())}"
    return f"install your distribution's equivalents of the Debian packages {' '.join(debian_packages())}"


if __name__ == "__main__":
    absent = missing()
    for thing in absent:
        print(f"missing: {thing.name}: {thing.why}")
    sys.exit(1 if absent else 0)
