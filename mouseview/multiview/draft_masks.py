"""Drafts of masks where a session has none: difference from a learnt background, and GrabCut from a box.

A draft is a guess at the silhouette from one view's colours. It is never as good as a mask, and is called a draft
wherever it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Rgb = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]

_LEAST_NOISE = 2.0  # grey levels: codecs and sensors are never better
_SURE, _MAYBE = 9.0, 4.0  # times the noise: where the subject is, and how far it reaches from there
_SURE_LEVELS, _MAYBE_LEVELS = 16.0, 9.0  # grey levels that are needed besides
_SHADOW = (0.5, 0.97)  # a cast shadow leaves between these shares of the light
_SHADOW_COLOUR = 7.0  # Lab units by which a shadow may change the colour
_SHADOW_WEIGHT = 0.3
_RIM_PX = 7
_GAP = 0.08  # of the subject's size (root of its area) that is closed
_SHADOW_PX = 9
_SHADOW_UNEVEN = 0.035
_SMALLEST, _LARGEST = 2e-4, 0.3  # share of the image that a subject may cover
_PIECE = 0.02  # share of the largest piece below which another is dust
_NEAR = 0.05  # share of the image's side within which a smaller piece belongs to the subject
_CUT_SIDE_PX = 448  # GrabCut works at this size: its time grows with the area
_CUT_STEPS = 5
_LEARN_SIDE_PX = 384


@dataclass(frozen=True, eq=False)
class Background:
    """What a camera sees without the subject: image (H, W, 3) RGB, noise (H, W) in grey levels (one sigma)."""

    image: Rgb
    noise: _Floats

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def guessed_share(self) -> float:
        """Share of the image where the subject stood in every frame, and only what lies around tells the background."""
        return float(np.mean(self.noise > 1.2 * self.noise.min()))


def learn_background(frames: Sequence[Rgb]) -> Background:
    """From at least three frames (H, W, 3) of one fixed camera, spread over the time in which the subject moves.

    Where the subject covers a pixel in most frames the median would show it. There the background is what continues
    the surroundings that never change, and among the pixel's own values the one nearest to that.
    """
    if len(frames) < 3:
        raise ValueError(f"a background needs three frames or more, got {len(frames)}")
    stack = np.stack(frames)
    middle = np.median(stack, axis=0).astype(np.float32)
    level = stack.astype(np.float32).mean(axis=-1)
    spread = np.quantile(level, 0.95, axis=0) - np.quantile(level, 0.05, axis=0)
    quiet = float(np.median(spread))
    changing = cv2.GaussianBlur(spread.astype(np.float32), (0, 0), 2.0) > max(2.5 * quiet, 8.0)
    visited = _filled(_opened(changing, 3))
    visited = cv2.dilate(visited.astype(np.uint8), _disc(9)).astype(bool)
    noise = np.full(middle.shape[:2], max(quiet / 3.3, _LEAST_NOISE), np.float32)  # 5th to 95th percentile: 3.3 σ
    if not visited.any() or visited.all():
        return Background(_rounded(middle), noise)
    expected = _continued(middle, ~visited)
    rows, columns = np.nonzero(visited)
    values = np.moveaxis(stack[:, rows, columns], 0, 1).astype(np.float32)  # (M, N, 3)
    rough = max(_roughness(middle, ~visited), 2 * _LEAST_NOISE)
    mean, often, apart = _likeliest(values, expected[rows, columns], 2.0 * max(quiet, _LEAST_NOISE), rough)
    image, uncovered = middle.copy(), np.ones(visited.shape, bool)
    image[rows, columns] = mean
    # seen once, or far from its surroundings: then it is the subject itself
    uncovered[rows, columns] = (often >= 2) & (apart < 3.0 * rough)
    image[~uncovered] = expected[~uncovered]
    noise[~uncovered] = np.maximum(1.5 * noise[~uncovered], rough / 3)
    return Background(_rounded(image), noise)


def _likeliest(values: _Floats, expected: _Floats, alike: float, rough: float) -> tuple[_Floats, Counts, _Floats]:
    """Of every pixel's values (M, N, 3) the cluster that is large and near to what is expected (M, 3) there.

    What stands still repeats itself, while fur that passes by is another at every moment. Returns the cluster's mean
    (M, 3), its size and its distance from what is expected (M,).
    """
    distance = np.linalg.norm(values - expected[:, None], axis=-1)  # (M, N)
    score = np.full(len(values), -np.inf, np.float32)
    mean, often, apart = expected.copy(), np.zeros(len(values), np.int64), np.zeros(len(values), np.float32)
    for frame in range(values.shape[1]):
        near = np.abs(values - values[:, frame, None]).max(axis=-1) < alike
        count = near.sum(axis=-1)
        value = np.log(count) - 0.5 * (distance[:, frame] / (1.5 * rough)) ** 2
        better = value > score
        score[better], often[better], apart[better] = value[better], count[better], distance[better, frame]
        members = near[better]
        mean[better] = np.einsum("mnc,mn->mc", values[better], members) / members.sum(axis=1)[:, None]
    return mean, often, apart


def _roughness(image: _Floats, known: Mask) -> float:
    """How far, RMS in grey levels, a wall's colours lie from what continues them smoothly over a subject's size."""
    weight = known.astype(np.float32)
    sigma = max(known.shape) / 12
    smooth = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma)
    smooth /= np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)[..., None]
    return float(np.sqrt(np.mean(np.sum((image - smooth)[known] ** 2, axis=-1))))


def background_mask(frame: Rgb, background: Background, strictness: float = 1.0) -> Mask:
    """(H, W) of a frame (H, W, 3): what differs from the background, shadows apart. strictness: times the thresholds.

    Empty where nothing of a subject's size differs. Raises ``ValueError`` for another size.
    """
    if frame.shape != background.image.shape:
        raise ValueError(f"the frame has shape {frame.shape}, the background {background.image.shape}")
    lit = _brightened(background.image, frame)
    difference = _difference(frame, lit)
    sigmas = difference / background.noise
    sure = (sigmas > _SURE * strictness) & (difference > _SURE_LEVELS * strictness)
    maybe = (sigmas > _MAYBE * strictness) & (difference > _MAYBE_LEVELS * strictness)
    found = _connected(sure, maybe)
    found &= ~_blurred_rim(found, difference)
    # what of a coat happens to have the wall's colour lies between parts that have not
    reach = round(_GAP * float(np.sqrt(np.count_nonzero(found)))) | 1
    return tidied(cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, _disc(reach)).astype(bool))


def box_mask(frame: Rgb, box: tuple[int, int, int, int], hint: Mask | None = None) -> Mask:
    """(H, W) by GrabCut: the subject inside ``box`` (left, top, right, bottom in px, right and bottom not included).

    hint: what is thought to be the subject already. Empty where the box holds nothing that differs from its outside.
    Raises ``ValueError`` when the box lies outside the image, or leaves nothing outside of it to compare with.
    """
    height, width = frame.shape[:2]
    left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
    if right - left < 4 or bottom - top < 4:
        raise ValueError("the box holds less than 4 × 4 px of the image")
    if (right - left) * (bottom - top) > 0.98 * width * height:
        raise ValueError("the box covers the whole image: leave some background outside of it")
    scale = min(1.0, _CUT_SIDE_PX / max(width, height))
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else frame
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    inside = (slice(round(top * scale), round(bottom * scale)), slice(round(left * scale), round(right * scale)))
    labels[inside] = cv2.GC_PR_FGD
    if hint is not None and hint.any():
        seen = cv2.resize(hint.astype(np.uint8), small.shape[1::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
        labels[inside] = np.where(seen[inside], cv2.GC_PR_FGD, cv2.GC_PR_BGD)
        core = cv2.erode(seen.astype(np.uint8), _disc(3)).astype(bool)
        labels[inside][core[inside]] = cv2.GC_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # the colour models begin at random: the same box gives the same mask
    try:
        cv2.grabCut(np.ascontiguousarray(small[..., ::-1]), labels, None, *models, _CUT_STEPS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # one colour throughout: there are no two models to tell apart
        return np.zeros((height, width), bool)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    full = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return tidied(full)


def tidied(mask: Mask) -> Mask:
    """The largest piece and those beside it, holes filled; nothing where that is too small or too large to be it."""
    side = max(mask.shape)
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, _disc(max(3, round(0.008 * side) | 1)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, bool)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = int(areas.argmax()) + 1
    kept = labels == largest
    reach = cv2.dilate(kept.astype(np.uint8), _disc(2 * round(_NEAR * side) + 1)).astype(bool)
    for label in np.flatnonzero(areas > _PIECE * areas.max()) + 1:
        piece = labels == label
        if label != largest and np.any(piece & reach):
            kept |= piece
    share = np.count_nonzero(kept) / kept.size
    if not _SMALLEST <= share <= _LARGEST:
        return np.zeros(mask.shape, bool)
    return _filled(kept)


def _difference(frame: Rgb, background: Rgb) -> _Floats:
    """(H, W) in about grey levels; darkening that keeps the colour, as a shadow does, counts less."""
    a, b = (cv2.GaussianBlur(image, (0, 0), 1.0) for image in (frame, background))
    lab_a, lab_b = (cv2.cvtColor(np.float32(image) / 255.0, cv2.COLOR_RGB2LAB) for image in (a, b))
    light = 2.55 * np.abs(lab_a[..., 0] - lab_b[..., 0])
    colour = np.linalg.norm(lab_a[..., 1:] - lab_b[..., 1:], axis=-1)
    share = (a.astype(np.float32).sum(axis=-1) + 1) / (b.astype(np.float32).sum(axis=-1) + 1)
    around = cv2.blur(share, (_SHADOW_PX, _SHADOW_PX))
    uneven = np.sqrt(np.maximum(cv2.blur(share * share, (_SHADOW_PX, _SHADOW_PX)) - around * around, 0))
    # a shadow dims what is there and leaves its pattern; fur has a pattern of its own
    shadow = (around > _SHADOW[0]) & (around < _SHADOW[1]) & (uneven < _SHADOW_UNEVEN) & (colour < _SHADOW_COLOUR)
    light = np.where(shadow, _SHADOW_WEIGHT * light, light)
    return np.asarray(np.hypot(light, 2.0 * colour), np.float32)


def _brightened(background: Rgb, frame: Rgb) -> Rgb:
    """The background under this frame's light: lamps flicker, and cameras expose anew."""
    ratio = (frame[::4, ::4].astype(np.float32) + 1) / (background[::4, ::4].astype(np.float32) + 1)
    gain = np.clip(np.median(ratio, axis=(0, 1)), 0.5, 2.0)
    return _rounded(background * gain)


