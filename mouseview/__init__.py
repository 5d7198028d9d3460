"""MouseView: measure a multi-camera rig, normalise it exactly, run GS-LRM and judge what it returns.

Poses are world to camera in OpenCV axes, a pixel's origin is its outer corner, world Z is up: ``docs/conventions.md``.
Names below are imported when they are first used; torch only by ``load_engine``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mouseview.version import __version__

if TYPE_CHECKING:
    from mouseview.checks import inspect
    from mouseview.formats.registry import read_rig, write_rig
    from mouseview.inference import load_engine
    from mouseview.metrics.scores import Scores, compare
    from mouseview.model.camera import Camera, Rig
    from mouseview.model.errors import MouseViewError
    from mouseview.model.gaussians import Gaussians
    from mouseview.model.prepared import Prepared
    from mouseview.model.recipe import Mode, Recipe
    from mouseview.model.sample import Dataset, Sample
    from mouseview.splats.ply import read_ply, write_ply
    from mouseview.splats.rasterise import render
    from mouseview.workflow.open import open_path as open_dataset
    from mouseview.workflow.script import prepare

_HOMES = {
    "Camera": "model.camera",
    "Dataset": "model.sample",
    "Gaussians": "model.gaussians",
    "Mode": "model.recipe",
    "MouseViewError": "model.errors",
    "Prepared": "model.prepared",
    "Recipe": "model.recipe",
    "Rig": "model.camera",
    "Sample": "model.sample",
    "Scores": "metrics.scores",
    "compare": "metrics.scores",
    "inspect": "checks",
    "load_engine": "inference",
    "open_dataset": "workflow.open:open_path",
    "prepare": "workflow.script",
    "read_ply": "splats.ply",
    "read_rig": "formats.registry",
    "render": "splats.rasterise",
    "write_ply": "splats.ply",
    "write_rig": "formats.registry",
}

__all__ = [
    "Camera",
    "Dataset",
    "Gaussians",
    "Mode",
    "MouseViewError",
    "Prepared",
    "Recipe",
    "Rig",
    "Sample",
    "Scores",
    "__version__",
    "compare",
    "inspect",
    "load_engine",
    "open_dataset",
    "prepare",
    "read_ply",
    "read_rig",
    "render",
    "write_ply",
    "write_rig",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
