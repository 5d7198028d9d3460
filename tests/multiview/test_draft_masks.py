"""Drafts of masks from colours alone: what moves in front of a wall is found, shadows and flicker are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mouseview.multiview.draft_masks import background_mask, box_mask, learn_background, tidied

SIZE = (160, 120)  # width, height


def wall(seed: int = 0) -> np.ndarray:
    """(120, 160, 3) float: a stained wall, brighter below."""
    rng = np.random.default_rng(seed)
    stains = cv2.resize(rng.uniform(-20, 20, (10, 12)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
    return (130 + stains + np.linspace(-20, 20, SIZE[1])[:, None])[..., None] * np.array([1.0, 0.97, 0.9])


def frame(
    colour: tuple[int, int, int], centre: tuple[float, float], rng: np.random.Generator, gain: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """(image, truth): an ellipse with fur before the wall, under a lamp of that gain, with the sensor's noise."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    truth = ((x - centre[0]) / 22) ** 2 + ((y - centre[1]) / 13) ** 2 < 1
    image = wall()
    image[truth] = np.array(colour) + rng.normal(0, 10, (int(truth.sum()), 1))
    image = gain * image + rng.normal(0, 2, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), truth


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


COATS = {"white": (225, 222, 215), "brown": (110, 80, 50), "black": (28, 26, 25)}


@pytest.mark.parametrize("coat", COATS)
def test_a_walker_is_found_by_its_background(coat: str) -> None:
    rng = np.random.default_rng(1)
    frames = [frame(COATS[coat], (35 + 5 * i, 60 + 12 * np.sin(i)), rng)[0] for i in range(18)]
    background = learn_background(frames)
    assert np.abs(background.image - wall()).mean() < 3
    assert background.guessed_share < 0.02
    image, truth = frame(COATS[coat], (80, 50), rng)
    assert overlap(background_mask(image, background), truth) > 0.9


def test_one_that_hardly_moves_does_not_become_its_own_background() -> None:
    """Its middle is covered in every frame: a median would hold the animal for the wall."""
    rng = np.random.default_rng(2)
    frames = [frame(COATS["black"], (76 + 8 * np.sin(i), 60 + 5 * np.cos(2 * i)), rng)[0] for i in range(18)]
    background = learn_background(frames)
    assert 0.005 < background.guessed_share < 0.2
    assert background.image[55:65, 70:82].mean() > 100
    image, truth = frame(COATS["black"], (80, 60), rng)
    assert overlap(background_mask(image, background), truth) > 0.85


def test_shadows_and_lamps_are_not_taken_for_the_subject() -> None:
    rng = np.random.default_rng(3)
    background = learn_background([frame(COATS["black"], (35 + 5 * i, 60), rng)[0] for i in range(18)])
    image, truth = frame(COATS["black"], (60, 50), rng, gain=1.15)
    assert overlap(background_mask(image, background), truth) > 0.85
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    dim = 1 - 0.22 * np.exp(-(((x - 100) / 18) ** 2 + ((y - 70) / 10) ** 2))
    shaded, truth = frame(COATS["black"], (60, 50), rng)
    shaded = (shaded * dim[..., None]).astype(np.uint8)
    found = background_mask(shaded, background)
    assert found[truth].mean() > 0.85
    assert found[70, 100] == np.False_
    assert overlap(found, truth) > 0.8


def test_an_empty_arena_has_no_subject() -> None:
    rng = np.random.default_rng(4)
    background = learn_background([frame(COATS["white"], (35 + 5 * i, 60), rng)[0] for i in range(18)])
    nobody = np.clip(wall() + rng.normal(0, 2, wall().shape), 0, 255).astype(np.uint8)
    assert not background_mask(nobody, background).any()
    assert not background_mask(255 - nobody, background).any(), "nor has another scene: it would be all of the image"


def test_stricter_means_less() -> None:
    rng = np.random.default_rng(5)
    background = learn_background([frame(COATS["brown"], (35 + 5 * i, 60), rng)[0] for i in range(18)])
    image, _ = frame(COATS["brown"], (80, 50), rng)
    areas = [background_mask(image, background, strictness).sum() for strictness in (0.7, 1.0, 2.5)]
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("coat", COATS)
def test_a_box_is_enough_and_gives_the_same_again(coat: str) -> None:
    rng = np.random.default_rng(6)
    image, truth = frame(COATS[coat], (80, 60), rng)
    box = (50, 40, 110, 80)
    found = box_mask(image, box)
    assert overlap(found, truth) > 0.9
    np.testing.assert_array_equal(found, box_mask(image, box))
    assert not found[:, : box[0]].any()
    hinted = box_mask(image, box, truth)
    assert overlap(hinted, truth) > 0.9


def test_boxes_that_say_nothing_are_refused() -> None:
    image, _ = frame(COATS["black"], (80, 60), np.random.default_rng(7))
    with pytest.raises(ValueError, match="whole image"):
        box_mask(image, (-10, -10, 500, 500))
    with pytest.raises(ValueError, match="4 × 4"):
        box_mask(image, (170, 10, 190, 40))
    assert not box_mask(np.full((60, 60, 3), 90, np.uint8), (10, 10, 40, 40)).any()


def test_too_few_frames_and_other_sizes_are_refused() -> None:
    image, _ = frame(COATS["black"], (80, 60), np.random.default_rng(8))
    with pytest.raises(ValueError, match="three frames"):
        learn_background([image, image])
    with pytest.raises(ValueError, match="shape"):
        background_mask(image[:-1], learn_background([image] * 3))


def test_tidying_keeps_the_subject_and_what_lies_beside_it() -> None:
    mask = np.zeros((120, 160), bool)
    mask[40:80, 50:100] = True
    mask[55:60, 70:75] = False  # a hole
    mask[58:62, 102:118] = True  # a tail, cut off
    mask[5:8, 140:143] = True  # dust
    kept = tidied(mask)
    assert kept[57, 72]
    assert kept[60, 110]
    assert not kept[6, 141]
    assert not tidied(np.zeros((20, 20), bool)).any()
    assert not tidied(np.ones((20, 20), bool)).any()
