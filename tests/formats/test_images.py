"""Images in every kind the labs have, and headers that lie."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from mouseview.formats import images
from mouseview.formats.images import has_alpha, image_size, read_image, read_mask, write_png
from mouseview.model.errors import FileFormatError
from tests.formats.builders import noise_image
from tests.shared_data import shared_path


def encode(path: Path, pixels: np.ndarray) -> Path:
    """Through OpenCV's own encoder, so that reading is not tested against our own writing."""
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
    return path


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, colour_type: int = 6) -> bytes:
    ihdr = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", ihdr)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_lossless_kinds_read_to_the_last_bit(tmp_path: Path, suffix: str, channels: int, dtype: type) -> None:
    stored = noise_image(channels=channels, dtype=dtype)
    image = read_image(encode(tmp_path / f"a{suffix}", stored))
    assert image.dtype == dtype
    assert image.shape == (20, 24, 4)
    rgb = np.repeat(stored[..., None], 3, axis=2) if channels == 1 else stored[..., 2::-1]
    alpha = stored[..., 3] if channels == 4 else np.iinfo(dtype).max
    np.testing.assert_array_equal(image[..., :3], rgb)
    np.testing.assert_array_equal(image[..., 3], np.broadcast_to(alpha, (20, 24)))
    assert has_alpha(tmp_path / f"a{suffix}") == (channels == 4)
    assert image_size(tmp_path / f"a{suffix}") == (24, 20)


def test_jpeg_and_bmp_become_opaque_rgb(tmp_path: Path) -> None:
    red = np.zeros((20, 24, 3), np.uint8)
    red[..., 2] = 250
    for suffix, tolerance in ((".jpg", 4), (".bmp", 0)):
        path = encode(tmp_path / f"a{suffix}", red)
        image = read_image(path)
        assert image_size(path) == (24, 20)
        assert np.abs(image.astype(int) - (250, 0, 0, 255)).max() <= tolerance
        assert not has_alpha(path)


def test_the_padding_byte_of_a_bmp_is_no_alpha(tmp_path: Path) -> None:
    stored = noise_image()
    stored[..., 3] = 0
    assert np.all(read_image(encode(tmp_path / "a.bmp", stored))[..., 3] == 255)


