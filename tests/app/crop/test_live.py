"""The preview against the full quality, and the curves on the photograph."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from mouseview.app.crop.curves import border, lens_grid
from mouseview.app.crop.draft import ground_of
from mouseview.app.crop.editor import Editor
from mouseview.app.crop.live import LiveSource, live_warp
from mouseview.app.crop.numbers import looks_deg, sections
from mouseview.app.crop.places import FAR, source_places
from mouseview.geometry.transforms import look_at
from mouseview.model.camera import Camera
from mouseview.model.recipe import Framing, Mode, Recipe, with_framing
from mouseview.multiview.masks import mask_stats
from mouseview.normalise.framing import framed_turn
from mouseview.normalise.ledger import RAY_MAX
from mouseview.normalise.pixel_grid import pixel_grid
from mouseview.normalise.pixel_map import RayMap
from mouseview.normalise.warp import warp
from tests.rigs import SUBJECT_MM, mouse_ring
from tests.scene import Ellipsoid, photograph, sample_of

RIG = mouse_ring((576, 512))
HAND = Framing((3.0, -2.0), 20.0)


@cache
def editor(mode: Mode) -> Editor:
    """View 1 of the ellipsoid, photographed with its lens at half size."""
    images = [photograph(Ellipsoid(), camera, 1) for camera in RIG]
    sample = sample_of(images, RIG)
    ground = ground_of(sample, [mask_stats(image) for image in images], Recipe(mode=mode, model="facelift"))
    return Editor(ground, 1, LiveSource.of(RIG.names[1], images[1]))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(1 / np.mean((a - b) ** 2)))


@pytest.mark.parametrize("mode", [Mode.EXACT_AIMED, Mode.EXACT_ZOOM, Mode.FORCED_K])
def test_the_preview_is_the_result_within_a_few_grey_levels(mode: Mode) -> None:
    made = editor(mode)
    view = made.draft(HAND).plan.views[1]
    assert made.source is not None
    exact = warp(made.source.image, view.pixel_map, 512)
    preview, ratio = live_warp(made.source, view.pixel_map, 512)
    live = preview.astype(np.float32) / 255
    subject = exact[..., 3] > 0.5
    assert subject.mean() > 0.005
    assert psnr(live[..., :3], exact[..., :3]) > 45
    assert psnr(live[..., :3][subject], exact[..., :3][subject]) > 34
    assert np.abs(live[..., 3] - exact[..., 3]).mean() < 0.002
    middle = view.pixel_map.to_source([[255.0, 256.0], [256.0, 256.0], [256.0, 255.0]])
    area = abs(np.linalg.det(middle[[1, 1]] - middle[[0, 2]]))
    assert ratio == pytest.approx(np.sqrt(area), rel=0.01)


@pytest.mark.parametrize("size", [512, 256, 100])
def test_the_quick_places_are_those_of_the_exact_grid(size: int) -> None:
    K = np.array([[549.0 * size / 512, 0, size / 2], [0, 549.0 * size / 512, size / 2], [0, 0, 1]])
    turn = framed_turn(np.eye(3), Framing((14.0, 9.0), 30.0))
    window = RayMap(K, turn.T, mouse_ring()[2])
    x, y = source_places(window, size)
    exact = pixel_grid(window.to_source, size, size, 4) - 0.5
    there, known = x > FAR / 2, np.isfinite(exact[..., 0])
    assert 0.02 < 1 - known.mean() < 0.9, "this window reaches beyond the lens"
    assert not (there & ~known).any(), "no ghosts"
    assert (known & ~there).mean() < 0.01
    off = np.hypot(x - exact[..., 0], y - exact[..., 1])[there]
    assert off.max() < 0.4
    assert np.percentile(off, 85) < 0.01, "away from where the lens ends"


def test_minified_photographs_are_filtered_before() -> None:
    """A checkerboard of single pixels becomes grey, whatever pixels the window asks for; 16 bits are read as 8."""
    y, x = np.mgrid[:300, :300]
    board = np.full((300, 300, 4), 65535, np.uint16)
    board[..., :3] = (65535 * ((x + y) % 2))[..., None]
    camera = Camera("c", 300, 300, np.array([[900.0, 0, 150], [0, 900, 150], [0, 0, 1]]), np.zeros(0), np.eye(4))
    window = RayMap(np.array([[300.0, 0, 50], [0, 300, 50], [0, 0, 1]]), np.eye(3), camera)
    image, ratio = live_warp(LiveSource.of("c", board), window, 100)
    assert ratio == pytest.approx(3.0)
    assert np.abs(image[5:-5, 5:-5, :3].astype(int) - 128).max() < 20
    assert image.dtype == np.uint8
    assert image[50, 50, 3] == 255


def test_nothing_hidden_under_the_mask_leaks_and_padding_is_white() -> None:
    image = np.zeros((64, 64, 4), np.uint8)
    image[..., :3] = (255, 0, 255)
    image[24:40, 24:40] = (10, 20, 30, 255)
    camera = Camera("c", 64, 64, np.array([[64.0, 0, 32], [0, 64, 32], [0, 0, 1]]), np.zeros(0), np.eye(4))
    window = RayMap(np.array([[32.0, 0, 32], [0, 32, 32], [0, 0, 1]]), np.eye(3), camera)
    out, _ = live_warp(LiveSource.of("c", image), window, 64)
    assert (out[:8] == (255, 255, 255, 0)).all(), "outside of the photograph"
    # between the subject and white, never towards the magenta under the mask
    assert (np.diff(out[..., :3].astype(int), axis=-1) >= 0).all()
    assert (out[32, 32] == (10, 20, 30, 255)).all()


def test_the_border_runs_along_the_fold_where_the_lens_ends() -> None:
    view = editor(Mode.EXACT_AIMED).draft(Framing((20.0, 0.0))).plan.views[1]
    found = border(view.pixel_map, 512)
    assert found is not None
    assert np.isfinite(found.curve).all()
    assert not found.reached.all(), "this window reaches beyond the lens"
    np.testing.assert_allclose(found.middle, view.pixel_map.to_source([256.0, 256.0]))
    lost = view.pixel_map.to_canonical(found.curve[~found.reached])
    assert np.nanmax(np.abs(lost - 256)) <= 256 + 1e-6, "inside of the window"
    assert (np.linalg.norm(np.diff(found.curve, axis=0), axis=1) < 120).all(), "without a jump"
    off = RIG[1].replace(K=np.array(RIG[1].K))
    assert border(RayMap(np.eye(3) * [[500], [500], [1]], look_at([0, 0, 0], [1.0, 0, 0]).R, off), 512) is None


def sagitta_px(line: np.ndarray) -> float:
    """How far a line (N, 2) leaves the straight one between its ends."""
    x, y = (line[-1] - line[0]) / np.linalg.norm(line[-1] - line[0])
    return float(np.abs((line - line[0]) @ np.array([-y, x])).max())


def test_the_lens_grid_is_straight_for_a_pinhole_and_bent_for_a_lens() -> None:
    bent, straight = lens_grid(RIG[1])
    assert len(straight) > 8
    assert max(map(sagitta_px, bent)) > 1.0
    pinhole, dashed = lens_grid(RIG[1].replace(distortion=np.zeros(0)))
    for line in (*pinhole, *dashed):
        assert sagitta_px(line) < 1e-6


def test_false_declarations_show_live_how_false_they_are() -> None:
    numbers = {}
    for mode in (Mode.EXACT_AIMED, Mode.FORCED_K):
        made = editor(mode)
        for framing in (Framing(), Framing((4.0, 0.0), zoom=1.5)):
            shown = made.shown(made.draft(framing), in_hand=True)
            numbers[mode, framing.zoom] = next(row.after for row in shown.rows if row.quantity == RAY_MAX)
            names = [row.name for section in sections(shown) for row in section.rows]
            assert ("Zoom, ×" in names) == (mode is Mode.FORCED_K)
            assert ("Roll, °" in names) == (mode is Mode.EXACT_AIMED)
            assert {"fx", "Ray error, max °", "Distance", "Rolled, °", "Padding, %"} <= set(names)
    assert numbers[Mode.EXACT_AIMED, 1.0] == numbers[Mode.EXACT_AIMED, 1.5] == 0
    assert numbers[Mode.FORCED_K, 1.5] > numbers[Mode.FORCED_K, 1.0] > 1


def test_a_draft_of_the_projects_own_framing_is_the_project() -> None:
    made = editor(Mode.EXACT_AIMED)
    assert made.draft(Framing()).plan is made.ground.plan
    draft = made.draft(HAND)
    assert draft.recipe.framings == with_framing((), made.camera.name, HAND)
    after = made.after(draft)
    assert after.framing == HAND
    assert after.draft(HAND).plan is draft.plan


def test_what_the_middle_can_snap_to() -> None:
    made = editor(Mode.EXACT_AIMED)
    point = SUBJECT_MM + np.array([4.0, 2.0, 1.0])
    behind = made.camera.centre - made.camera.forward
    found = dataclasses.replace(made, probes=(point, behind)).targets
    names = ["principal point", "subject's centre", "mask's centroid", "probed point"]
    assert [target.name for target in found] == names, "what cannot be seen is no target"
    np.testing.assert_allclose(found[3].pixel, made.camera.project(point)[0])
    grip = made.grip(Framing(), found[1].pixel)
    snapped, name = made.aimed(grip, found[1].pixel + 3.0, 8.0)
    assert (snapped, name) == (Framing(), "subject's centre"), "snapping home leaves no trace in the recipe"


def test_where_a_camera_looks_in_angles() -> None:
    camera = RIG[0].replace(T_cam_world=look_at([3.0, 0.0, 0.0], [0.0, 0.0, 0.0]).matrix)
    assert looks_deg(camera) == pytest.approx((180.0, 0.0, 0.0), abs=1e-9)
    above = RIG[0].replace(T_cam_world=look_at([0.0, 1.0, 1.0], [0.0, 0.0, 0.0]).matrix)
    assert looks_deg(above)[:2] == pytest.approx((-90.0, -45.0))
