"""Settings survive the way to a file and back, and files that others wrote end in our own error alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.formats.sessions.settings import from_json, read_settings, to_json, write_settings
from mouseview.formats.sidecar import beside
from mouseview.model.errors import FileFormatError
from mouseview.model.session import SessionSettings

_paths = st.one_of(st.none(), st.text(min_size=1).filter(lambda text: bool(text.strip())))
_frames = st.integers(-(10**9), 10**9)


@st.composite
def settings(draw: st.DrawFn) -> SessionSettings:
    start, stop = draw(st.tuples(st.none() | _frames, st.none() | _frames))
    if start is not None and stop is not None and stop <= start:
        start, stop = None, stop
    return SessionSettings(
        videos=draw(st.dictionaries(st.text(), _paths)),
        masks=draw(st.dictionaries(st.text(), _paths)),
        offsets=draw(st.dictionaries(st.text(), _frames)),
        start=start,
        stop=stop,
        stride=draw(st.integers(1, 10**9)),
        undistorted=draw(st.sampled_from((None, True, False))),
        mask_threshold=draw(st.integers(0, 254)),
        recording=draw(_paths),
    )


@given(settings())
def test_round_trip(chosen: SessionSettings) -> None:
    assert from_json(json.loads(json.dumps(to_json(chosen))), "here") == chosen


def test_a_saved_file_is_read_back(tmp_path: Path) -> None:
    chosen = SessionSettings(offsets={"a": -3}, undistorted=False)
    write_settings(tmp_path, chosen)
    assert read_settings(tmp_path) == chosen


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*to_json(SessionSettings()), "other"]), _json))
def test_any_json_gives_settings_or_a_user_error(content: dict[str, Any]) -> None:
    refused: FileFormatError | None = None
    try:
        chosen = from_json(content, "here")
    except FileFormatError as error:
        refused = error
    if refused is not None:
        assert refused.place == "here"
        assert refused.remedy
    else:
        assert from_json(to_json(chosen), "here") == chosen


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"stride": 0}, "stride is 0"),
        ({"stride": True}, "stride is True"),
        ({"offsets": {"a": 1.5}}, "offsets of a is 1.5"),
        ({"videos": ["a"]}, "one entry for each camera"),
        ({"start": 5, "stop": 5}, "not behind start"),
        ({"mask_threshold": 255}, "mask_threshold is 255"),
        ({"undistorted": "yes"}, "undistorted is 'yes'"),
        ({"speed": 1}, "speed is no setting"),
    ],
)
def test_what_is_wrong_is_named(content: dict[str, Any], said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        from_json(content, "here")


def test_a_broken_sidecar_says_where_it_lies(tmp_path: Path) -> None:
    write_settings(tmp_path, SessionSettings())
    place = beside(tmp_path, "session")
    place.write_text(place.read_text().replace('"stride": 1', '"stride": -1'))
    with pytest.raises(FileFormatError) as caught:
        read_settings(tmp_path)
    assert caught.value.place == str(place)