def test_palette_transparency_is_alpha(tmp_path: Path) -> None:
    body = png_chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6])) + png_chunk(b"tRNS", bytes([0, 255]))
    rows = zlib.compress(b"\0\0\1\0\1\0")
    path = tmp_path / "a.png"
    path.write_bytes(png_header(2, 2, 3) + body + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b""))
    assert has_alpha(path)
    expected = [[[1, 2, 3, 0], [4, 5, 6, 255]], [[4, 5, 6, 255], [1, 2, 3, 0]]]
    np.testing.assert_array_equal(read_image(path), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_round_trip(tmp_path: Path, channels: int, dtype: type) -> None:
    pixels = noise_image(channels=channels, dtype=dtype)
    write_png(tmp_path / "a.png", pixels)
    back = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(back[..., :channels] if channels > 1 else back[..., 0], pixels)


def test_the_real_sample_is_sixteen_bit_rgba() -> None:
    image = read_image(shared_path("data/facelift_sample") / "images" / "cam_000.png")
    assert image.shape == (512, 512, 4)
    assert image.dtype == np.uint16
    assert 0.5 < np.mean(image[..., 3] == 0) < 0.9


# --- masks


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_mask_beside_becomes_alpha(tmp_path: Path, dtype: type) -> None:
    top = np.iinfo(dtype).max
    image = encode(tmp_path / "a.png", noise_image(channels=3, dtype=dtype))
    mask = np.zeros((20, 24), np.uint8)
    mask[5:9, 3:7] = 128
    mask[0, 0] = 127
    alpha = read_image(image, encode(tmp_path / "m.png", mask))[..., 3]
    np.testing.assert_array_equal(alpha, np.where(mask > 127, top, 0))


def test_a_mask_and_stored_alpha_both_count(tmp_path: Path) -> None:
    stored = noise_image()
    mask = np.zeros((20, 24), np.uint8)
    mask[:10] = 255
    image = read_image(encode(tmp_path / "a.png", stored), encode(tmp_path / "m.png", mask))
    np.testing.assert_array_equal(image[..., 3], np.where(mask > 0, stored[..., 3], 0))
    np.testing.assert_array_equal(image[..., :3], stored[..., 2::-1])


def test_label_images_sixteen_bit_masks_and_alpha_masks(tmp_path: Path) -> None:
    subject = np.zeros((20, 24), bool)
    subject[4:9, 4:9] = True
    assert np.array_equal(read_mask(encode(tmp_path / "a.png", subject.astype(np.uint8))), subject)
    assert np.array_equal(read_mask(encode(tmp_path / "b.png", subject.astype(np.uint16) * 40_000)), subject)
    cutout = np.full((20, 24, 4), 255, np.uint8)
    cutout[..., 3] = subject * 255
    assert np.array_equal(read_mask(encode(tmp_path / "c.png", cutout)), subject)
    assert not read_mask(encode(tmp_path / "d.png", np.zeros((20, 24), np.uint8))).any()


def test_a_mask_of_another_size_is_an_error_that_names_it(tmp_path: Path) -> None:
    image = encode(tmp_path / "a.png", noise_image(channels=3))
    with pytest.raises(FileFormatError, match=r"10×8 px but its image a\.png is 24×20") as caught:
        read_image(image, encode(tmp_path / "m.png", np.zeros((8, 10), np.uint8)))
    assert "m.png" in caught.value.place


# --- files that lie or end


@pytest.fixture
def no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("the decoder ran")

    monkeypatch.setattr(images.cv2, "imdecode", decode)


def lying_headers() -> dict[str, bytes]:
    side = 40_000
    tiff = struct.pack("<2sHIH", b"II", 42, 8, 2)
    tiff += struct.pack("<HHII", 256, 4, 1, side) + struct.pack("<HHII", 257, 4, 1, side)
    sof = struct.pack(">HBHHB", 11, 8, side, side, 1) + bytes(3)
    return {
        "png": png_header(side, side) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""),
        "jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + sof + b"\xff\xda\xff\xd9",
        "tiff": tiff,
        "bmp": b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, side, -side, 1, 24, 0) + bytes(20),
        "area": png_header(16_000, 16_000),
    }


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "bmp", "area"])
def test_an_enormous_header_is_refused_before_decoding(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(lying_headers()[kind])
    with pytest.raises(FileFormatError, match="at most 16384 px") as caught:
        read_image(path)
    assert "huge.png" in caught.value.place
    assert caught.value.remedy


@pytest.mark.usefixtures("no_decoder")
@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "0 bytes"), (b"hello world", "not an image"), (b"\x89PNG\r\n\x1a\n\0\0", "header is broken")],
)
def test_what_is_no_image_never_reaches_the_decoder(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_image(path)
    assert "a.png" in caught.value.place
    assert caught.value.remedy


def test_a_missing_image_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="does not exist"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp"])
def test_no_truncated_image_is_read_as_a_whole_one(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = encode(tmp_path / f"a{suffix}", noise_image(channels=3)).read_bytes()
    for end in range(1, len(whole) - 4, max(1, len(whole) // 60)):
        (tmp_path / f"cut{suffix}").write_bytes(whole[:end])
        with pytest.raises(FileFormatError) as caught:
            read_image(tmp_path / f"cut{suffix}")
        assert f"cut{suffix}" in caught.value.place
    assert capfd.readouterr() == ("", "")


def test_a_damaged_png_is_named_and_not_shown(tmp_path: Path) -> None:
    data = bytearray(encode(tmp_path / "a.png", noise_image()).read_bytes())
    data[len(data) // 2] ^= 0x10
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(FileFormatError, match="damaged"):
        read_image(tmp_path / "a.png")
