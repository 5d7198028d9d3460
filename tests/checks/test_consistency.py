"""Twenty random phantoms seen by masks alone: every damage that masks can show is named, and true rigs are left be."""

from __future__ import annotations

from functools import cache

import pytest

from mouseview.checks.bench import EXPECTED, TRUE, Terms, Trial, complaints, masked_phantom, named, run, trials
from mouseview.model.finding import Finding, Severity
from mouseview.phantom.damage import DAMAGES

COUNT = 20
SMALL = Terms((432, 384), frozenset({"reading"}), halves=True)  # the conventions' solver has tests of its own


@cache
def done() -> tuple[Trial, ...]:
    return tuple(run(range(COUNT), SMALL, processes=2))


@pytest.mark.parametrize("damage", [damage.name for damage in DAMAGES if not damage.subtle])
def test_every_damage_is_named(damage: str) -> None:
    assert sum(trial.state == damage for trial in done()) == COUNT // 2
    missed = [(trial.seed, trial.noise, trial.told) for trial in done() if trial.state == damage and not trial.named]
    assert missed == []


def test_true_rigs_are_left_in_peace() -> None:
    accused = [(trial.seed, trial.noise, trial.told) for trial in done() if trial.state == TRUE and trial.told]
    assert accused == []


def test_phantoms_are_varied_and_the_same_for_the_same_seed() -> None:
    assert {trial.noise for trial in done()} == {"clean", "jittered", "blurred", "coarse", "compressed"}
    assert any(trial.cut for trial in done())
    assert len({trial.views for trial in done()}) >= 3
    first, again = masked_phantom(7, SMALL.size), masked_phantom(7, SMALL.size)
    assert all((a == b).all() for a, b in zip(first.images, again.images, strict=True))
    assert not any((a == b).all() for a, b in zip(first.images, first.later, strict=True) if a[..., 3].any())


def test_what_counts_as_named_is_strict() -> None:
    assert set(EXPECTED) == {damage.name for damage in DAMAGES}
    names = ("a", "b", "c", "d")

    def said(code: str, severity: Severity, message: str = "", camera: str | None = None) -> list[Finding]:
        return [Finding(code, severity, "here", message, "", camera)]

    right = said("views-swapped", Severity.ERROR, "images of b and c exchanged")
    assert named("swapped_views", right, names)
    assert not named("swapped_views", said("views-swapped", Severity.ERROR, "images of a and c exchanged"), names)
    assert not named("swapped_views", said("views-swapped", Severity.INFO, "images of b and c exchanged"), names)
    assert not named("another_frame", said("view-inconsistent", Severity.ERROR, camera="d"), names)
    assert complaints(right) == ("views-swapped",)
    assert complaints(said("units-and-distances", Severity.WARNING)) == ()


def test_a_seed_can_be_tried_alone() -> None:
    alone = [(trial.state, trial.named, trial.told) for trial in trials(3, SMALL)]
    assert alone == [(trial.state, trial.named, trial.told) for trial in done() if trial.seed == 3]
