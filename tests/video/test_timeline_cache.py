"""Kept timelines belong to one state of one file, and a damaged one is made again."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest

from mouseview.video import timeline_cache
from mouseview.video.timeline import Timeline
from mouseview.video.timeline_cache import known_timeline, timeline_of
from tests.video.encoding import pattern


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    pattern("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", path, frames=60)
    return path


def test_a_timeline_is_made_once(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_timeline(video) is None
    made = timeline_of(video)
    monkeypatch.setattr(timeline_cache, "build_timeline", None)
    kept = timeline_of(video)
    assert kept.stamps_us is not None
    assert np.array_equal(kept.stamps_us, made.stamps_us)
    assert np.array_equal(kept.keys, made.keys)
    assert len(kept) == 60
    assert [kept.key_before(frame) for frame in (0, 19, 20, 59)] == [0, 0, 20, 40]


def test_another_file_of_that_name_has_another_timeline(video: Path) -> None:
    timeline_of(video)
    pattern("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", video, frames=30)
    assert known_timeline(video) is None
    assert len(timeline_of(video)) == 30


@pytest.mark.parametrize("damage", [b"", b"no timeline" * 20, None])
def test_a_damaged_file_is_made_again(video: Path, own_cache: Path, damage: bytes | None) -> None:
    timeline_of(video)
    (kept,) = (own_cache / "video").iterdir()
    if damage is None:
        kept.write_bytes(kept.read_bytes()[:-8])
    else:
        kept.write_bytes(damage)
    assert known_timeline(video) is None
    assert len(timeline_of(video)) == 60


def test_any_damage_is_survived(video: Path, own_cache: Path) -> None:
    truth = timeline_of(video)
    assert truth.stamps_us is not None
    (kept,) = (own_cache / "video").iterdir()
    whole = kept.read_bytes()
    chance = random.Random(0)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        kept.write_bytes(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        found = known_timeline(video)
        assert found is None or (found.stamps_us is not None and np.array_equal(found.stamps_us, truth.stamps_us))


def test_the_cache_is_bounded(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_cache, "_MAX_FILES", 3)
    monkeypatch.setattr(timeline_cache, "build_timeline", lambda path: Timeline(np.arange(5), np.zeros(1, np.int64)))
    for number in range(6):
        file = tmp_path / f"{number}.mp4"
        file.write_bytes(b"x" * (number + 1))
        timeline_of(file)
    assert len(list((own_cache / "video").iterdir())) == 3


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write everywhere")
def test_a_cache_that_cannot_be_written_is_no_error(video: Path, own_cache: Path) -> None:
    own_cache.chmod(0o500)
    assert len(timeline_of(video)) == 60
    own_cache.chmod(0o700)
