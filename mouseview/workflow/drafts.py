"""Draft masks for a session that has none, correct them, and take them back. Sources are never written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mouseview.formats.draft_masks import (
    forget_frame,
    remove_drafts,
    stream_of,
    write_background,
    write_draft,
)
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.sample import Dataset, Image, MaskOrigin, Sample
from mouseview.multiview.draft_masks import background_mask, box_mask, learn_background

Mask = npt.NDArray[np.bool_]
Progress = Callable[[float, str], None]

FRAMES = 24  # enough for a background; more only help where the subject hardly moves
_LEAST_FRAMES = 5


def _silent(_fraction: float, _what: str) -> None:
    pass


@dataclass(frozen=True)
class DraftedCamera:
    """guessed_share: of the image, where the subject stood in every frame.  empty: of the frames that were looked at,
    how many have nothing of a subject's size in front of the background."""

    name: str
    folder: Path
    frames: int
    guessed_share: float
    empty: int


def draft_backgrounds(
    dataset: Dataset,
    views: Sequence[str] = (),
    frames: int = FRAMES,
    progress: Progress = _silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[DraftedCamera, ...]:
    """Learn the background of every camera of a session that has no masks; its frames have drafts from then on.

    views: only these cameras, also where they have masks.  frames: looked at, spread evenly over the samples. Raises
    ``MouseViewError`` for a dataset that is no session or has too few frames, ``Cancelled`` between frames.
    """
    if dataset.session is None:
        raise MouseViewError(
            "a background is learnt from a video, and these are single images",
            place=str(dataset.path),
            remedy="draft each view from a box instead: Edit ▸ Draft and correct masks",
        )
    rows = sorted({round(row) for row in np.linspace(0, len(dataset) - 1, min(frames, len(dataset)))})
    if len(rows) < _LEAST_FRAMES:
        raise MouseViewError(
            f"{len(rows)} frames are too few to tell the subject from its background",
            place=str(dataset.path),
            remedy=f"open at least {_LEAST_FRAMES} frames, or draft from a box",
        )
    rig = dataset.session.rig
    unknown = [name for name in views if name not in rig.names]
    if unknown:
        raise MouseViewError(
            f"no camera {unknown[0]!r} in this session",
            place=str(dataset.path),
            remedy=f"the cameras are: {', '.join(rig.names)}",
        )
    chosen = [
        index for index, name in enumerate(rig.names) if name in views or (not views and _is_bare(dataset, index))
    ]
    drafted = []
    for done, index in enumerate(chosen):
        seen = []
        for at, row in enumerate(rows):
            if cancelled():
                raise Cancelled("drafting masks was cancelled")
            progress((done + at / len(rows)) / len(chosen), f"learning the background of {rig[index].name}")
            sample = dataset[row]
            if sample.sources[index] is not None:
                seen.append(_rgb(sample.image(index)))
        if len(seen) < _LEAST_FRAMES:
            continue
        background = learn_background(seen)
        source = next(s for row in rows if (s := dataset[row].sources[index]) is not None)
        folder = write_background(stream_of(source), background)
        empty = sum(not background_mask(frame, background).any() for frame in seen)
        drafted.append(DraftedCamera(rig[index].name, folder, len(seen), background.guessed_share, empty))
    return tuple(drafted)


def _is_bare(dataset: Dataset, index: int) -> bool:
    """No mask of its own: drafted before, or never."""
    source = next((s for row in (0, len(dataset) // 2, -1) if (s := dataset[row].sources[index]) is not None), None)
    return source is not None and (not source.has_mask or source.is_draft)


def draft_from_box(sample: Sample, index: int, box: tuple[int, int, int, int], hint: Mask | None = None) -> Mask:
    """(H, W) of view ``index`` by GrabCut inside ``box`` (left, top, right, bottom, px); nothing is kept yet."""
    try:
        return box_mask(_rgb(sample.image(index)), box, hint)
    except ValueError as error:
        raise MouseViewError(
            str(error), place=f"{sample.name}, {sample.rig[index].name}", remedy="drag a box around the subject"
        ) from error


def mask_in(image: Image, has_mask: bool) -> Mask:
    """(H, W) of an image (H, W, 4) as it is used; all False where its alpha is only filler."""
    if not has_mask:
        return np.zeros(image.shape[:2], bool)
    return np.asarray(image[..., 3] > (127 if image.dtype == np.uint8 else 127 * 257))


def keep_mask(sample: Sample, index: int, mask: Mask, origin: MaskOrigin) -> Path:
    """Keep a mask (H, W) of view ``index`` that was drafted (``DRAFT``) or drawn by a person (``CORRECTED``).

    Every later opening uses it. Raises ``FileFormatError`` where it cannot be written.
    """
    source = sample.sources[index]
    if source is None:
        raise MouseViewError(
            "a view without an image has no mask", place=sample.rig[index].name, remedy="choose another camera"
        )
    return write_draft(source, mask, origin)


def forget_correction(sample: Sample, index: int) -> None:
    """Back to the draft from the background, or to the file's own mask."""
    source = sample.sources[index]
    if source is not None and source.path is not None:
        forget_frame(source)


def forget_drafts(dataset: Dataset) -> int:
    """Remove all drafts and corrections of a dataset; returns of how many videos or images."""
    streams = {
        stream_of(source)
        for row in ((0,) if dataset.session is not None else range(len(dataset)))
        for source in dataset[row].sources
        if source is not None and source.path is not None
    }
    for stream in streams:
        remove_drafts(stream)
    return len(streams)


def _rgb(image: Image) -> npt.NDArray[np.uint8]:
    colour = image[..., :3] if image.dtype == np.uint8 else image[..., :3] >> 8
    return np.ascontiguousarray(colour, np.uint8)
