"""``mouseview formats`` lists what can be read: cameras and keypoints, each with its name for users."""

from __future__ import annotations

from mouseview.formats.keypoints import KEYPOINT_FORMATS
from mouseview.formats.registry import FORMATS
from tests.cli.conftest import Cli


def test_cameras_and_keypoints_are_listed(cli: Cli) -> None:
    document = cli.json("formats")
    assert {known["name"] for known in document["formats"]} >= {known.name for known in FORMATS}
    assert [known["name"] for known in document["keypoints"]] == [known.name for known in KEYPOINT_FORMATS]
    assert cli("formats") == 0
    cameras, keypoints = cli.out.split("\n\nkeypoints\n")
    assert all(known.title in cameras for known in FORMATS)
    assert all(known.title in keypoints for known in KEYPOINT_FORMATS)
