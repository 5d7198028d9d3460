"""What a run leaves: a state to resume from, the weights with their card, and strips to look at."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mouseview.formats.files import write_atomically
from mouseview.formats.images import write_png
from mouseview.inference.gslrm import GSLRM
from mouseview.inference.weights_file import write_weights
from mouseview.training.step import Trainer

STATE_NAME, WEIGHTS_NAME, CARD_NAME = "state.pt", "model.safetensors", "card.json"


def write_state(folder: Path, trainer: Trainer, generator: torch.Generator, run: Mapping[str, Any]) -> None:
    """``run``: numbers and texts of the loop (step, progress, seconds)."""
    state = {
        "network": trainer.network.state_dict(),
        "optimiser": trainer.optimiser.state_dict(),
        "generator": generator.get_state(),
        "run": dict(run),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(folder / STATE_NAME, buffer.getvalue())


def read_state(folder: Path, trainer: Trainer, generator: torch.Generator) -> dict[str, Any]:
    """Restores network, optimiser and generator; returns ``run``."""
    state = torch.load(folder / STATE_NAME, map_location="cpu", weights_only=True)
    trainer.network.load_state_dict(state["network"])
    trainer.optimiser.load_state_dict(state["optimiser"])
    generator.set_state(state["generator"])
    return dict(state["run"])


def write_model(folder: Path, network: GSLRM, format_name: str, card: Mapping[str, Any]) -> None:
    """``model.safetensors`` in half precision and ``card.json``; the card is also in the weights' metadata."""
    write_weights(folder / WEIGHTS_NAME, network.state_dict(), network.config, model_format=format_name, recipe=card)
    write_atomically(folder / CARD_NAME, (json.dumps(dict(card), indent=2) + "\n").encode())


def write_strips(path: Path, strips: Sequence[npt.NDArray[np.uint8]]) -> None:
    """One PNG, mice below each other."""
    write_png(path, np.concatenate(strips, axis=0))


def read_card(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / CARD_NAME).read_text(encoding="utf-8")))
