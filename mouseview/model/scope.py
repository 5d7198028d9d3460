"""Scope: what a person framed in one view, carried to more views and samples, or taken back; locked views stay."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from mouseview.model.recipe import Framing, Framings
from mouseview.model.recipe_book import RecipeBook, SampleChange, each_once


class Reach(StrEnum):
    """What is carried where.  VIEW: the framing of the view in hand.  SAMPLE: those of all views of the sample."""

    VIEW_TO_SAMPLE = "view-to-sample"  # to the other views of the sample
    VIEW_TO_SELECTION = "view-to-selection"
    VIEW_TO_ALL = "view-to-all"
    SAMPLE_TO_SELECTION = "sample-to-selection"
    SAMPLE_TO_ALL = "sample-to-all"
    SAMPLE_TO_UNTOUCHED = "sample-to-untouched"  # to all samples that have no framing of their own
    RESET_VIEW = "reset-view"
    RESET_SAMPLE = "reset-sample"
    RESET_SELECTION = "reset-selection"
    RESET_ALL = "reset-all"
    FOLLOW = "follow"  # the sample forgets its own framings, and has those of all samples again

    @property
    def resets(self) -> bool:
        return self in (Reach.RESET_VIEW, Reach.RESET_SAMPLE, Reach.RESET_SELECTION, Reach.RESET_ALL, Reach.FOLLOW)


@dataclass(frozen=True)
class Place:
    """Where one stands.  view: the one in hand.  views: all of the sample.  selection: names of samples that are
    chosen together; one or none of them stand for ``sample`` alone.  locked: views that nothing may change."""

    sample: str
    view: str
    views: tuple[str, ...]
    selection: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """The selected samples."""
        return self.selection if len(self.selection) > 1 else (self.sample,)


@dataclass(frozen=True)
class Carried:
    """views: those that were changed.  spared: locked ones that would have been.  samples: names of those that were
    meant; None: all there are."""

    book: RecipeBook
    views: tuple[str, ...]
    spared: tuple[str, ...]
    samples: tuple[str, ...] | None


def carried(book: RecipeBook, reach: Reach, place: Place) -> Carried:
    """``book`` after one step. What locked views show stays as it is in every sample."""
    if reach is Reach.RESET_ALL:
        return _reset_all(book, place.locked)
    if reach is Reach.FOLLOW:
        return _follow(book, place)
    framings = _framings(book, reach, place)
    meant = {view: framing for view, framing in framings.items() if view not in place.locked}
    samples = _samples(reach, place)
    if samples is not None:
        after = book.framed_in(samples, meant)
    elif reach is Reach.SAMPLE_TO_UNTOUCHED:
        after = _framed_beneath(book, meant, place.sample)
    else:
        after = book.framed_everywhere(meant)
    return Carried(after, _changed(book, after, meant, samples), _spared(book, framings, place, samples), samples)


def _framings(book: RecipeBook, reach: Reach, place: Place) -> dict[str, Framing]:
    """What is to be put in place, by view, locked ones too."""
    recipe = book.for_sample(place.sample)
    if reach is Reach.VIEW_TO_SAMPLE:
        return {view: recipe.framing(place.view) for view in place.views if view != place.view}
    if reach in (Reach.VIEW_TO_SELECTION, Reach.VIEW_TO_ALL):
        return {place.view: recipe.framing(place.view)}
    if reach is Reach.RESET_VIEW:
        return {place.view: Framing()}
    if reach.resets:
        return {view: Framing() for view in place.views}
    return {view: recipe.framing(view) for view in place.views}


def _samples(reach: Reach, place: Place) -> tuple[str, ...] | None:
    if reach in (Reach.VIEW_TO_SELECTION, Reach.SAMPLE_TO_SELECTION, Reach.RESET_SELECTION):
        return place.targets
    if reach in (Reach.VIEW_TO_ALL, Reach.SAMPLE_TO_ALL, Reach.SAMPLE_TO_UNTOUCHED):
        return None
    return (place.sample,)


def _framed_beneath(book: RecipeBook, framings: dict[str, Framing], source: str) -> RecipeBook:
    """The recipe's own framings replaced; samples with some of their own show what they showed."""
    after = book.framed_everywhere(framings)
    beneath, above = dict(book.recipe.framings), dict(after.recipe.framings)

    def kept(change: SampleChange) -> SampleChange:
        own = {**beneath, **dict(change.framings)}
        shown = [(view, own.get(view, Framing())) for view in framings]
        shown = [(view, framing) for view, framing in shown if framing != above.get(view, Framing())]
        others = (entry for entry in change.framings if entry[0] not in framings)
        return dataclasses.replace(change, framings=tuple(sorted((*others, *shown))))

    theirs = {name: change for name, change in book.samples if change.framings and name != source}
    return after.with_changes(each_once(theirs, kept))


