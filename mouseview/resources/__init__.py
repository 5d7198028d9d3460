"""Files that travel with the program: model format cards, rigs, the bundled checkpoint, icons. One way in: ``path``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from mouseview.geometry.rays import RayEncoding
from mouseview.model.errors import MouseViewError
from mouseview.model.model_format import ModelFormat, ReferenceRig

_ROOT = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Absolute path of a bundled file or folder; raises ``FileNotFoundError`` naming it."""
    found = _ROOT / name
    if not found.exists():
        raise FileNotFoundError(f"resource {name!r} is not part of this installation ({_ROOT})")
    return found


def names(folder: str, suffix: str) -> tuple[str, ...]:
    """Stems of the bundled files of one kind, sorted."""
    return tuple(sorted(file.stem for file in path(folder).glob(f"*{suffix}")))


@cache
def model_format(name: str) -> ModelFormat:
    """The card ``model_formats/<name>.json``."""
    known = names("model_formats", ".json")
    if name not in known:
        raise MouseViewError(f"no model format {name!r}", remedy=f"choose one of: {', '.join(known)}")
    card = json.loads(path(f"model_formats/{name}.json").read_text(encoding="utf-8"))
    card["encoding"] = RayEncoding(card["encoding"])
    card["up"] = tuple(card["up"])
    card["views"] = tuple(card["views"])
    card["reference_rigs"] = tuple(
        ReferenceRig(ring["name"], tuple(ring["azimuths_deg"]), tuple(ring["elevations_deg"]))
        for ring in card["reference_rigs"]
    )
    return ModelFormat(**card)
