"""One recipe and the samples that differ: what is applied where, and that nothing else moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mouseview.model.recipe import CentreSource, Framing, Mode, Recipe
from mouseview.model.recipe_book import RecipeBook, SampleChange

SAMPLES, VIEWS = ("one", "two", "three"), ("left", "right", "top")
FRAMINGS = st.builds(Framing, st.tuples(st.sampled_from([0.0, 2.0]), st.just(0.0)), st.sampled_from([0.0, 15.0]))
STEPS = st.lists(st.tuples(st.none() | st.sampled_from(SAMPLES), st.sampled_from(VIEWS), FRAMINGS), max_size=6)


def after(steps: list[tuple[str | None, str, Framing]]) -> RecipeBook:
    book = RecipeBook()
    for sample, view, framing in steps:
        given_ = {view: framing}
        book = book.framed_everywhere(given_) if sample is None else book.framed(sample, given_)
    return book


@given(STEPS)
def test_the_last_word_on_a_view_is_what_a_sample_gets(steps: list[tuple[str | None, str, Framing]]) -> None:
    book = after(steps)
    expected = {(sample, view): Framing() for sample in SAMPLES for view in VIEWS}
    for sample, view, framing in steps:
        for each in SAMPLES if sample is None else (sample,):
            expected[each, view] = framing
    assert {(s, v): book.for_sample(s).framing(v) for s in SAMPLES for v in VIEWS} == expected


@given(STEPS)
def test_no_sample_keeps_what_says_nothing(steps: list[tuple[str | None, str, Framing]]) -> None:
    book = after(steps)
    assert all(change.applied(book.recipe) != book.recipe for _, change in book.samples)
    assert list(book.samples) == sorted(book.samples)
    assert all(not framing.is_neutral for _, framing in book.recipe.framings)


def test_another_mode_for_all_keeps_what_was_framed_by_hand() -> None:
    book = RecipeBook().framed("two", {"top": Framing(roll_deg=15.0)})
    book = book.replace(recipe=book.recipe.replace(mode=Mode.EXACT_ZOOM))
    assert book.for_sample("two").mode is Mode.EXACT_ZOOM
    assert book.for_sample("two").framing("top").roll_deg == 15.0
    assert book.for_sample("one") == Recipe(Mode.EXACT_ZOOM)


def test_a_picked_point_belongs_to_its_sample_alone() -> None:
    book = RecipeBook().with_changes({"two": SampleChange(CentreSource.POINT, (1.0, 2.0, 3.0))})
    assert book.for_sample("two").point == (1.0, 2.0, 3.0)
    assert "picked with the probe" in dict(book.for_sample("two").measured)["point"]
    assert book.for_sample("one").centre is None
