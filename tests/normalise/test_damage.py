"""What wrong declarations cost: nothing where they are right, the lab's list in its order, whatever the unit."""

from __future__ import annotations

import numpy as np
import pytest

from mouseview.geometry.rotations import rotation_of
from mouseview.geometry.transforms import Array, Similarity
from mouseview.model.camera import Labels, Rig
from mouseview.model.finding import Truth
from mouseview.model.prepared import SubjectCentre
from mouseview.model.recipe import CentreSource, Mode, Recipe
from mouseview.multiview.masks import MaskStats, mask_stats
from mouseview.normalise.damage.cost import Cost, cost_of, damage_list
from mouseview.normalise.damage.declarations import Stage, declarations
from mouseview.normalise.damage.places import Places, labelled_places, masked_places, volume_places
from mouseview.phantom.photographs import render_view
from mouseview.phantom.walk import Walk
from mouseview.resources import model_format
from mouseview.workflow.damage import phantom_damage
from tests.rigs import SUBJECT_MM, conforming_ring, mouse_ring, parallel_rig

FORMAT = model_format("facelift")
EXACT = ("exact-aimed", "exact-centred", "exact-zoom")
ABOUT_THE_ORIGIN = ("distance-about-origin", "distance-only")  # what they cost depends on where the file has it


def stage(rig: Rig, bodies: tuple[Array, ...], centre: Array, zoom: float | None = 1.0) -> Stage:
    places = Places(bodies, "given")
    return Stage(rig, places, SubjectCentre(CentreSource.POINT, centre, None, ""), Recipe(zoom=zoom), FORMAT)


def bodies(count: int = 3, points: int = 16) -> tuple[Array, ...]:
    """Balls of 25 mm beside each other, about the ring's subject."""
    rng = np.random.default_rng(3)
    return tuple(
        SUBJECT_MM + rng.uniform(-30, 30, 3) + 25 * rng.uniform(-1, 1, (points, 3)) / np.sqrt(3) for _ in range(count)
    )


def by_key(costs: tuple[Cost, ...]) -> dict[str, Cost]:
    return {cost.declaration.key: cost for cost in costs}


@pytest.fixture(scope="module")
def phantom() -> dict[str, Cost]:
    return by_key(phantom_damage().costs)


@pytest.fixture(scope="module")
def ring() -> dict[str, Cost]:
    return by_key(damage_list(stage(mouse_ring(), bodies(), SUBJECT_MM)))


def test_exact_modes_cost_nothing(phantom: dict[str, Cost], ring: dict[str, Cost]) -> None:
    for costs in (phantom, ring):
        for key in EXACT:
            assert costs[key].rms_px < 1e-6
            assert costs[key].truth is Truth.TRUE
        assert all(costs[key].truth is not Truth.TRUE for key in costs if key not in EXACT)
        assert not any(cost.problem or cost.lost for cost in costs.values())


def test_the_labs_list_has_its_order_on_the_phantoms_rig(phantom: dict[str, Cost]) -> None:
    listed = ("exact-aimed", "one-focal-length", "distance-about-axes", "focal-lengths", "distance-about-origin",
              "forced-k", "principal-points", "pixel-based", "swapped-views")  # fmt: skip
    values = [phantom[key].rms_px for key in listed]
    assert values == sorted(values)
    assert phantom["focal-lengths"].rms_px < phantom["distance-only"].rms_px < phantom["forced-k"].rms_px
    assert phantom["distance-matched"].rms_px < phantom["raw"].rms_px < 1 < phantom["distance-about-axes"].rms_px


def test_the_labs_list_has_its_size_on_the_phantoms_rig(phantom: dict[str, Cost]) -> None:
    """Stated: about 1, 2 to 5, 10 to 14, 23 to 31, 26, 29, 36, 60 to 130."""
    sizes = {
        "one-focal-length": (0.5, 1.5),
        "distance-about-axes": (2, 5),
        "focal-lengths": (10, 14),
        "distance-only": (22, 31),
        "forced-k": (23, 29),
        "principal-points": (25, 32),
        "pixel-based": (26, 40),
        "swapped-views": (60, 130),
    }
    for key, (low, high) in sizes.items():
        assert low < phantom[key].least_px <= phantom[key].most_px < high, key


