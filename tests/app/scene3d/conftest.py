"""The scene as a widget; tests of it are left out where the display has no OpenGL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from mouseview.app.scene3d.view import SceneView


@pytest.fixture
def hidden_view(qtbot: QtBot) -> Iterator[SceneView]:
    widget = SceneView()
    qtbot.addWidget(widget)
    if not widget.has_opengl:
        pytest.skip("no OpenGL on this display")
    yield widget
    widget.close()


@pytest.fixture
def view(hidden_view: SceneView, qtbot: QtBot) -> SceneView:
    """Shown and empty."""
    hidden_view.resize(700, 500)
    with qtbot.waitExposed(hidden_view):
        hidden_view.show()
    return hidden_view
