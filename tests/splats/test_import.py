"""A window may import the package before it renders anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mouseview import splats


def test_importing_the_package_loads_no_compiler() -> None:
    code = "import sys, mouseview.splats; print('numba' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_package_offers_render_and_nothing_it_does_not_have() -> None:
    from mouseview.splats.rasterise import render

    assert splats.render is render
    with pytest.raises(AttributeError, match="reconstruct"):
        _ = splats.reconstruct
