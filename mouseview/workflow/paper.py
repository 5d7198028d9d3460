"""What the drawn sheets share: paper, ink, and lines of letters that keep to their room."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

PAPER: Colour = (251, 251, 252)
FRAME: Colour = (216, 220, 227)
INK: Colour = (28, 33, 40)
MUTED: Colour = (93, 102, 115)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def letter(
    picture: Picture, text: str, place: tuple[int, int], colour: Colour, size: float, right: int, weight: int = 1
) -> None:
    """On one line from ``place`` (its baseline) up to ``right``; letters that the font lacks become question marks."""
    plain = text.encode("ascii", "replace").decode()
    room = right - place[0] - 4
    while len(plain) > 4 and width_of(plain, size, weight) > room:
        plain = plain[:-4] + "..."
    cv2.putText(picture, plain, place, _FONT, size, colour, weight, cv2.LINE_AA)


def width_of(text: str, size: float, weight: int = 1) -> int:
    """In px."""
    return int(cv2.getTextSize(text, _FONT, size, weight)[0][0])