def _reset_all(book: RecipeBook, locked: tuple[str, ...]) -> Carried:
    framed = {view for view, _ in book.recipe.framings}
    for _, change in book.samples:
        framed.update(view for view, _ in change.framings)
    after = book.framed_everywhere({view: Framing() for view in sorted(framed - set(locked))})
    return Carried(after, tuple(sorted(framed - set(locked))), tuple(sorted(framed & set(locked))), None)


def _follow(book: RecipeBook, place: Place) -> Carried:
    own = book.change(place.sample)
    kept = tuple(each for each in own.framings if each[0] in place.locked)
    gone = tuple(view for view, _ in own.framings if view not in place.locked)
    after = book.with_changes({place.sample: dataclasses.replace(own, framings=kept)})
    return Carried(after, gone, tuple(view for view, _ in kept), (place.sample,))


def _changed(
    book: RecipeBook, after: RecipeBook, views: Collection[str], samples: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Those of ``views`` that look otherwise now in one of the samples."""
    names = (
        samples if samples is not None else (*book.changes, *after.changes, "")
    )  # "": any without changes of its own
    old, new = dict(book.recipe.framings), dict(after.recipe.framings)
    pairs = {  # many samples share theirs: each pair is looked at once
        (id(was), id(now)): (was, now) for was, now in ((book.change(name), after.change(name)) for name in names)
    }
    left = list(views)
    changed = set()
    for was, now in pairs.values():
        of_was, of_now = dict(was.framings), dict(now.framings)
        for view in tuple(left):
            before = of_was.get(view) or old.get(view) or Framing()
            if before != (of_now.get(view) or new.get(view) or Framing()):
                changed.add(view)
                left.remove(view)
        if not left:
            break
    return tuple(view for view in views if view in changed)


def _spared(
    book: RecipeBook, framings: dict[str, Framing], place: Place, samples: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Locked views that would else have been changed."""
    held = {view: framing for view, framing in framings.items() if view in place.locked}
    if not held:
        return ()
    unlocked = book.framed_everywhere(held) if samples is None else book.framed_in(samples, held)
    return _changed(book, unlocked, held, samples)


def with_locks(before: RecipeBook, after: RecipeBook, locked: tuple[str, ...]) -> RecipeBook:
    """``after``, but for the framings of locked views, which stay as they are in ``before``."""

    def mixed(ours: Framings, theirs: Framings) -> Framings:
        kept = (entry for entry in ours if entry[0] in locked)
        return tuple(sorted((*kept, *(entry for entry in theirs if entry[0] not in locked))))

    recipe = after.recipe.replace(framings=mixed(before.recipe.framings, after.recipe.framings))
    changes = {}
    for name in {*before.changes, *after.changes}:
        framings = mixed(before.change(name).framings, after.change(name).framings)
        changes[name] = dataclasses.replace(after.change(name), framings=framings)
    return after.replace(recipe=recipe).with_changes(changes)


def own_in_words(change: SampleChange) -> str:
    """What a sample has of its own, in words; "" for nothing."""
    parts = []
    if change.framings:
        views = ", ".join(view for view, _ in change.framings[:4]) + (" …" if len(change.framings) > 4 else "")
        parts.append(f"its own framing of {views}")
    if change.centre is not None:
        parts.append("its own centre")
    return " and ".join(parts)
