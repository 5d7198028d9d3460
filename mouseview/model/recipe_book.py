"""RecipeBook: one recipe for a dataset, and the samples that differ from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mouseview.model.recipe import CentreSource, Framing, Framings, Point, Recipe, with_framing

OWN_POINT = "this sample's own point: picked with the probe, or given in a file"


@dataclass(frozen=True)
class SampleChange:
    """What one sample has of its own: a centre (None: as the recipe says) with its point, and framings by view.

    framings: those of the views named here replace the recipe's; a neutral one stands for the mode's own window.
    """

    centre: CentreSource | None = None
    point: Point | None = None
    framings: Framings = ()

    @property
    def is_empty(self) -> bool:
        return self.centre is None and self.point is None and not self.framings

    def applied(self, recipe: Recipe) -> Recipe:
        """``recipe`` as it is for this sample."""
        framings = recipe.framings
        for view, framing in self.framings:
            framings = with_framing(framings, view, framing)
        if self.centre is None:
            return recipe.replace(framings=framings)
        # the recipe's words are about the recipe's own point
        measured = {field: words for field, words in recipe.measured if field != "point"}
        if self.centre is CentreSource.POINT:
            measured["point"] = OWN_POINT
        words = tuple(sorted(measured.items()))
        return recipe.replace(framings=framings, centre=self.centre, point=self.point, measured=words)


_NOTHING = SampleChange()


@dataclass(frozen=True)
class RecipeBook:
    """name: a person's word for it.  samples: by name, sorted, without empty changes."""

    name: str = ""
    recipe: Recipe = dataclasses.field(default_factory=Recipe)
    samples: tuple[tuple[str, SampleChange], ...] = ()

    def replace(self, **changes: object) -> RecipeBook:
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    @cached_property
    def changes(self) -> Mapping[str, SampleChange]:
        return dict(self.samples)

    def change(self, sample: str) -> SampleChange:
        return self.changes.get(sample, _NOTHING)

    def for_sample(self, sample: str) -> Recipe:
        """What decides this sample's result."""
        return self.change(sample).applied(self.recipe)

    def with_changes(self, changes: Mapping[str, SampleChange]) -> RecipeBook:
        """Other changes for these samples; empty ones are left out."""
        kept = {name: change for name, change in {**self.changes, **changes}.items() if not change.is_empty}
        return self.replace(samples=tuple(sorted(kept.items())))

    # ---- framings, at every scope --------------------------------------------------------------------------------

    def framed(self, sample: str, framings: Mapping[str, Framing]) -> RecipeBook:
        """Framings of some views of one sample."""
        return self.framed_in((sample,), framings)

    def framed_in(self, samples: Iterable[str], framings: Mapping[str, Framing]) -> RecipeBook:
        """Framings of some views in each of these samples; what equals the recipe's own is no difference."""
        whole = dict(self.recipe.framings)
        neutral = Framing()

        def framed(change: SampleChange) -> SampleChange:
            own = {**dict(change.framings), **framings}
            for view, framing in framings.items():
                if framing == whole.get(view, neutral):
                    del own[view]
            return dataclasses.replace(change, framings=tuple(sorted(own.items())))

        return self.with_changes(each_once({name: self.change(name) for name in samples}, framed))

    def framed_everywhere(self, framings: Mapping[str, Framing]) -> RecipeBook:
        """Framings of some views in the recipe itself; no sample keeps one of its own for them."""
        recipe = self.recipe
        for view, framing in framings.items():
            recipe = recipe.replace(framings=with_framing(recipe.framings, view, framing))

        def freed(change: SampleChange) -> SampleChange:
            return dataclasses.replace(change, framings=tuple(f for f in change.framings if f[0] not in framings))

        return self.replace(recipe=recipe).with_changes(each_once(self.changes, freed))


def each_once(
    changes: Mapping[str, SampleChange], altered: Callable[[SampleChange], SampleChange]
) -> dict[str, SampleChange]:
    """``altered`` of every change, worked out once for a value that thousands of samples share."""
    known: dict[int, SampleChange] = {}
    out = {}
    for name, change in changes.items():
        if (result := known.get(id(change))) is None:  # they live as long as ``changes``: no id is used twice
            result = known[id(change)] = altered(change)
        out[name] = result
    return out
