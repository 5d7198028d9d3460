"""Which masks belong to which camera: mask videos beside or below, or a folder of numbered mask images each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.sessions.names import Sureness, assign, mask_stem

_PLAIN = {"masks", "mask", "seg", "segs"}


@dataclass(frozen=True)
class ChosenMasks:
    """masks: for each camera. alternatives: other folders of masks that would do as well, relative to the root."""

    masks: tuple[Path | None, ...]
    alternatives: tuple[str, ...] = ()


def choose_masks(
    root: Path, cameras: tuple[str, ...], videos: tuple[Path | None, ...], candidates: tuple[Path, ...]
) -> ChosenMasks:
    """The set of masks that covers most cameras; of equal ones that whose folder is called most like the videos'.

    A mask is called like its camera, like its video (also with ``_mask``), or lies in a folder of that name.
    """
    sets: dict[Path, list[Path]] = {}
    for candidate in candidates:
        home = candidate.parent
        sets.setdefault(home, []).append(candidate)
        if home != root:  # one folder a camera: its neighbours hold the other masks
            sets.setdefault(home.parent / "*", []).append(candidate)
    scored = []
    for home, members in sets.items():
        chosen = _assigned(cameras, videos, tuple(members))
        scored.append((sum(mask is not None for mask in chosen), _likeness(home, videos), home, chosen))
    scored.sort(key=lambda entry: (-entry[0], -entry[1], str(entry[2])))
    if not scored or scored[0][0] == 0:
        return ChosenMasks((None,) * len(cameras))
    best = scored[0]
    ties = [entry for entry in scored[1:] if entry[:2] == best[:2] and not set(entry[3]) & (set(best[3]) - {None})]
    return ChosenMasks(best[3], tuple(entry[2].relative_to(root).as_posix() for entry in ties))


def _assigned(
    cameras: tuple[str, ...], videos: tuple[Path | None, ...], members: tuple[Path, ...]
) -> tuple[Path | None, ...]:
    """By the video's own name first: it is the nearest thing a mask can be called after."""
    names = [(mask_stem(member.stem if member.suffix else member.name), member.parent.name) for member in members]
    stems = [video.stem if video is not None and video.suffix else None for video in videos]
    if len({stem for stem in stems if stem}) == sum(stem is not None for stem in stems) > 1:
        by_stem = assign([stem or "\0" for stem in stems], names)
        if by_stem.count and by_stem.sureness is Sureness.EXACT:
            return tuple(None if place is None else members[place] for place in by_stem.chosen)
    by_camera = assign(cameras, names)
    sure = [place if how > Sureness.ORDER else None for place, how in zip(by_camera.chosen, by_camera.how, strict=True)]
    return tuple(None if place is None else members[place] for place in sure)


def _likeness(home: Path, videos: tuple[Path | None, ...]) -> int:
    """How many words the masks' folder shares with the videos', and a plain name before a fancy one."""
    folder = next((video.parent.name.lower() for video in videos if video is not None), "")
    words = set(folder.replace("-", "_").split("_"))
    name = (home.parent if home.name == "*" else home).name.lower()
    return 2 * len(words & set(name.replace("-", "_").split("_"))) + (name in _PLAIN)
