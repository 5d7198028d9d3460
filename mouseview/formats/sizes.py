"""Image sizes for calibrations that state none: guessed from the principal points, and said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mouseview.geometry.transforms import Array

# of the machine-vision cameras and videos that such files come from, in px
USUAL_SIZES = (
    (640, 480),
    (720, 540),
    (1152, 1024),
    (1280, 720),
    (1280, 1024),
    (1440, 1080),
    (1920, 1080),
    (1920, 1200),
    (2048, 1536),
    (2048, 2048),
    (2448, 2048),
    (3840, 2160),
)
_OFF_MIDDLE = 0.08


def filled_sizes(
    stated: Sequence[tuple[int, int] | None], intrinsics: Sequence[Array]
) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """The stated sizes (width, height), assumed ones where there is None, and what to say about these."""
    unsized = [index for index, size in enumerate(stated) if size is None]
    if not unsized:
        return [size for size in stated if size is not None], ()
    assumed, text = assumed_sizes([intrinsics[index] for index in unsized])
    filling = dict(zip(unsized, assumed, strict=True))
    return [filling[index] if size is None else size for index, size in enumerate(stated)], (text,)


def assumed_sizes(intrinsics: Sequence[Array]) -> tuple[list[tuple[int, int]], str]:
    """One size (width, height) a camera from its K (3, 3) in the house conventions, and what to say about it.

    The usual size, one for all, whose middle the principal points come nearest to, where every one of them lies
    within 8 % of it; otherwise twice the principal point, to the next multiple of eight, camera by camera.
    """
    centres = np.array([K[:2, 2] for K in intrinsics]).reshape(-1, 2)
    known = centres[np.all(np.isfinite(centres), axis=-1)]
    if len(known):
        off = [np.abs(known / size - 0.5).max(axis=-1) for size in USUAL_SIZES]
        best = int(np.argmin([np.median(values) for values in off]))
        if off[best].max() <= _OFF_MIDDLE:
            width, height = USUAL_SIZES[best]
            text = f"the file states no image size; {width}×{height} px is assumed, as the principal points suggest"
            return [(width, height)] * len(intrinsics), text
    guess = np.where(np.isfinite(centres), 2 * centres, 1024.0)
    sizes = [(int(w), int(h)) for w, h in np.clip(8 * np.ceil(guess / 8), 8, 8192)]
    return sizes, "the file states no image size; twice the principal point is assumed, camera by camera"
