"""SLEAP analysis ``.h5``: one video's tracks, coordinates from the first pixel's centre, scores of points."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mouseview.formats.fields import mismatch
from mouseview.formats.keypoints.hdf5 import hdf5_file, is_hdf5
from mouseview.formats.keypoints.table import (
    CENTRE_ORIGIN_PX,
    KeypointTable,
    best_track,
    pixel_rows,
    point_names,
    scored,
    usable,
)

NAME = "sleap-analysis"
THRESHOLD = 0.2  # SLEAP's own for peaks


def sniff(path: Path) -> bool:
    """By content: HDF5 with ``tracks`` and ``node_names``."""
    if not is_hdf5(path):
        return False
    with hdf5_file(path) as file:
        return {"tracks", "node_names"} <= set(file.names())


def read(path: Path) -> KeypointTable:
    """``tracks`` (tracks, 2, nodes, frames): the best of the tracks. Raises ``FileFormatError``."""
    with hdf5_file(path) as file:
        shape = file.shape("tracks")
        names = point_names(file.texts("node_names"), f"{path}, node_names")
        if len(shape) != 4 or shape[1] != 2 or shape[2] != len(names) or 0 in shape:
            raise mismatch(f"{path}, tracks", f"an array (tracks, 2, {len(names)} nodes, frames)", f"shape {shape}")
        tracks = file.numbers("tracks", 4).astype(np.float64)
        scores = file.numbers("point_scores", 3).astype(np.float64) if "point_scores" in file else None
        track_names = file.texts("track_names") if "track_names" in file else ()
    points = usable(np.moveaxis(tracks, (0, 3, 2, 1), (0, 1, 2, 3)) + CENTRE_ORIGIN_PX)
    notes = ["SLEAP's coordinates start at the first pixel's centre"]
    if scores is not None and scores.shape == (shape[0], shape[2], shape[3]):
        points = scored(points, np.swapaxes(scores, 1, 2), THRESHOLD)
        notes.append(f"points with a score below {THRESHOLD} are left out")
    best, said = best_track(np.isfinite(points[..., 0]).sum(axis=(1, 2)), track_names)
    frames = np.arange(shape[3])
    return KeypointTable(names, ("",), frames, len(names), (*notes, *said), pixels=pixel_rows(points[best][None]))