def test_a_swap_is_the_worst_whichever_two(phantom: dict[str, Cost]) -> None:
    swapped = phantom["swapped-views"]
    assert swapped.cases == 15
    assert swapped.least_px > max(cost.most_px for key, cost in phantom.items() if key != "swapped-views")
    assert swapped.worst_view in swapped.worst_case.split(" ↔ ")


def test_one_focal_length_is_missed_where_it_is_wrong(phantom: dict[str, Cost]) -> None:
    cost = phantom["one-focal-length"]
    assert cost.cases == 6
    assert cost.least_px <= cost.rms_px <= cost.most_px
    assert cost.worst_view == cost.worst_case
    assert cost.worst_view_px > cost.most_px


def test_lengths_are_px_at_the_subject(ring: dict[str, Cost]) -> None:
    """A px of the 512 px image is the subject's distance over the focal length: 310 mm over about 730 px."""
    cost = ring["principal-points"]
    assert cost.rms_length / cost.rms_px == pytest.approx(310 / 730, rel=0.15)


def moved(rig: Rig, of: tuple[Array, ...], similarity: Similarity) -> dict[str, Cost]:
    there = rig.moved(similarity, "unknown")
    return by_key(
        damage_list(stage(there, tuple(map(similarity.apply, of)), similarity.apply(SUBJECT_MM)))  # type: ignore[arg-type]
    )


def test_neither_scale_nor_turn_of_the_rig_changes_a_cost(ring: dict[str, Cost]) -> None:
    similarity = Similarity(np.array(0.0137), rotation_of([0.4, -1.1, 0.7]), np.zeros(3))
    turned = moved(mouse_ring(), bodies(), similarity)
    for key, cost in ring.items():
        assert turned[key].rms_px == pytest.approx(cost.rms_px, abs=1e-5), key
        assert turned[key].rms_length == pytest.approx(0.0137 * cost.rms_length, abs=1e-7), key


def test_where_the_file_has_its_origin_matters_to_those_that_speak_of_it(ring: dict[str, Cost]) -> None:
    shifted = moved(mouse_ring(), bodies(), Similarity(np.array(1.0), np.eye(3), -SUBJECT_MM))
    for key, cost in ring.items():
        if key in ABOUT_THE_ORIGIN:
            assert shifted[key].rms_px < 0.5 * cost.rms_px, "the origin is the subject now"
        else:
            assert shifted[key].rms_px == pytest.approx(cost.rms_px, abs=1e-5), key


def test_no_point_would_favour_a_declaration_more() -> None:
    """The true points are points too: they leave at least what is charged."""
    where = stage(mouse_ring(lens=False), bodies(), SUBJECT_MM)
    for declaration in declarations(FORMAT):
        if declaration.key in ("one-focal-length", "focal-lengths", "principal-points", "swapped-views"):
            charged = cost_of(declaration, where)
            left = []
            for case in declaration.cases(where):
                gap = [c.project(where.places.points)[0] for c in case.declared] - case.pixels
                left.append(np.sqrt(np.mean(np.sum(gap**2, axis=-1))))
            assert charged.rms_px < np.median(left)
            assert charged.most_px < max(left)


def test_a_rig_in_the_models_format_loses_nothing_by_being_declared_so() -> None:
    rig = conforming_ring()
    rng = np.random.default_rng(1)
    costs = by_key(damage_list(stage(rig, (0.4 * rng.uniform(-1, 1, (20, 3)),), np.zeros(3))))
    harmful = {"one-focal-length", "pixel-based", "swapped-views"}
    assert {key for key, cost in costs.items() if cost.rms_px > 1e-4} == harmful
    assert {key for key, cost in costs.items() if cost.truth is Truth.FALSE} == harmful


