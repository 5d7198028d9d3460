"""Gaussian splats: rendering on the CPU, PLY files, filters.

Nothing here is imported before it is used: numba alone costs half a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mouseview.splats.rasterise import render, render_depth

__all__ = ["render", "render_depth"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from mouseview.splats import rasterise

        return getattr(rasterise, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
