"""Labels of whatever a user points at: a calibration file, a keypoint file, a sample folder or a session."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mouseview.formats import registry
from mouseview.formats.dataset import open_dataset
from mouseview.formats.keypoints import keypoints_in, read_keypoints, sniff_keypoints
from mouseview.model.camera import Labels


def read_labels(path: Path | str, format: str | None = None) -> Labels | None:
    """The labels at ``path``; None when there are none. Raises ``FileFormatError``.

    A keypoint file alone: all its frames, views in its own order. A folder: those of its first sample. format: of the
    calibration, to overrule what the content says.
    """
    target = Path(path)
    if os.path.isdir(target):
        return open_dataset(target, format)[0].labels
    if format is None and registry.sniff(target) is None and sniff_keypoints(target) is not None:
        views = read_keypoints(target).views or ("",)
        return keypoints_in(target, views).sampled(sys.maxsize)
    return registry.read_labels(target, format)
