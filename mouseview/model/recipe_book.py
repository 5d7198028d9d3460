"""RecipeBook: one recipe for a dataset, and the samples that differ from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from mouseview.model.recipe import CentreSource, Framing, Framings, Point, Recipe, with_framing


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
        return self == SampleChange()

    def applied(self, recipe: Recipe) -> Recipe:
        """``recipe`` as it is for this sample."""
        framings = recipe.framings
        for view, framing in self.framings:
            framings = with_framing(framings, view, framing)
        if self.centre is None:
            return recipe.replace(framings=framings)
        return recipe.replace(framings=framings, centre=self.centre, point=self.point)


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
        return self.changes.get(sample, SampleChange())

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
        changes = {}
        for sample in samples:
            change = self.change(sample)
            own = dict(change.framings)
            for view, framing in framings.items():
                own[view] = framing
                if framing == self.recipe.framing(view):
                    del own[view]
            changes[sample] = dataclasses.replace(change, framings=tuple(sorted(own.items())))
        return self.with_changes(changes)

    def framed_everywhere(self, framings: Mapping[str, Framing]) -> RecipeBook:
        """Framings of some views in the recipe itself; no sample keeps one of its own for them."""
        recipe = self.recipe
        for view, framing in framings.items():
            recipe = recipe.replace(framings=with_framing(recipe.framings, view, framing))
        changes = {
            name: dataclasses.replace(change, framings=tuple(f for f in change.framings if f[0] not in framings))
            for name, change in self.samples
        }
        return self.replace(recipe=recipe).with_changes(changes)
