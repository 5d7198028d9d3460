"""Drafts of masks on disk: beside the videos or images that have none, never in them, and followed from then on.

``drafts.mouseview/NAME/`` beside the video or image NAME holds ``background.png`` with its noise, and for single
frames ``000120.draft.png`` or, where a person has been over it, ``000120.corrected.png``; where nobody may write, the
same lies in the user's data folder. A corrected mask comes before everything else, a draft after the files' own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from mouseview.formats.files import unreadable, unwritable
from mouseview.formats.images import read_image, read_mask, write_png
from mouseview.formats.sidecar import read_sidecar, remove_sidecar, write_sidecar
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Image, ImageSource, MaskOrigin
from mouseview.multiview.draft_masks import Background, background_mask

FOLDER = "drafts.mouseview"
_BACKGROUND, _NOISE = "background.png", "background-noise.png"
_NOISE_STEPS = 4.0  # of the file, in one grey level
_LONE = "image"  # what the one frame of an image is called
_KIND = "masks"  # of the sidecar in sample folders
_GUESSED = (MaskOrigin.DRAFT, MaskOrigin.CORRECTED)
_REMEDY = "remove the drafts of this camera and draft them again"

Mask = npt.NDArray[np.bool_]


def stream_of(source: ImageSource) -> Path:
    """The video, folder of images, or lone image that drafts of a source belong to."""
    place = source.stream or source.path
    if place is None:
        raise FileFormatError("these pixels have no file that drafts could belong to", remedy="save them first")
    return place


def beside(stream: Path) -> Path:
    """Where drafts of a video or image lie when its folder can be written."""
    return stream.parent / FOLDER / stream.name


def elsewhere(stream: Path) -> Path:
    """Where they lie when it cannot."""
    key = hashlib.sha256(os.path.abspath(stream).encode()).hexdigest()[:24]
    return Path(platformdirs.user_data_dir("mouseview", appauthor=False)) / "drafts" / key


def _homes(stream: Path) -> tuple[Path, ...]:
    return tuple(home for home in (beside(stream), elsewhere(stream)) if os.path.isdir(home))


def _name(source: ImageSource, origin: MaskOrigin) -> str:
    return f"{_LONE if source.frame is None else f'{source.frame:06d}'}.{origin}.png"


def drafted(source: ImageSource) -> ImageSource:
    """The source with the draft that belongs to it as alpha, labelled so; itself where there is none."""
    if source.path is None:
        return source
    for home in _homes(stream_of(source)):
        for origin in (MaskOrigin.CORRECTED, MaskOrigin.DRAFT):
            path = home / _name(source, origin)
            if (origin is MaskOrigin.CORRECTED or not source.has_mask) and os.path.isfile(path):
                return _masked(source, partial(_read, path), origin, path)
        if not source.has_mask and os.path.isfile(home / _BACKGROUND):
            return _masked(source, partial(_from_background, home), MaskOrigin.DRAFT, home / _BACKGROUND)
    return source


def write_draft(source: ImageSource, mask: Mask, origin: MaskOrigin) -> Path:
    """Keep a mask (H, W) for one frame, atomically, in place of what was kept. origin: ``DRAFT`` or ``CORRECTED``.

    Raises ``FileFormatError`` where nothing can be written.
    """
    pixels = mask.astype(np.uint8) * np.uint8(255)
    path = _write(stream_of(source), {_name(source, origin): pixels}) / _name(source, origin)
    _drop(source, path)
    return path


def write_background(stream: Path, background: Background) -> Path:
    """Keep a camera's background; from then on its frames without a mask have a draft. Returns the folder."""
    noise = np.clip(np.rint(background.noise * _NOISE_STEPS), 1, 255).astype(np.uint8)
    return _write(stream, {_NOISE: noise, _BACKGROUND: background.image})


