"""Recipes and recipe books as plain JSON values, read back strictly: they come from files of others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mouseview.model.recipe import AzimuthSource, CentreSource, Framing, Framings, Mode, Point, Recipe, UpSource
from mouseview.model.recipe_book import RecipeBook, SampleChange

_LARGEST = 1e30
_Value = TypeVar("_Value")


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """All fields; framings and sources of measured numbers by name."""
    return {
        **dataclasses.asdict(recipe),
        "framings": framings_to_json(recipe.framings),
        "measured": dict(recipe.measured),
    }


def framings_to_json(framings: Framings) -> dict[str, Any]:
    return {
        view: {"aim_deg": framing.aim_deg, "roll_deg": framing.roll_deg, "zoom": framing.zoom}
        for view, framing in framings
    }


def book_to_json(book: RecipeBook) -> dict[str, Any]:
    return {
        "name": book.name,
        "recipe": recipe_to_json(book.recipe),
        "samples": {
            name: {
                "centre": change.centre,
                "point": change.point,
                "framings": framings_to_json(change.framings),
            }
            for name, change in book.samples
        },
    }


def recipe_from_json(raw: Any) -> Recipe:
    """Raises ``KeyError`` for a missing mode or model, ``TypeError`` and ``ValueError`` for unusable values."""
    fields = only(mapping(raw), _names(Recipe))
    return Recipe(
        mode=Mode(fields["mode"]),
        model=text(fields["model"]),
        centre=optional(fields.get("centre"), CentreSource),
        point=optional(fields.get("point"), point),
        scale=optional(fields.get("scale"), positive),
        session_scale=_yes_or_no(fields.get("session_scale", False)),
        zoom=optional(fields.get("zoom"), positive),
        views=texts(fields.get("views", ())),
        framings=framings_from_json(fields.get("framings", {})),
        up=UpSource(fields.get("up", UpSource.FILE)),
        up_vector=optional(fields.get("up_vector"), point),
        azimuth=AzimuthSource(fields.get("azimuth", AzimuthSource.FILE)),
        azimuth_camera=text(fields.get("azimuth_camera", "")),
        measured=tuple(sorted((text(k), text(v)) for k, v in mapping(fields.get("measured", {})).items())),
    )


def framings_from_json(raw: Any) -> Framings:
    framings = []
    for view, value in mapping(raw).items():
        fields = only(mapping(value), _names(Framing))
        right, down = _numbers(fields.get("aim_deg", (0.0, 0.0)), 2)
        roll = number(fields.get("roll_deg", 0.0))
        framings.append((text(view), Framing((right, down), roll, positive(fields.get("zoom", 1.0)))))
    return tuple(sorted(framings))


def book_from_json(raw: Any) -> RecipeBook:
    """As ``recipe_from_json``."""
    fields = only(mapping(raw), _names(RecipeBook))
    changes = {}
    for name, value in mapping(fields.get("samples", {})).items():
        change = only(mapping(value), _names(SampleChange))
        changes[text(name)] = SampleChange(
            optional(change.get("centre"), CentreSource),
            optional(change.get("point"), point),
            framings_from_json(change.get("framings", {})),
        )
    book = RecipeBook(text(fields.get("name", "")), recipe_from_json(fields["recipe"]))
    return book.with_changes(changes)


def _names(kind: type[Recipe | RecipeBook | SampleChange | Framing]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


# ---- values --------------------------------------------------------------------------------------------------------


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"named values expected, found {type(value).__name__}")
    return value


def only(fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """``fields``, of which none may have another name: a misspelt one would be passed over in silence."""
    known = tuple(names)
    strange = [name for name in fields if name not in known]
    if strange:
        raise ValueError(f"unknown field {strange[0][:80]!r}; the fields are {', '.join(known)}")
    return fields


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, found {type(value).__name__}")
    return value


def texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"a list of texts expected, found {type(values).__name__}")
    return tuple(text(value) for value in values)


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"a number expected, found {type(value).__name__}")
    if not abs(value) < _LARGEST:  # NaN, infinity, and whole numbers that no float holds
        raise ValueError("a finite number expected")
    return float(value)


def positive(value: Any) -> float:
    found = number(value)
    if found <= 0:
        raise ValueError(f"a positive number expected, found {found}")
    return found


def point(value: Any) -> Point:
    x, y, z = _numbers(value, 3)
    return x, y, z


def _numbers(value: Any, count: int) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != count:
        raise TypeError(f"{count} numbers expected")
    return tuple(number(each) for each in value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false expected, found {type(value).__name__}")
    return value


def optional(value: Any, read: Callable[[Any], _Value]) -> _Value | None:
    return None if value is None else read(value)
