"""Laws of scope: what is carried arrives, what is locked stays, what was not meant is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.model.recipe import CentreSource, Framing, Mode, Recipe
from mouseview.model.recipe_book import RecipeBook, SampleChange
from mouseview.model.scope import Place, Reach, carried, own_in_words, with_locks

VIEWS = ("a", "b", "c")
SAMPLES = ("one", "two", "three", "four")
FRAMING = st.builds(
    Framing, st.tuples(st.sampled_from([0.0, 3.0, -2.5]), st.just(0.0)), st.sampled_from([0.0, 4.0, -9.0])
)
FRAMINGS = st.dictionaries(st.sampled_from(VIEWS), FRAMING, max_size=3)


@st.composite
def books(draw: st.DrawFn) -> RecipeBook:
    whole = {view: framing for view, framing in draw(FRAMINGS).items() if not framing.is_neutral}
    book = RecipeBook("", Recipe(Mode.EXACT_AIMED, framings=tuple(sorted(whole.items()))))
    for sample in SAMPLES[:3]:
        book = book.framed(sample, draw(FRAMINGS))
    if draw(st.booleans()):
        change = book.change("two")
        book = book.with_changes({"two": SampleChange(CentreSource.POINT, (1.0, 2.0, 3.0), change.framings)})
    return book


PLACES = st.builds(
    Place,
    sample=st.sampled_from(SAMPLES),
    view=st.sampled_from(VIEWS),
    views=st.just(VIEWS),
    selection=st.sets(st.sampled_from(SAMPLES)).map(lambda names: tuple(sorted(names))),
    locked=st.sets(st.sampled_from(VIEWS)).map(lambda names: tuple(sorted(names))),
)


def shown(book: RecipeBook, sample: str) -> dict[str, Framing]:
    recipe = book.for_sample(sample)
    return {view: recipe.framing(view) for view in VIEWS}


def meant(reach: Reach, place: Place) -> tuple[set[str], set[str]]:
    """Samples and views that a step may change."""
    everyone = set(SAMPLES)
    samples = {
        Reach.VIEW_TO_SAMPLE: {place.sample},
        Reach.VIEW_TO_SELECTION: set(place.targets),
        Reach.VIEW_TO_ALL: everyone,
        Reach.SAMPLE_TO_SELECTION: set(place.targets),
        Reach.SAMPLE_TO_ALL: everyone,
        Reach.SAMPLE_TO_UNTOUCHED: everyone,
        Reach.RESET_VIEW: {place.sample},
        Reach.RESET_SAMPLE: {place.sample},
        Reach.RESET_SELECTION: set(place.targets),
        Reach.RESET_ALL: everyone,
        Reach.FOLLOW: {place.sample},
    }[reach]
    one = reach in (Reach.VIEW_TO_SELECTION, Reach.VIEW_TO_ALL, Reach.RESET_VIEW)
    return samples, ({place.view} if one else set(VIEWS)) - set(place.locked)


@settings(max_examples=150)
@given(books(), PLACES, st.sampled_from(Reach))
def test_only_what_is_meant_changes_and_locked_views_never_do(book: RecipeBook, place: Place, reach: Reach) -> None:
    step = carried(book, reach, place)
    samples, views = meant(reach, place)
    changed = set()
    for sample in SAMPLES:
        before, after = shown(book, sample), shown(step.book, sample)
        different = {view for view in VIEWS if before[view] != after[view]}
        assert different <= (views if sample in samples else set())
        changed |= different
        assert step.book.change(sample).centre == book.change(sample).centre, "framings alone are carried"
    assert set(step.spared) <= set(place.locked)
    assert step.book.recipe.replace(framings=()) == book.recipe.replace(framings=())
    if reach is not Reach.FOLLOW:  # it tells what the sample forgets, also where that looks the same
        assert changed <= set(step.views)


@settings(max_examples=60)
@given(books(), PLACES)
def test_what_is_carried_arrives(book: RecipeBook, place: Place) -> None:
    source = shown(book, place.sample)
    free = [view for view in VIEWS if view not in place.locked]
    same_view = [view for view in free if view == place.view]
    for reach, samples, views in (
        (Reach.VIEW_TO_SELECTION, place.targets, same_view),
        (Reach.VIEW_TO_ALL, SAMPLES, same_view),
        (Reach.SAMPLE_TO_SELECTION, place.targets, free),
        (Reach.SAMPLE_TO_ALL, SAMPLES, free),
    ):
        after = carried(book, reach, place).book
        assert all(shown(after, sample)[view] == source[view] for sample in samples for view in views), reach
    alike = shown(carried(book, Reach.VIEW_TO_SAMPLE, place).book, place.sample)
    assert all(alike[view] == source[place.view] for view in free)
    reset = carried(book, Reach.RESET_SAMPLE, place).book
    assert all(shown(reset, place.sample)[view].is_neutral for view in free)
    nothing = carried(book, Reach.RESET_ALL, place).book
    assert all(shown(nothing, sample)[view].is_neutral for sample in SAMPLES for view in free)


@settings(max_examples=60)
@given(books(), PLACES)
def test_samples_framed_by_hand_keep_theirs(book: RecipeBook, place: Place) -> None:
    after = carried(book, Reach.SAMPLE_TO_UNTOUCHED, place).book
    for sample in SAMPLES:
        if sample == place.sample or not book.change(sample).framings:
            free = {view: framing for view, framing in shown(book, place.sample).items() if view not in place.locked}
            assert shown(after, sample).items() >= free.items()
        else:
            assert shown(after, sample) == shown(book, sample)


@settings(max_examples=60)
@given(books(), PLACES, st.sampled_from(Reach))
def test_a_step_taken_twice_is_taken_once(book: RecipeBook, place: Place, reach: Reach) -> None:
    once = carried(book, reach, place)
    assert shown(carried(once.book, reach, place).book, place.sample) == shown(once.book, place.sample)
    if reach is not Reach.SAMPLE_TO_UNTOUCHED:  # who follows the recipe now may have been framed by hand before
        assert carried(once.book, reach, place).book == once.book


@given(books(), books(), PLACES)
def test_another_recipe_leaves_locked_views_as_they_are(before: RecipeBook, after: RecipeBook, place: Place) -> None:
    mixed = with_locks(before, after, place.locked)
    for sample in SAMPLES:
        for view in VIEWS:
            kept = before if view in place.locked else after
            assert shown(mixed, sample)[view] == shown(kept, sample)[view]
    assert with_locks(before, after, ()) == after
    assert with_locks(before, before, place.locked) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (SampleChange(), ""),
        (SampleChange(framings=(("a", Framing((1.0, 0.0))),)), "its own framing of a"),
        (SampleChange(CentreSource.AXES), "its own centre"),
        (
            SampleChange(CentreSource.AXES, framings=tuple((view, Framing()) for view in "abcde")),
            "its own framing of a, b, c, d … and its own centre",
        ),
    ],
)
def test_what_is_a_samples_own_is_told(change: SampleChange, words: str) -> None:
    assert own_in_words(change) == words
