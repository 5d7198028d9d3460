"""Blender synthetic scenes (``transforms_train.json``): one field of view for all, the size is that of the images."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.transforms import claims_blender, read_document
from mouseview.model.camera import Rig

NAME = "blender"
ASSUMED_SIZE = (800, 800)  # of the synthetic NeRF scenes


def sniff(path: Path) -> bool:
    """By content: ``transform_matrix`` and ``camera_angle_x``, but neither sizes nor focal lengths."""
    return claims_blender(path)


def read(path: Path) -> Rig:
    """The rig of the file, one camera a frame, principal points in the middle. Raises ``FileFormatError``."""
    return read_with_images(path)[0]


def read_with_images(path: Path) -> tuple[Rig, tuple[Path | None, ...]]:
    """The rig, and parallel to its cameras where their images lie or should lie."""
    return read_document(path, NAME, ASSUMED_SIZE)
