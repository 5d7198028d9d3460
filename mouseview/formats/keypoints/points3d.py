"""3D points of sleap-anipose: ``tracks`` (frames, tracks, nodes, 3) in HDF5, in the calibration's world and unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats.fields import mismatch
from mouseview.formats.keypoints.hdf5 import hdf5_file, is_hdf5
from mouseview.formats.keypoints.table import MAX_POINTS, KeypointTable, best_track, usable, world_rows

NAME = "sleap-anipose-3d"


def sniff(path: Path) -> bool:
    """By content: HDF5 with ``tracks`` of three coordinates and without SLEAP's names."""
    if not is_hdf5(path):
        return False
    with hdf5_file(path) as file:
        names = file.names()
        return "tracks" in names and "node_names" not in names and file.shape("tracks")[-1:] == (3,)


def read(path: Path) -> KeypointTable:
    """The best of the tracks, without names: the file has none. Raises ``FileFormatError``."""
    with hdf5_file(path) as file:
        shape = file.shape("tracks")
        if len(shape) != 4 or shape[3] != 3 or 0 in shape or shape[2] > MAX_POINTS:
            raise mismatch(f"{path}, tracks", "an array (frames, tracks, nodes, 3)", f"shape {shape}")
        tracks = np.swapaxes(file.numbers("tracks", 4).astype(np.float64), 0, 1)
    points = usable(tracks)
    best, said = best_track(np.isfinite(points[..., 0]).sum(axis=(1, 2)), ())
    notes = ("3D points are taken to be in the world and the unit of the calibration", *said)
    return KeypointTable((), (), np.arange(shape[0]), shape[2], notes, world=world_rows(points[best]))
