"""The quick PNG decoder against the image library, and what it must leave to it."""

from __future__ import annotations

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.formats import quick_png
from mouseview.formats.images import read_image
from mouseview.formats.png_filters import unfilter  # loads what makes the quick decoder ready
from mouseview.model.errors import FileFormatError
from tests.formats.builders import noise_image
from tests.formats.test_images import encode, png_chunk, png_header

CHANNELS = {0: 1, 2: 3, 6: 4}


def filtered(pixels: np.ndarray, kinds: list[int]) -> bytes:
    """Rows of (H, W, C) with PNG's filters, by the standard's own words."""
    height, width, channels = pixels.shape
    rows = pixels.reshape(height, -1).astype(int)
    out = bytearray()
    for y, kind in enumerate(kinds):
        out.append(kind)
        for n in range(width * channels):
            a = rows[y, n - channels] if n >= channels else 0
            b = rows[y - 1, n] if y else 0
            c = rows[y - 1, n - channels] if y and n >= channels else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out.append((rows[y, n] - (0, a, b, (a + b) // 2, paeth)[kind]) % 256)
    return bytes(out)


def png(width: int, height: int, colour_type: int, rows: bytes) -> bytes:
    return png_header(width, height, colour_type) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("colour_type", CHANNELS)
def test_every_row_filter_is_undone(colour_type: int) -> None:
    pixels = noise_image((13, 20), CHANNELS[colour_type]).reshape(20, 13, -1)
    kinds = [0, 1, 2, 3, 4] * 4
    decoded = quick_png.decode(png(13, 20, colour_type, filtered(pixels, kinds)))
    assert decoded is not None
    np.testing.assert_array_equal(decoded.reshape(pixels.shape), pixels)
    assert quick_png.decode(png(13, 20, colour_type, filtered(pixels, [0] * 20).replace(b"\0", b"\5", 1))) is None


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**31), level=st.integers(0, 9), hits=st.integers(1, 5))
def test_damaged_data_are_no_image_or_left_to_the_library(seed: int, level: int, hits: int) -> None:
    rng = np.random.default_rng(seed)
    packed = bytearray(zlib.compress(b"".join(b"\0" + rng.bytes(39) for _ in range(20)), level))
    for place in rng.integers(0, len(packed), hits):
        packed[place] = rng.integers(0, 256)
    cut = bytes(packed[: rng.integers(1, len(packed) + 1)])
    decoded = quick_png.decode(png_header(13, 20, 2) + png_chunk(b"IDAT", cut) + png_chunk(b"IEND", b""))
    assert decoded is None or decoded.shape == (20, 13, 3)


def test_a_bomb_inflates_to_no_more_than_its_header_says() -> None:
    bomb = png_header(13, 20, 2) + png_chunk(b"IDAT", zlib.compress(bytes(50 << 20))) + png_chunk(b"IEND", b"")
    assert quick_png.decode(bomb) is None


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_read_the_same_either_way(tmp_path: Path, channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(tmp_path / "a.png", noise_image((60, 50), channels))
    assert quick_png.decode(path.read_bytes()) is not None
    quick = read_image(path)
    monkeypatch.setattr(quick_png, "is_ready", lambda: False)
    assert quick_png.decode(path.read_bytes()) is None
    np.testing.assert_array_equal(quick, read_image(path))


def test_an_unknown_filter_is_refused() -> None:
    assert not unfilter(np.array([5], np.uint8), 1, np.zeros((1, 4), np.uint8))


def test_other_kinds_are_left_to_the_library(tmp_path: Path) -> None:
    deep = encode(tmp_path / "deep.png", noise_image((30, 20), 4, dtype=np.uint16))
    flat = cv2.imencode(".png", np.full((8, 8, 3), 200, np.uint8))[1].tobytes()
    keyed = flat[:33] + png_chunk(b"tRNS", b"\0\1\0\1\0\1") + flat[33:]
    assert quick_png.decode(deep.read_bytes()) is None
    assert quick_png.decode(keyed) is None
    assert quick_png.decode(flat) is not None
    assert read_image(deep).dtype == np.uint16


def test_too_little_data_are_told_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "short.png"
    path.write_bytes(png(13, 20, 6, b"\0" * 100))
    with pytest.raises(FileFormatError, match="truncated or damaged"):
        read_image(path)
