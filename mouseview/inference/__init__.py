"""GS-LRM: checkpoints, the engine that runs them, and a worker process around it. Importing this imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mouseview.inference.config import GSLRMConfig
    from mouseview.inference.engine import Engine


def load_engine(checkpoint: str | Path, device: str = "auto", config: GSLRMConfig | Path | str | None = None) -> Engine:
    """``engine.load_engine``, importing torch only now."""
    from mouseview.inference import engine

    return engine.load_engine(checkpoint, device, config)
