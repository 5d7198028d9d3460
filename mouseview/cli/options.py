"""Options that several commands share, and the recipe they add up to."""

from __future__ import annotations

import argparse
import math
from typing import Any

from mouseview.model.recipe import AzimuthSource, CentreSource, Mode, Point, Recipe, UpSource

Subparsers = argparse._SubParsersAction  # the type that argparse itself gives; it has no public name

_SUBJECT = "subject"
_SESSION = "session"


def add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar="PATH",
        help="a sample folder, a folder of samples, a list file, a calibration file or a project",
    )


def add_sample(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--sample", metavar="NAME", help="which sample of PATH (default: the first)")


def add_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        type=Mode,
        choices=list(Mode),
        default=Mode.EXACT_AIMED,
        metavar="MODE",
        help="; ".join(f"{mode}: {mode.summary}" for mode in Mode).replace("%", "%%"),
    )
    parser.add_argument(
        "--centre",
        type=centre,
        default=(None, None),
        metavar="SOURCE",
        help="where the subject's centre comes from: subject (the most trusted source there is), "
        "labels, masks, axes, centroid, origin, session (one point for all samples, measured), "
        "or X,Y,Z in the file's units",
    )
    parser.add_argument(
        "--scale",
        type=scale,
        default=(False, None),
        metavar="SCALE",
        help="model units per unit of the file: a number, or session (measured over the samples; "
        "default: from the cameras' mean distance, once)",
    )
    parser.add_argument(
        "--up",
        type=up,
        default=(UpSource.FILE, None),
        metavar="SOURCE",
        help="which direction of the file becomes the model's up: file (its +Z, the default), cameras, "
        "ground (measured over the samples), or --up=X,Y,Z",
    )
    parser.add_argument(
        "--azimuth",
        type=azimuth,
        default=(AzimuthSource.FILE, ""),
        metavar="SOURCE",
        help="the rig's turn about up: file (none, the default), reference (fits the model's reference rig best), "
        "or the name of the camera that stands where the reference rig's first one does",
    )


def centre(text: str) -> tuple[CentreSource | None, tuple[float, float, float] | None]:
    """``subject``, the name of a source, or ``X,Y,Z``."""
    if text == _SUBJECT:
        return None, None
    named = [source for source in CentreSource if source is not CentreSource.POINT and source == text]
    if named:
        return named[0], None
    point = _point(text)
    if point is None:
        sources = ", ".join((_SUBJECT, *(source for source in CentreSource if source is not CentreSource.POINT)))
        raise argparse.ArgumentTypeError(f"{text!r} is neither X,Y,Z nor one of {sources}")
    return CentreSource.POINT, point


def up(text: str) -> tuple[UpSource, Point | None]:
    """The name of a source, or ``X,Y,Z``."""
    named = [source for source in UpSource if source is not UpSource.GIVEN and source == text]
    if named:
        return named[0], None
    direction = _point(text)
    if direction is None or not any(direction):
        sources = ", ".join(source for source in UpSource if source is not UpSource.GIVEN)
        raise argparse.ArgumentTypeError(f"{text!r} is neither a direction X,Y,Z nor one of {sources}")
    return UpSource.GIVEN, direction


def azimuth(text: str) -> tuple[AzimuthSource, str]:
    """``file``, ``reference`` or the name of a camera."""
    for source in (AzimuthSource.FILE, AzimuthSource.REFERENCE):
        if text == source:
            return source, ""
    return AzimuthSource.CAMERA, text


def scale(text: str) -> tuple[bool, float | None]:
    """``session`` → (True, None), a number → (False, number)."""
    if text == _SESSION:
        return True, None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor {_SESSION!r}")
    return False, number


def _point(text: str) -> Point | None:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (x, y, z) if all(map(math.isfinite, (x, y, z))) else None


def names(text: str) -> tuple[str, ...]:
    """``A,B,C`` → ("A", "B", "C")."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def recipe_of(arguments: argparse.Namespace, model: str, views: tuple[str, ...] = ()) -> Recipe:
    source, point = arguments.centre
    session_scale, number = arguments.scale
    up_source, up_vector = arguments.up
    azimuth_source, azimuth_camera = arguments.azimuth
    return Recipe(
        mode=arguments.mode,
        model=model,
        centre=source,
        point=point,
        scale=number,
        session_scale=session_scale,
        views=views,
        up=up_source,
        up_vector=up_vector,
        azimuth=azimuth_source,
        azimuth_camera=azimuth_camera,
    )


def recipe_defaults() -> dict[str, Any]:
    """What the options of ``add_recipe`` are when they are not given, by name."""
    parser = argparse.ArgumentParser(add_help=False)
    add_recipe(parser)
    return vars(parser.parse_args([]))


def recipe_words(arguments: argparse.Namespace) -> dict[str, str | None]:
    """Options that lead to the same recipe again, by name; None: the default."""
    source, point = arguments.centre
    session_scale, number = arguments.scale
    up_source, up_vector = arguments.up
    azimuth_source, azimuth_camera = arguments.azimuth
    return {
        "mode": str(arguments.mode),
        "centre": source if point is None else _listed(point),
        "scale": _SESSION if session_scale else None if number is None else repr(number),
        "up": _listed(up_vector) if up_vector else None if up_source is UpSource.FILE else str(up_source),
        "azimuth": azimuth_camera or (None if azimuth_source is AzimuthSource.FILE else str(azimuth_source)),
    }


def _listed(values: Point) -> str:
    return ",".join(repr(value) for value in values)