def write_origins(folder: Path, origins: dict[str, MaskOrigin]) -> None:
    """Say of images (file names) in a sample folder whose alpha was a draft when they were written."""
    drafts = {name: str(origin) for name, origin in origins.items() if origin in _GUESSED}
    if drafts:
        write_sidecar(folder, _KIND, {"drafts": drafts})
    else:
        remove_sidecar(folder, _KIND)


def written_origin(folder: Path, name: str) -> MaskOrigin | None:
    """What ``write_origins`` said of an image; None where nothing was said."""
    content = read_sidecar(folder, _KIND)
    told = content.get("drafts") if content is not None else None
    value = told.get(name) if isinstance(told, dict) else None
    return next((origin for origin in _GUESSED if origin == value), None)


def forget_frame(source: ImageSource) -> None:
    """Take back what was decided about one frame alone."""
    _drop(source, None)


def remove_drafts(stream: Path) -> None:
    """Take back all drafts and corrections of a video or image."""
    for home in _homes(stream):
        try:
            shutil.rmtree(home)
            if home.parent.name == FOLDER and not any(home.parent.iterdir()):
                home.parent.rmdir()
        except OSError as error:
            raise unwritable(home, error) from error


def _drop(source: ImageSource, kept: Path | None) -> None:
    """Remove what is kept for one frame, but for one file."""
    for home in _homes(stream_of(source)):
        for origin in _GUESSED:
            path = home / _name(source, origin)
            try:
                if path != kept:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(path, error) from error


def _write(stream: Path, pictures: dict[str, npt.NDArray[np.uint8]]) -> Path:
    problem: FileFormatError | None = None
    for home in (beside(stream), elsewhere(stream)):  # a read-only archive is common: the user's own folder takes over
        try:
            home.mkdir(parents=True, exist_ok=True)
            for name, pixels in pictures.items():
                write_png(home / name, pixels)
        except OSError as error:
            problem = unwritable(home, error)
        except FileFormatError as error:
            problem = error
        else:
            return home
    assert problem is not None
    raise problem


def _masked(source: ImageSource, mask: partial[Mask], origin: MaskOrigin, path: Path) -> ImageSource:
    load = partial(_with_alpha, source, mask)
    return dataclasses.replace(source, load=load, mask_path=path, has_mask=True, mask_origin=origin)


def _with_alpha(source: ImageSource, mask: partial[Mask]) -> Image:
    image: Image = source.load().copy()
    found = mask(image)
    if found.shape != image.shape[:2]:
        raise FileFormatError(
            f"the draft is {found.shape[1]}×{found.shape[0]} px but the image {image.shape[1]}×{image.shape[0]} px",
            place=str(stream_of(source)),
            remedy=_REMEDY,
        )
    image[..., 3] = np.where(found, 255 if image.dtype == np.uint8 else 65535, 0)
    return image


def _read(path: Path, _image: Image) -> Mask:
    return read_mask(path)


def _from_background(home: Path, image: Image) -> Mask:
    try:
        changed_ns = os.stat(home / _BACKGROUND).st_mtime_ns
    except OSError as error:  # taken back since the sample was read
        raise unreadable(home / _BACKGROUND, error) from error
    background = _background(home, changed_ns)
    if background.size != (image.shape[1], image.shape[0]):
        return np.zeros(background.image.shape[:2], bool)  # told by whoever puts them together
    rgb = image[..., :3] if image.dtype == np.uint8 else (image[..., :3] >> 8).astype(np.uint8)
    return background_mask(np.ascontiguousarray(rgb), background)


@lru_cache(maxsize=12)
def _background(home: Path, _changed_ns: int) -> Background:
    picture, noise = read_image(home / _BACKGROUND), read_image(home / _NOISE)
    if picture.dtype != np.uint8 or noise.shape != picture.shape or noise.dtype != np.uint8:
        raise FileFormatError("is not the background that was drafted", place=str(home), remedy=_REMEDY)
    return Background(np.ascontiguousarray(picture[..., :3]), noise[..., 0].astype(np.float32) / _NOISE_STEPS)
