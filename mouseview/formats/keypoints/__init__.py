"""Keypoints and labels of other tools: one file per format, all of them in the house's pixel origin behind it."""

from mouseview.formats.keypoints.keypoint_set import KeypointSet, find_keypoints, keypoints_in
from mouseview.formats.keypoints.own import write_keypoints
from mouseview.formats.keypoints.registry import KEYPOINT_FORMATS, read_keypoints, sniff_keypoints

__all__ = [
    "KEYPOINT_FORMATS",
    "KeypointSet",
    "find_keypoints",
    "keypoints_in",
    "read_keypoints",
    "sniff_keypoints",
    "write_keypoints",
]
