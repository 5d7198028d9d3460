"""A known length gives a calibration its unit: the factor to millimetres, saved beside it as a correction."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.correction_file import save_correction, saved_correction
from mouseview.formats.registry import calibration_home
from mouseview.model.camera import Rig
from mouseview.model.correction import Correction
from mouseview.model.errors import MouseViewError


def save_scale(rig: Rig, factor: float) -> Path:
    """Save that lengths of the rig, as it is read now, times ``factor`` are millimetres; returns the sidecar.

    The calibration itself stays as it is. Raises ``MouseViewError`` when the rig comes from no file, and
    ``FileFormatError`` when nothing can be saved.
    """
    home = calibration_home(rig)
    if home is None or not home.target.exists():
        raise MouseViewError(
            "this rig comes from no calibration file, so nothing can be saved beside it",
            place=str(rig.source or "rig"),
            remedy="export the rig, open that file, and give it its unit",
        )
    saved = saved_correction(home)
    before = saved.correction if saved is not None and not saved.outdated else Correction()
    return save_correction(home, before.replace(scale=before.scale * factor, units="mm"))