def _connected(sure: Mask, maybe: Mask) -> Mask:
    """Pieces of ``maybe`` that hold something sure."""
    _, labels = cv2.connectedComponents(maybe.astype(np.uint8), connectivity=8)
    good = np.unique(labels[sure & maybe])
    return np.asarray(np.isin(labels, good[good > 0]))


def _blurred_rim(mask: Mask, difference: _Floats) -> Mask:
    """Pixels of the outline that differ less than half as much as what lies behind them: lenses and codecs blur."""
    rim = mask & ~cv2.erode(mask.astype(np.uint8), _disc(_RIM_PX)).astype(bool)
    return np.asarray(rim & (difference < 0.5 * cv2.dilate(difference, _disc(_RIM_PX))))


def _continued(image: _Floats, known: Mask) -> _Floats:
    """The image (H, W, 3) with what is not known continued smoothly from what is."""
    scale = min(1.0, _LEARN_SIDE_PX / max(known.shape))
    weight = cv2.resize(known.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.resize(image * known[..., None], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    levels = [(small, weight)]
    while min(levels[-1][1].shape) > 2:
        colour, sure = levels[-1]
        levels.append((cv2.pyrDown(colour), cv2.pyrDown(sure)))
    colour, sure = levels.pop()
    filled = colour / np.maximum(sure, 1e-6)[..., None]
    while levels:
        colour, sure = levels.pop()
        coarse = cv2.resize(filled, sure.shape[::-1], interpolation=cv2.INTER_LINEAR)
        share = np.clip(sure, 0, 1)[..., None]
        own = colour / np.maximum(sure, 1e-6)[..., None]
        filled = share * own + (1 - share) * coarse
    full = cv2.resize(filled, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(known[..., None], image, full).astype(np.float32)


def _opened(mask: Mask, size: int) -> Mask:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _disc(size)).astype(bool))


def _filled(mask: Mask) -> Mask:
    """Holes closed."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros(mask.shape, np.uint8), contours, -1, 1, cv2.FILLED).astype(bool)


def _disc(size: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _rounded(image: npt.NDArray[np.floating]) -> Rgb:
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)
