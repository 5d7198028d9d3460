"""What differs between two recipe books, one entry a value, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mouseview.model.recipe import Framing, Recipe
from mouseview.model.recipe_book import RecipeBook, SampleChange

Value = str | float | tuple[str, ...] | tuple[float, ...] | None

_OF_RECIPE = {  # how each is told, and what it means that there is none
    "mode": ("mode", ""),
    "model": ("model", ""),
    "centre": ("centre", "the most trusted"),
    "point": ("point", "none"),
    "scale": ("scale", "from the rig"),
    "session_scale": ("scale of the session", ""),
    "zoom": ("zoom", "fitted to the subject"),
    "views": ("views fed", "all"),
    "up": ("up", ""),
    "up_vector": ("up vector", "none"),
    "azimuth": ("azimuth", ""),
    "azimuth_camera": ("azimuth camera", "none"),
}
_OF_FRAMING = {"aim right": "°", "aim down": "°", "roll": "°", "zoom": ""}
_AS_RECIPE = "as the recipe"


@dataclass(frozen=True)
class RecipeChange:
    """One value that differs.

    field: its name in words.  sample: "" in the recipe of the whole dataset.  view: "" where it is no view's.  before,
    after: None where nothing is given; ``unset`` then says what that means.  unit: "°" or "".
    """

    field: str
    sample: str
    view: str
    before: Value
    after: Value
    unset: str = ""
    unit: str = ""

    @property
    def place(self) -> str:
        """``sample_000003, cam2``; "" for the whole dataset."""
        return ", ".join(part for part in (self.sample, self.view) if part)

    @property
    def words(self) -> str:
        """``sample_000003, cam2: roll 0° → 3.5°``."""
        before, after = self._said(self.before), self._said(self.after)
        place = f"{self.place}: " if self.place else ""
        return f"{place}{self.field} {before} → {after}"

    def _said(self, value: Value) -> str:
        if value is None or value == () or value == "":
            return self.unset
        if isinstance(value, tuple):
            return ", ".join(each if isinstance(each, str) else _number(each) for each in value)
        return f"{_number(value)}{self.unit}" if isinstance(value, float) else value


def _number(value: float) -> str:
    """All digits that tell it from its neighbours: two that differ never look alike."""
    return repr(float(value) + 0.0).removesuffix(".0")


def diff_books(before: RecipeBook, after: RecipeBook) -> tuple[RecipeChange, ...]:
    """Empty when both lead to the same results under the same name; the dataset's recipe first, then its samples."""
    changes = list(_name(before, after))
    changes += _recipes(before.recipe, after.recipe)
    for sample in sorted({*before.changes, *after.changes}):
        changes += _samples(sample, before, after)
    return tuple(changes)


def _name(before: RecipeBook, after: RecipeBook) -> Iterator[RecipeChange]:
    if before.name != after.name:
        yield RecipeChange("name", "", "", before.name, after.name, "none")


def _recipes(before: Recipe, after: Recipe) -> Iterator[RecipeChange]:
    for field, (name, unset) in _OF_RECIPE.items():
        first, second = _plain(getattr(before, field)), _plain(getattr(after, field))
        if first != second:
            yield RecipeChange(name, "", "", first, second, unset)
    for view in sorted({name for name, _ in (*before.framings, *after.framings)}):
        yield from _framings("", view, before.framing(view), after.framing(view))
    sources, others = dict(before.measured), dict(after.measured)
    for field in sorted({*sources, *others}):
        if sources.get(field) != others.get(field):
            name = f"source of the {field.replace('_', ' ')}"
            yield RecipeChange(name, "", "", sources.get(field), others.get(field), "none")


def _samples(sample: str, before: RecipeBook, after: RecipeBook) -> Iterator[RecipeChange]:
    first, second = before.change(sample), after.change(sample)
    if first.centre != second.centre:
        yield RecipeChange("centre", sample, "", _plain(first.centre), _plain(second.centre), _AS_RECIPE)
    if first.point != second.point:
        yield RecipeChange("point", sample, "", _plain(first.point), _plain(second.point), _AS_RECIPE)
    for view in sorted({name for name, _ in (*first.framings, *second.framings)}):
        own, other = _own(first, view), _own(second, view)
        if own == other:
            continue
        if own is None or other is None:
            yield RecipeChange("framing", sample, view, _whose(own), _whose(other))
        shown = own or before.recipe.framing(view), other or after.recipe.framing(view)
        yield from _framings(sample, view, *shown)


def _own(change: SampleChange, view: str) -> Framing | None:
    return dict(change.framings).get(view)


def _whose(own: Framing | None) -> str:
    return _AS_RECIPE if own is None else "its own"


def _framings(sample: str, view: str, before: Framing, after: Framing) -> Iterator[RecipeChange]:
    values = zip(_OF_FRAMING.items(), _framing_values(before), _framing_values(after), strict=True)
    for (field, unit), first, second in values:
        if first != second:
            yield RecipeChange(field, sample, view, first, second, unit=unit)


def _framing_values(framing: Framing) -> tuple[float, ...]:
    return (*framing.aim_deg, framing.roll_deg, framing.zoom)


def _plain(value: object) -> Value:
    """Names of enumerations and truths as text, numbers as they are."""
    if value is None or isinstance(value, tuple):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return float(value) if isinstance(value, (int, float)) else str(value)
