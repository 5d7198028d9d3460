"""Frame i of a reader is, byte for byte, the i-th frame of a sequential decode, whatever was asked for before."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mouseview.model.errors import FileFormatError
from mouseview.video.capture import Capture, first_packet
from mouseview.video.interlaced import has_fields
from mouseview.video.reader import VideoReader
from mouseview.video.timeline import SEQUENTIAL, build_timeline
from tests.video.encoding import FRAMES, ffmpeg, pattern, sequential

_VFR = "select='not(mod(n,5))+not(mod(n,3))',setpts='PTS+mod(N,4)*0.004/TB'"
_H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p")

RECIPES: dict[str, tuple[str, ...]] = {
    "long_gop.mp4": (*_H264, "-g", "250", "-bf", "0"),
    "long_gop_b_frames.mp4": (*_H264, "-g", "250", "-bf", "3"),
    "open_gop.mp4": (*_H264, "-g", "20", "-bf", "3", "-x264-params", "open-gop=1"),
    "open_gop.mkv": (*_H264, "-g", "20", "-bf", "3", "-x264-params", "open-gop=1"),
    "intra_refresh.mp4": (*_H264, "-g", "30", "-bf", "0", "-intra-refresh", "1"),
    "variable_rate.mp4": ("-vf", _VFR, "-fps_mode", "vfr", *_H264, "-g", "20", "-bf", "2"),
    "variable_rate.mkv": ("-vf", _VFR, "-fps_mode", "vfr", *_H264, "-g", "20", "-bf", "2"),
    "late_start.mp4": (*_H264, "-g", "25", "-bf", "2", "-output_ts_offset", "5.123"),
    "late_start.mkv": (*_H264, "-g", "25", "-bf", "2", "-output_ts_offset", "5.123"),
    "fragments.mp4": (*_H264, "-g", "25", "-movflags", "+frag_keyframe+empty_moov"),
    "ten_bits.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-g", "40"),
    "grey.mp4": ("-c:v", "libx264", "-pix_fmt", "gray", "-g", "40"),
    "open_gop_hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=0:keyint=20:bframes=4:open-gop=1"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-g", "30", "-b:v", "100k", "-auto-alt-ref", "1", "-deadline", "realtime"),
    "motion.avi": ("-c:v", "mjpeg", "-q:v", "5", "-pix_fmt", "yuvj420p"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-g", "50", "-bf", "0"),
    "mpeg4_b_frames.mp4": ("-c:v", "mpeg4", "-g", "50", "-bf", "2"),
    "transport.ts": (*_H264, "-g", "25", "-bf", "2", "-f", "mpegts"),
}
COUNTED = {
    "mpeg4_b_frames.avi": ("-c:v", "mpeg4", "-g", "50", "-bf", "2"),
    "h264_b_frames.avi": (*_H264, "-g", "25", "-bf", "3"),
    "bare.h264": (*_H264, "-g", "25", "-bf", "2", "-f", "h264"),
    "program.mpg": ("-c:v", "mpeg2video", "-g", "15", "-bf", "2"),
}


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[np.ndarray]]]:
    """Makes and decodes each video once."""
    folder = tmp_path_factory.mktemp("videos")
    made: dict[str, tuple[Path, list[np.ndarray]]] = {}

    def get(name: str) -> tuple[Path, list[np.ndarray]]:
        if name not in made:
            path = folder / name
            if name == "edit_list.mp4":
                pattern(*_H264, "-g", "60", "-bf", "3", folder / "whole.mp4")
                ffmpeg("-ss", "1.0", "-i", folder / "whole.mp4", "-c", "copy", path)
            elif name == "edit_list.mkv":
                pattern(*_H264, "-g", "60", "-bf", "3", folder / "whole.mp4")
                ffmpeg("-ss", "1.0", "-i", folder / "whole.mp4", "-c", "copy", "-avoid_negative_ts", "disabled", path)
            elif name == "turned.mp4":
                pattern(*_H264, "-g", "60", folder / "upright.mp4")
                ffmpeg("-display_rotation", "90", "-i", folder / "upright.mp4", "-c", "copy", path)
            else:
                pattern(*{**RECIPES, **COUNTED}[name], path)
            made[name] = path, sequential(path)
        return made[name]

    return get


def orders(count: int) -> list[int]:
    """At random, to and fro, backwards, in steps: 160 places."""
    chance = random.Random(count)
    return [
        *(chance.randrange(count) for _ in range(70)),
        *range(count - 1, count - 20, -1),
        *range(20),
        *range(0, count, 7),
        *(
            place
            for at in (count // 2, count // 3)
            for place in (at, at - 1, at + 1, at + 40 if at + 40 < count else at)
        ),
    ]


@pytest.mark.parametrize("name", [*RECIPES, "edit_list.mp4", "edit_list.mkv", "turned.mp4"])
def test_every_order_gives_the_sequential_frames(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], name: str
) -> None:
    path, truth = videos(name)
    reader = VideoReader(path)
    assert len({frame.tobytes() for frame in truth}) == len(truth) > 40  # a wrong frame would be noticed
    for place in orders(len(truth)):
        assert np.array_equal(reader.read(place), truth[place]), place
    assert reader.count_frames() == reader.frame_count == len(truth)
    assert build_timeline(path).note == ""
    assert (reader.height, reader.width, 3) == truth[0].shape


@pytest.mark.parametrize("arguments", [("-flags", "+ildct+ilme", "-x264opts", "tff=1"), ("-g", "20")])
def test_interlaced_frames_are_converted_or_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """OpenCV 4.13 and later leave them unconverted and say nothing: memory would be shown as pictures."""
    path = tmp_path / "video.mp4"
    pattern(*_H264, *arguments, "-bf", "2", path)
    assert has_fields(first_packet(path)[1]) is ("tff=1" in arguments)
    if len({frame.tobytes() for frame in sequential(path)}) == 1:
        with pytest.raises(FileFormatError, match="interlaced"):
            VideoReader(path).read(5)
    else:
        assert np.array_equal(VideoReader(path).read(5), sequential(path)[5])


@pytest.mark.parametrize("name", COUNTED)
def test_without_usable_stamps_frames_are_counted_and_this_is_said(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], name: str
) -> None:
    path, truth = videos(name)
    reader = VideoReader(path)
    for place in orders(len(truth))[::4]:
        assert np.array_equal(reader.read(place), truth[place]), place
    assert reader.count_frames() == len(truth)
    assert reader.notes == (SEQUENTIAL,)


def test_the_containers_count_is_not_believed(videos: Callable[[str], tuple[Path, list[np.ndarray]]]) -> None:
    path, truth = videos("edit_list.mp4")
    reader = VideoReader(path)
    assert reader.frame_count != len(truth)  # the header counts the frames that the edit list hides
    reader.count_frames()
    with pytest.raises(FileFormatError, match=f"ends after {len(truth)} frames") as caught:
        reader.read(len(truth))
    assert caught.value.place == str(path)
    assert caught.value.remedy
    with pytest.raises(FileFormatError):
        reader.read(-1)


def test_rotation_is_told_and_not_applied(videos: Callable[[str], tuple[Path, list[np.ndarray]]]) -> None:
    path, truth = videos("turned.mp4")
    reader = VideoReader(path)
    assert reader.read(0).shape == truth[0].shape == (80, 96, 3)
    assert any("turn it by" in note for note in reader.notes)


def test_ascending_reading_decodes_each_frame_once(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, truth = videos("long_gop_b_frames.mp4")
    VideoReader(path).count_frames()
    grabs, seeks = [], []
    grab, seek = Capture.grab, Capture.seek
    monkeypatch.setattr(Capture, "grab", lambda self: grabs.append(1) or grab(self))
    monkeypatch.setattr(Capture, "seek", lambda self, number: seeks.append(number) or seek(self, number))
    reader = VideoReader(path)
    for place in (*range(30), *range(30, len(truth), 3)):
        reader.read(place)
        reader.read(place)  # the same frame again costs nothing
    assert not seeks
    assert len(grabs) <= len(truth)


def test_opening_and_the_first_frames_need_no_index(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, truth = videos("open_gop.mp4")

    def no_index(_: Path) -> None:
        raise AssertionError("the index was built")

    monkeypatch.setattr("mouseview.video.reader.timeline_of", no_index)
    reader = VideoReader(path)
    assert reader.frame_count == FRAMES
    for place in range(12):
        assert np.array_equal(reader.read(place), truth[place])


def test_threads_share_a_reader(videos: Callable[[str], tuple[Path, list[np.ndarray]]]) -> None:
    path, truth = videos("open_gop.mp4")
    reader = VideoReader(path)
    wrong: list[int] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            place = chance.randrange(len(truth))
            if not np.array_equal(reader.read(place), truth[place]):
                wrong.append(place)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_closed_reader_opens_again(videos: Callable[[str], tuple[Path, list[np.ndarray]]]) -> None:
    path, truth = videos("open_gop.mp4")
    reader = VideoReader(path)
    reader.read(50)
    reader.close()
    assert np.array_equal(reader.read(51), truth[51])


@pytest.mark.parametrize("name", ["fragments.mp4", "open_gop.mkv", "motion.avi"])
def test_a_truncated_video_keeps_the_frames_that_are_there(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], name: str, tmp_path: Path
) -> None:
    path, truth = videos(name)
    cut = tmp_path / name
    data = path.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    reader = VideoReader(cut)
    count = reader.count_frames()
    assert FRAMES // 3 < count < FRAMES
    for place in (0, count // 2, 3, count - 8):
        assert np.array_equal(reader.read(place), truth[place]), place
    with pytest.raises(FileFormatError):
        reader.read(count + 5)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", lambda data: b""),
        ("moov_lost.mp4", _half),  # the table of contents stands at the end
        ("head.mp4", lambda data: data[:48]),
        ("text.mp4", lambda data: b"this is no video\n" * 50),
        ("playlist.mp4", lambda data: b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\n/etc/hostname\n"),
        ("script.mp4", lambda data: b"ffconcat version 1.0\nfile '/etc/hostname'\n"),
    ],
)
def test_what_is_no_video_says_so(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]],
    name: str,
    content: Callable[[bytes], bytes],
    tmp_path: Path,
) -> None:
    path, _ = videos("open_gop.mp4")
    (tmp_path / name).write_bytes(content(path.read_bytes()))
    with pytest.raises(FileFormatError) as caught:
        VideoReader(tmp_path / name)
    assert caught.value.place == str(tmp_path / name)
    assert caught.value.remedy
    with pytest.raises(FileFormatError):
        VideoReader(tmp_path / "absent.mp4")


@pytest.mark.parametrize("name", ["open_gop.mkv", "motion.avi", "long_gop_b_frames.mp4", "vp9.webm"])
def test_damaged_videos_end_in_user_errors_alone(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], name: str, tmp_path: Path
) -> None:
    path, _ = videos(name)
    chance = random.Random(name)
    for number in range(12):
        data = bytearray(path.read_bytes())
        for _ in range(chance.choice((1, 20, 200))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        damaged = tmp_path / f"{number}_{name}"
        damaged.write_bytes(data)
        try:
            reader = VideoReader(damaged)
            count = reader.count_frames()
        except FileFormatError:
            continue
        for place in (0, count - 1, count // 2, count // 3):
            with contextlib.suppress(FileFormatError):
                assert reader.read(place).shape == (reader.height, reader.width, 3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, FRAMES - 1), min_size=1, max_size=8))
def test_any_order_on_an_open_group_of_pictures(
    videos: Callable[[str], tuple[Path, list[np.ndarray]]], places: list[int]
) -> None:
    path, truth = videos("open_gop.mp4")
    reader = VideoReader(path)
    for place in places:
        assert np.array_equal(reader.read(place), truth[place])
