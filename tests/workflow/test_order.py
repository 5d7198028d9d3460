"""Whether order matters, asked of networks that do and do not care; and estimates as texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.inference.declared import RELEASED_CONFIG, declared_config
from mouseview.inference.hardware import Processor
from mouseview.inference.passes import Pass
from mouseview.model.errors import Cancelled
from mouseview.model.recipe import Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.prepare import prepare
from mouseview.workflow.estimate import Estimate, describe_estimate, duration_text, estimate, memory_text
from mouseview.workflow.order import OrderCheck, check_order, describe_order, other_orders, unshuffled
from tests.workflow.stage import MODEL, phantom_sample, small_rig
from tests.workflow.viewwise import ViewwiseClient

VIEWS = ("cam_000", "cam_002", "cam_004")


@pytest.fixture(scope="module")
def sample() -> Sample:
    return phantom_sample(small_rig().subset(VIEWS))[1]


@pytest.fixture(scope="module")
def check(sample: Sample) -> OrderCheck:
    return check_order(sample, Recipe(), client=ViewwiseClient())


def test_a_network_that_cannot_tell_an_order_is_found_not_to(check: OrderCheck) -> None:
    assert not check.matters
    assert check.worst.point == 0
    assert check.worst.levels < 0.5
    assert {names for names, _ in check.orders} >= {VIEWS[::-1]}
    assert check.text.startswith("No: ")
    assert check.unit == "mm"
    document = describe_order(check)
    assert document["matters"] is False
    assert document["orders"][0]["fed"] == list(VIEWS[::-1])


def test_a_network_that_favours_its_first_view_is_found_out(sample: Sample) -> None:
    found = check_order(sample, Recipe(), client=ViewwiseClient(favours_first=True))
    assert found.matters
    assert found.marks_first
    assert found.worst.point == pytest.approx(0.3 * 3**0.5, rel=1e-3)
    similarity = prepare(sample, Recipe(model=MODEL, views=VIEWS)).similarity
    assert similarity is not None
    assert found.point_in_unit == pytest.approx(found.worst.point / similarity.scale)
    assert found.text.startswith("Yes: ")
    assert "marks its first view" in found.text


def test_it_stops_when_it_is_told_to(sample: Sample) -> None:
    client = ViewwiseClient()
    with pytest.raises(Cancelled):
        check_order(sample, Recipe(), client=client, cancelled=lambda: len(client.fed) == 1)
    assert len(client.fed) == 1


@given(st.permutations(range(5)), st.integers(0, 3), st.integers(1, 6))
def test_unshuffling_undoes_every_order(order: list[int], free: int, per_view: int) -> None:
    straight = np.concatenate([np.full(free, -1), np.repeat(np.arange(5), per_view)])
    fed = np.concatenate([np.full(free, -1), np.repeat(order, per_view)])
    np.testing.assert_array_equal(fed[unshuffled(tuple(order), len(fed), per_view)], straight)


@given(st.integers(2, 20))
def test_the_other_orders_are_others(count: int) -> None:
    orders = other_orders(count)
    assert tuple(range(count)) not in orders
    assert len(set(orders)) == len(orders) >= 1
    assert all(sorted(order) == list(range(count)) for order in orders)


# ---- estimates ---------------------------------------------------------------------------------------------------


def estimated(views: int, memory: int | None = 16 << 30, passes: tuple[Pass, ...] = ()) -> Estimate:
    config = declared_config("mouse-256")
    assert config is not None
    return estimate("mouse-256", config, views, Processor("cpu", "Some CPU", memory), passes)


def test_an_estimate_says_what_it_does_not_know() -> None:
    found = estimated(6)
    assert found.text == "6 views · 6,146 tokens · about 455 MB · time on this CPU unknown until the first run"
    assert found.more_text == "+1 view: +17 % tokens, +20 MB"
    assert found.warnings == ()
    document = describe_estimate(found)
    assert document["seconds"] is None
    assert document["one_more_view"]["tokens"] == 7170


def test_an_estimate_after_a_run_tells_the_time_and_what_a_view_adds() -> None:
    config = declared_config("mouse-256")
    assert config is not None
    flop = estimated(6).cost.flop
    found = estimated(6, passes=(Pass("cpu", "Some CPU, 2 threads", config.sizes, 6146, flop, 4.0),))
    assert found.text.endswith("about 455 MB and 4.0 s on this CPU")
    assert found.more_seconds == pytest.approx(4.0 * (estimated(7).cost.flop / flop - 1))


@pytest.mark.parametrize(("views", "warned"), [(3, True), (4, False), (8, False), (9, True)])
def test_numbers_of_views_that_the_model_never_saw_are_named(views: int, warned: bool) -> None:
    assert ("Trained with 4 to 8 views" in estimated(views).warnings) is warned


def test_too_little_memory_is_a_warning_and_unknown_memory_is_none() -> None:
    assert estimated(6, memory=400_000_000).fits is False
    assert any("Too little memory" in line for line in estimated(6, memory=400_000_000).warnings)
    assert estimated(6, memory=None).fits is None
    assert estimated(6, memory=None).warnings == ()


def test_the_most_views_have_no_one_more() -> None:
    assert estimated(64).more is None
    assert describe_estimate(estimated(64))["one_more_view"] is None


def test_the_released_model_is_estimated_at_its_own_size() -> None:
    found = estimate("openfacelift", RELEASED_CONFIG, 6, Processor("cuda", "Some GPU", 24 << 30), ())
    assert found.cost.tokens == 24_578
    assert found.trained == (4, 6)
    assert found.fits


def test_figures_are_short() -> None:
    assert [memory_text(count) for count in (20e6, 455.2e6, 1.12e9)] == ["20 MB", "455 MB", "1.1 GB"]
    assert [duration_text(seconds) for seconds in (0.034, 0.6, 4.04, 31.0, 600.0)] == [
        "0.03 s",
        "0.6 s",
        "4.0 s",
        "31 s",
        "10 min",
    ]
