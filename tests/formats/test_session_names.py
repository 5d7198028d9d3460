"""Files and cameras by name: nothing is taken twice, renaming both sides alike changes nothing, guesses are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.formats.sessions.names import Sureness, assign, without_camera

_words = st.lists(st.text("abcdefgh", min_size=2, max_size=6), min_size=2, max_size=7, unique=True)


@given(_words, st.randoms())
def test_files_called_like_cameras_are_theirs_in_any_order(names: list[str], chance: object) -> None:
    files = list(names)
    chance.shuffle(files)  # type: ignore[attr-defined]
    found = assign(names, [(file, "videos") for file in files])
    assert [files[place] for place in found.chosen if place is not None] == names
    assert found.sureness is Sureness.EXACT


@given(st.lists(st.text("ab01_-", max_size=6), max_size=6), st.lists(st.text("ab01_-", max_size=6), max_size=6))
def test_no_file_is_given_twice(cameras: list[str], files: list[str]) -> None:
    found = assign(cameras, [(file, "folder") for file in files])
    given_files = [place for place in found.chosen if place is not None]
    assert len(given_files) == len(set(given_files)) <= len(files)
    assert len(found.chosen) == len(found.how) == len(cameras)


@pytest.mark.parametrize(
    ("cameras", "files", "order", "sureness"),
    [
        (("0", "1", "2"), ("2", "0", "1"), (1, 2, 0), Sureness.EXACT),
        (("Camera1", "Camera2", "Camera10"), ("cam10", "cam1", "cam2"), (1, 2, 0), Sureness.EXACT),
        (("cam_0", "cam_1"), ("Cam01", "Cam00"), (1, 0), Sureness.EXACT),
        (("RC", "LC"), ("rec_LC_1", "rec_RC_1"), (1, 0), Sureness.CONTAINED),
        (("A", "B"), ("vid1-camB", "vid1-camA"), (1, 0), Sureness.CONTAINED),
        (("cam1", "cam2"), ("m_2024_2", "m_2024_1"), (1, 0), Sureness.DIGITS),
        (("cam1", "cam2"), ("cam0", "cam1"), (0, 1), Sureness.ORDER),
        (("left", "right"), ("x", "y"), (0, 1), Sureness.ORDER),
        (("left", "right"), ("x", "y", "z"), (None, None), Sureness.NONE),
    ],
)
def test_rules(
    cameras: tuple[str, ...], files: tuple[str, ...], order: tuple[int | None, ...], sureness: Sureness
) -> None:
    found = assign(cameras, [(file,) for file in files])
    assert found.chosen == order
    assert found.sureness is sureness


def test_a_camera_is_no_part_of_a_longer_number() -> None:
    assert without_camera("trial_cam10", ("cam1", "cam10")) == "trial"
    assert without_camera("trial_cam10", ("cam1",)) == "trial_cam10"
    assert without_camera("0", ("1", "2")) == ""
