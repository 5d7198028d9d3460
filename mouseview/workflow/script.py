"""Functions shaped for scripts and notebooks."""

from __future__ import annotations

from typing import Any

from mouseview.model.errors import MouseViewError
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import Mode, Recipe
from mouseview.model.sample import Sample
from mouseview.workflow.prepare import prepare_sample


def prepare(sample: Sample, mode: str | Mode = Mode.EXACT_AIMED, model: str = "facelift", **choices: Any) -> Prepared:
    """Normalise one sample; ``choices`` are further fields of ``Recipe`` (``centre``, ``point``, ``scale``, …).

    Raises ``MouseViewError`` for an unknown mode and for what the sample does not allow.
    """
    try:
        chosen = Mode(mode)
    except ValueError:
        raise MouseViewError(f"no mode {mode!r}", remedy=f"choose one of: {', '.join(Mode)}") from None
    return prepare_sample(sample, Recipe(mode=chosen, model=model, **choices))
