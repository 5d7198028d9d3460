"""Prints as JSON what an OpenGL context of this display says; run as a module by ``mouseview doctor``."""

from __future__ import annotations

import json
import sys

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

_GL_VENDOR, _GL_RENDERER, _GL_VERSION = 0x1F00, 0x1F01, 0x1F02


def main() -> int:
    application = QGuiApplication(sys.argv[:1])
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not context.create() or not context.makeCurrent(surface):
        print(f"Qt's platform {application.platformName()} gives no OpenGL context", file=sys.stderr)
        return 1
    functions = context.functions()
    names = {"vendor": _GL_VENDOR, "renderer": _GL_RENDERER, "version": _GL_VERSION}
    answer = {name: str(functions.glGetString(code)) for name, code in names.items()}
    print(json.dumps({"platform": application.platformName(), **answer}))
    context.doneCurrent()
    return 0


if __name__ == "__main__":
    sys.exit(main())
