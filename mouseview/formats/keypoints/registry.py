"""The one tuple of keypoint file formats: whatever lists, sniffs or reads them comes here."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats.files import file_size, unreadable
from mouseview.formats.keypoints import (
    anipose_csv,
    deeplabcut_csv,
    deeplabcut_hdf5,
    jarvis_annotations,
    own,
    point_sets,
    points3d,
    sleap_analysis,
    sleap_labels,
)
from mouseview.formats.keypoints.table import KeypointFormat, KeypointTable
from mouseview.model.errors import FileFormatError

SUFFIXES = (".json", ".h5", ".hdf5", ".csv", ".slp")

KEYPOINT_FORMATS: tuple[KeypointFormat, ...] = (
    KeypointFormat(
        own.NAME,
        "MouseView keypoints",
        "keypoints.json: frames, and for every camera [x, y] or null; 3D points where known",
        (own.FILE_NAME,),
        own.sniff,
        own.read,
    ),
    KeypointFormat(
        sleap_analysis.NAME,
        "SLEAP analysis",
        "tracks of one video in HDF5, with scores",
        ("*.analysis.h5", "*.h5"),
        sleap_analysis.sniff,
        sleap_analysis.read,
    ),
    KeypointFormat(
        sleap_labels.NAME,
        "SLEAP labels",
        "labelled and predicted frames of one or more videos in HDF5",
        ("*.slp",),
        sleap_labels.sniff,
        sleap_labels.read,
    ),
    KeypointFormat(
        deeplabcut_csv.NAME,
        "DeepLabCut, Lightning Pose (csv)",
        "a line a frame below lines of scorer, body parts and coordinates",
        ("*.csv",),
        deeplabcut_csv.sniff,
        deeplabcut_csv.read,
    ),
    KeypointFormat(
        deeplabcut_hdf5.NAME,
        "DeepLabCut (HDF5)",
        "a pandas table of one video",
        ("*.h5",),
        deeplabcut_hdf5.sniff,
        deeplabcut_hdf5.read,
    ),
    KeypointFormat(
        points3d.NAME,
        "sleap-anipose 3D",
        "points3d.h5: 3D points of all frames",
        ("points3d.h5", "*.h5"),
        points3d.sniff,
        points3d.read,
    ),
    KeypointFormat(
        anipose_csv.NAME,
        "anipose 3D",
        "pose-3d/*.csv: 3D points, a line a frame",
        ("*.csv",),
        anipose_csv.sniff,
        anipose_csv.read,
    ),
    KeypointFormat(
        jarvis_annotations.NAME,
        "JARVIS annotations",
        "COCO-like JSON with framesets",
        ("instances_*.json", "*.json"),
        jarvis_annotations.sniff,
        jarvis_annotations.read,
    ),
    KeypointFormat(
        point_sets.NAME,
        "plain point sets",
        "JSON of sets of cameras of flat lists x, y, x, y, …",
        ("keypoints2d.json", "*.json"),
        point_sets.sniff,
        point_sets.read,
    ),
)


def sniff_keypoints(path: Path) -> KeypointFormat | None:
    """The keypoint format that the content of a file claims, or None. Raises ``FileFormatError`` for a broken file."""
    file_size(path)
    try:
        return next((known for known in KEYPOINT_FORMATS if known.sniff(path)), None)
    except OSError as error:
        raise unreadable(path, error) from error


def read_keypoints(path: Path | str) -> KeypointTable:
    """The points in one keypoint file. Raises ``FileFormatError`` naming file, place and remedy."""
    file = Path(path)
    return identify_keypoints(file).read(file)


def identify_keypoints(file: Path) -> KeypointFormat:
    """The format that the content of a file claims; raises ``FileFormatError`` saying what can be read."""
    found = sniff_keypoints(file)
    if found is None:
        raise FileFormatError(
            "is not a keypoint file that can be read",
            place=str(file),
            remedy="readable are: " + "; ".join(f"{known.title} ({known.file_names[0]})" for known in KEYPOINT_FORMATS),
        )
    return found
