"""Pose2Sim's ``Calib.toml``: anipose's tables with four distortion values, in metres."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.anipose import claims_pose2sim, read_tables
from mouseview.formats.toml_file import read_toml
from mouseview.model.camera import Rig

NAME = "pose2sim"


def sniff(path: Path) -> bool:
    """By content: anipose's tables, every one with four distortion values and none of them a fisheye."""
    return claims_pose2sim(path)


def read(path: Path) -> Rig:
    """The rig in the numeric order of the sections, in metres. Raises ``FileFormatError``."""
    return Rig(
        read_tables(read_toml(path), path),
        units="m",
        assumptions=("the file states no unit of length; metres are assumed, as Pose2Sim uses",),
        source=path,
        format=NAME,
    )
