"""Options that several commands share, and the recipe they add up to."""

from __future__ import annotations

import argparse

from mouseview.model.recipe import CentreSource, Mode, Recipe

Subparsers = argparse._SubParsersAction  # the type that argparse itself gives; it has no public name

_SUBJECT = "subject"


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
        "labels, masks, axes, centroid, origin, or X,Y,Z in the file's units",
    )


def centre(text: str) -> tuple[CentreSource | None, tuple[float, float, float] | None]:
    """``subject``, the name of a source, or ``X,Y,Z``."""
    if text == _SUBJECT:
        return None, None
    named = [source for source in CentreSource if source is not CentreSource.POINT and source == text]
    if named:
        return named[0], None
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        sources = ", ".join((_SUBJECT, *(source for source in CentreSource if source is not CentreSource.POINT)))
        raise argparse.ArgumentTypeError(f"{text!r} is neither X,Y,Z nor one of {sources}") from None
    return CentreSource.POINT, (x, y, z)


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
    return Recipe(mode=arguments.mode, model=model, centre=source, point=point, views=views)
