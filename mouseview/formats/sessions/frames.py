"""The pixels of a session's samples: a frame of each camera's video with its mask as alpha, decoded when asked for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.formats.draft_masks import drafted
from mouseview.formats.images import read_image, read_mask
from mouseview.formats.sessions.files import numbered_images
from mouseview.model.errors import FileFormatError
from mouseview.model.sample import Image, ImageSource
from mouseview.model.session import Session, SessionView
from mouseview.video.frames import FrameStore


@dataclass(frozen=True)
class _Folder:
    """Numbered images. counts_from_one: they are numbered 1 to N without a gap."""

    in_order: tuple[tuple[int, Path], ...]
    by_number: dict[int, Path]
    counts_from_one: bool


class SessionFrames:
    """Image sources of a session's views. Decoders and a few frames are shared and kept within limits."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._store = FrameStore()
        self._lock = threading.Lock()
        self._folders: dict[Path, _Folder] = {}

    def sources(self, session_frame: int) -> tuple[ImageSource | None, ...]:
        """One source for each camera; None where it has no such frame. Nothing is decoded."""
        return tuple(self._source(view, session_frame) for view in self._session.views)

    def _source(self, view: SessionView, session_frame: int) -> ImageSource | None:
        place = view.video_frame(session_frame)
        if place is None or view.video is None:
            return None
        path = view.video
        number = place
        if path.is_dir():
            images = self._images(path).in_order
            if place >= len(images):  # taken away since the session was opened
                return None
            number, path = images[place]
        mask_path, mask_index = self._mask_of(view.masks, place, None if path is view.video else number)
        load = partial(self._load, path, place, mask_path, mask_index)
        has_mask = mask_path is not None
        return drafted(ImageSource(path, load, mask_path, has_mask, stream=view.video, frame=number))

    def _mask_of(self, masks: Path | None, place: int, image_number: int | None) -> tuple[Path | None, int | None]:
        """A mask video with the frame's place in it; or the mask image of that number, where there is one.

        image_number: of the image that it masks, where that is numbered itself.
        """
        if masks is None:
            return None, None
        if not masks.is_dir():
            return masks, place
        images = self._images(masks)
        number = place + images.counts_from_one if image_number is None else image_number
        return images.by_number.get(number), None

    def _images(self, folder: Path) -> _Folder:
        with self._lock:
            if folder not in self._folders:
                listed = numbered_images(folder)
                # tools that count from 1 leave no image 0; sparse masks are numbered as the frames are
                from_one = bool(listed) and listed[0][0] == 1 and listed[-1][0] == len(listed)
                self._folders[folder] = _Folder(listed, dict(listed), from_one)
            return self._folders[folder]

    def _load(self, path: Path, place: int, mask_path: Path | None, mask_index: int | None) -> Image:
        if path.suffix.lower() in _IMAGE_FILES:
            image = read_image(path)
        else:
            image = np.asarray(cv2.cvtColor(self._store.frame(path, place), cv2.COLOR_RGB2RGBA))
        if mask_path is None:
            return image
        mask = self._mask(mask_path, mask_index)
        if mask.shape != image.shape[:2]:
            raise FileFormatError(
                f"the mask is {mask.shape[1]}×{mask.shape[0]} px but {path.name} is "
                f"{image.shape[1]}×{image.shape[0]} px",
                place=str(mask_path),
                remedy="make the masks at the size of their video; resizing them would shift the outline",
            )
        image[~mask, 3] = 0
        return image

    def _mask(self, path: Path, index: int | None) -> npt.NDArray[np.bool_]:
        threshold = self._session.mask_threshold
        if index is None:
            return read_mask(path, threshold)
        return np.asarray(self._store.brightest(path, index) > threshold)


_IMAGE_FILES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
