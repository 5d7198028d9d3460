"""Which file belongs to which camera, as far as names tell, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from mouseview.formats.fields import natural_key

_WORDS = re.compile(r"camera|cam|view|port|device|dev|video|vid")
_DIGITS = re.compile(r"\d+")
_MASK_ENDING = re.compile(r"[_\-. ](masks?|segs?|segmented|silhouettes?)$")


class Sureness(IntEnum):
    """How a file came to its camera, best last."""

    NONE = 0  # no file
    ORDER = 1  # as many files as cameras, in order: a guess
    DIGITS = 2  # the numbers in both names agree
    CONTAINED = 3  # the camera's name stands in the file's name
    EXACT = 4  # the file or its folder is called like the camera


@dataclass(frozen=True)
class Assignment:
    """chosen: for each camera, the place of its file or None; how: for each camera."""

    chosen: tuple[int | None, ...]
    how: tuple[Sureness, ...]

    @property
    def count(self) -> int:
        return sum(place is not None for place in self.chosen)

    @property
    def sureness(self) -> Sureness:
        """That of the least sure file."""
        return min((how for how in self.how if how is not Sureness.NONE), default=Sureness.NONE)

    def reordered(self, places: Sequence[int]) -> Assignment:
        """Camera i takes what the camera at ``places[i]`` had."""
        return Assignment(tuple(self.chosen[place] for place in places), tuple(self.how[place] for place in places))


def assign(cameras: Sequence[str], files: Sequence[Sequence[str]]) -> Assignment:
    """cameras: their names. files: for each file the names it goes by (stem, folder), nearest first.

    The surest rule decides first; a rule counts only where it leaves no choice. What is left goes in order where as
    many files as cameras are left.
    """
    chosen = _by_rules(cameras, files, _RULES)
    if len(chosen) < len(cameras) == len(files):
        # cameras 1, 2, 3 and files 0, 1, 2: numbers that agree for some of them agree for none
        counted = all(_number(name) is not None for name in (*cameras, *(names[0] for names in files)))
        chosen = {} if counted else _by_rules(cameras, files, _RULES_OF_WORDS)
    _in_order(cameras, files, chosen)
    none = (None, Sureness.NONE)
    pairs = [chosen.get(index, none) for index in range(len(cameras))]
    return Assignment(tuple(place for place, _ in pairs), tuple(how for _, how in pairs))


def _by_rules(
    cameras: Sequence[str], files: Sequence[Sequence[str]], rules: Sequence[tuple[Sureness, _Rule]]
) -> dict[int, tuple[int, Sureness]]:
    """Camera → (file, how) where a rule leaves one file for one camera."""
    chosen: dict[int, tuple[int, Sureness]] = {}
    for sureness, fits in rules:
        taken = {place for place, _ in chosen.values()}
        free = [place for place in range(len(files)) if place not in taken]
        waiting = [index for index in range(len(cameras)) if index not in chosen]
        table = {index: [place for place in free if fits(cameras[index], files[place])] for index in waiting}
        for index, places in table.items():
            others = {place for other, found in table.items() if other != index for place in found}
            if len(places) == 1 and places[0] not in others:
                chosen[index] = (places[0], sureness)
    return chosen


def _in_order(cameras: Sequence[str], files: Sequence[Sequence[str]], chosen: dict[int, tuple[int, Sureness]]) -> None:
    taken = {place for place, _ in chosen.values()}
    free = sorted((i for i in range(len(files)) if i not in taken), key=lambda i: [*map(natural_key, files[i])])
    waiting = [index for index in range(len(cameras)) if index not in chosen]
    if len(free) == len(waiting):
        chosen.update({index: (place, Sureness.ORDER) for index, place in zip(waiting, free, strict=True)})


def without_camera(stem: str, cameras: Sequence[str]) -> str:
    """What is left of a file's name without the camera's name in it: the name of the recording."""
    for camera in sorted(cameras, key=len, reverse=True):
        match = _find(stem, camera)
        if match:
            return (stem[: match.start()] + stem[match.end() :]).strip("_-. ").casefold()
    return "" if _plain(stem).isdigit() else stem.casefold()


def mask_stem(stem: str) -> str:
    """A mask's name without the ending that says so."""
    return _MASK_ENDING.sub("", stem)


def _contains(name: str, camera: str) -> bool:
    return _find(name, camera) is not None


def _find(name: str, camera: str) -> re.Match[str] | None:
    """The camera's name as a word of its own: ``cam1`` stands in ``vid-cam1``, not in ``cam10``."""
    if not camera:
        return None
    before = r"(?<![0-9])" if camera[0].isdigit() else r"(?<![A-Za-z])"
    after = r"(?![0-9])" if camera[-1].isdigit() else r"(?![A-Za-z])"
    found = re.search(before + r"(?:camera|cam|view|port)?[_-]?" + re.escape(camera) + after, name, re.IGNORECASE)
    # cameras that are called 0, 1, 2 … would be found in every date
    return None if found and camera.isdigit() and _DIGITS.findall(name) != [camera] else found


def _plain(name: str) -> str:
    """``Camera_01`` and ``cam1`` are both ``1``."""
    text = _WORDS.sub("", name.casefold())
    text = "".join(character for character in text if character.isalnum())
    return str(int(text)) if text.isascii() and text.isdigit() and len(text) < 20 else text


def _number(name: str) -> int | None:
    digits = _DIGITS.findall(name)
    return int(digits[-1]) if digits and len(digits[-1]) < 20 else None


_Rule = Callable[[str, Sequence[str]], bool]
_RULES_OF_WORDS: tuple[tuple[Sureness, _Rule], ...] = (
    (Sureness.EXACT, lambda camera, names: camera.casefold() in {name.casefold() for name in names}),
    (Sureness.CONTAINED, lambda camera, names: any(_contains(name, camera) for name in names)),
)
_RULES: tuple[tuple[Sureness, _Rule], ...] = (
    _RULES_OF_WORDS[0],
    (Sureness.EXACT, lambda camera, names: _plain(camera) in {_plain(name) for name in names}),
    _RULES_OF_WORDS[1],
    (Sureness.DIGITS, lambda camera, names: _number(camera) is not None and _number(camera) == _number(names[0])),
)