def test_what_a_rig_does_not_allow_says_why() -> None:
    rig = parallel_rig()
    middle = rig.centres.mean(axis=0) + 300 * rig.forwards[0]
    rng = np.random.default_rng(2)
    costs = by_key(damage_list(stage(rig, (middle + 20 * rng.normal(size=(12, 3)),), middle)))
    assert "nearly parallel" in costs["distance-about-axes"].problem
    assert np.isnan(costs["distance-about-axes"].rms_px)
    assert costs["exact-aimed"].rms_px < 1e-6
    at_the_origin = mouse_ring().moved(Similarity(np.array(1.0), np.eye(3), -mouse_ring()[2].centre), "mm")
    of = tuple(body - mouse_ring()[2].centre for body in bodies(1, 4))
    there = stage(at_the_origin, of, SUBJECT_MM - mouse_ring()[2].centre)
    for declaration in declarations(FORMAT):
        if declaration.key in ABOUT_THE_ORIGIN:
            assert cost_of(declaration, there).problem.startswith("cam2"), "no direction leads there"


# ---- places ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photographed() -> tuple[Rig, tuple[MaskStats, ...], Array]:
    """A small ring, its masks of a mouse, and the mouse's points."""
    mouse = Walk(0, middle_mm=(46.0, 50.0)).mouse(0.3, 3000)
    rig = mouse_ring((288, 256))
    return rig, tuple(mask_stats(render_view(mouse, camera)) for camera in rig), mouse.solid.xyz.astype(float)


def test_points_inside_all_silhouettes_are_the_animal(photographed: tuple[Rig, tuple[MaskStats, ...], Array]) -> None:
    rig, masks, mouse = photographed
    found = masked_places(rig, masks, mouse.mean(axis=0))
    assert found is not None
    for camera, stats in zip(rig, masks, strict=True):
        column, row = np.floor(camera.project(found.points)[0]).astype(int).T
        assert stats.mask[row, column].all()
    assert np.linalg.norm(found.points.mean(axis=0) - mouse.mean(axis=0)) < 10
    away = np.linalg.norm(found.points[:, None] - mouse[None, ::5], axis=-1).min(axis=1)
    assert np.median(away) < 8, "mm: the hull of six silhouettes is little fatter than the animal"
    assert 100 <= len(found.points) <= 600


def test_masks_that_share_no_point_tell_of_none(photographed: tuple[Rig, tuple[MaskStats, ...], Array]) -> None:
    rig, masks, mouse = photographed
    empty = mask_stats(np.zeros((256, 288, 4), np.uint8))
    assert masked_places(rig, (masks[0], *(None,) * 5), mouse.mean(axis=0)) is None
    assert masked_places(rig, (masks[0], *(empty,) * 5), mouse.mean(axis=0)) is None
    elsewhere = np.zeros((256, 288, 4), np.uint8)
    elsewhere[5:20, 5:20] = 255
    assert masked_places(rig, (mask_stats(elsewhere), *masks[1:]), mouse.mean(axis=0)) is None


def test_frames_with_few_labels_are_left_out_and_many_are_thinned() -> None:
    points = np.random.default_rng(0).normal(size=(40, 90, 3))
    points[1, 3:] = np.nan
    found = labelled_places(Labels(points))
    assert found is not None
    assert len(found.bodies) == 24
    assert len(found.points) <= 600
    assert np.isfinite(found.points).all()
    assert labelled_places(Labels(np.full((2, 9, 3), np.nan))) is None
    assert labelled_places(None) is None


def test_the_stand_in_stays_in_the_working_volume() -> None:
    rig = mouse_ring()
    found = volume_places(rig)
    shown = [camera.project(found.points)[0] for camera in rig]
    inside = [np.all((pixels > 0) & (pixels < camera.size)) for pixels, camera in zip(shown, rig, strict=True)]
    assert sum(inside) >= 3, "half of the cameras see all of it"
    assert found.silhouettes(rig, 0)[0].usable


def test_pixel_based_follows_every_frame_by_itself() -> None:
    """Two bodies far apart: each is centred by its own silhouettes, so neither pays for the other's place."""
    rig = mouse_ring()
    near, far = bodies(1)[0], bodies(1)[0] + np.array([50.0, -30.0, 10.0])
    pixel_based = next(each for each in declarations(FORMAT) if each.mode is Mode.PIXEL_BASED)
    both = cost_of(pixel_based, stage(rig, (near, far), SUBJECT_MM)).rms_px
    apart = [cost_of(pixel_based, stage(rig, (body,), SUBJECT_MM)).rms_px for body in (near, far)]
    assert both == pytest.approx(np.sqrt(np.mean(np.square(apart))), rel=1e-6)
