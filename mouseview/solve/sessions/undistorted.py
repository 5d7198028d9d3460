"""Are the videos undistorted already? The contradictions with the lens applied against those with it dropped.

A raw calibration over undistorted videos undistorts twice; the same K without its lens over raw videos not at all.
Both readings are asked over the same frames and features. Where the subject stays in the middle of the images a lens
bends so little that neither masks nor keypoints tell, which is said with the px by which the readings differ there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from mouseview.geometry.rays import to_pixels
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera
from mouseview.solve.sessions.epipolar import Baseline, disagreement_px, focal_px, world_rays
from mouseview.solve.sessions.pairs import nanmean, reach_of
from mouseview.solve.sessions.significance import standard_error
from mouseview.solve.sessions.track import Track

_CAP_PX = 10.0  # lenses bend by a few px: a feature that misses by more speaks of something else
_SURE, _LEAST_PX, _LEAST_SHARE, _WON = 3.0, 0.02, 0.04, 0.8
_CLEAN_PX, _SHARE_OF_MUCH = 2.0, 0.15  # where more is left for other reasons, a lens has to change more of it
_FITS_PX = 4.0


class Pixels(StrEnum):
    """What the evidence says of the pixels."""

    RAW = "raw"  # the lens bends them: it has to be applied
    UNDISTORTED = "undistorted"  # free of it: the lens has to be dropped, K kept
    UNSEPARATED = "cannot be separated"
    NEITHER = "neither fits"
    NO_LENS = "no lens"  # the calibration has none
    NO_EVIDENCE = "no evidence"


@dataclass(frozen=True)
class LensVerdict:
    """pixels: the verdict.  raw_px, undistorted_px: residual with the lens applied and dropped.  differ_px,
    differ_most_px: how far the two readings lie apart at the subject, mean and maximum.  frames: with evidence.
    declared: what the session says now, None for nothing (then the lens is applied)."""

    pixels: Pixels
    raw_px: float
    undistorted_px: float
    differ_px: float
    differ_most_px: float
    frames: int
    declared: bool | None

    @property
    def margin_px(self) -> float:
        return abs(self.raw_px - self.undistorted_px)

    @property
    def undistorted(self) -> bool | None:
        """What to set; None where the evidence does not say."""
        return {Pixels.RAW: False, Pixels.UNDISTORTED: True}.get(self.pixels)

    @property
    def contradicts(self) -> bool:
        """The session's present reading is the worse one; a session that says nothing applies the lens."""
        return self.undistorted is not None and self.undistorted != bool(self.declared)

    @property
    def words(self) -> tuple[str, ...]:
        if self.pixels is Pixels.NO_LENS:
            return ("the calibration has no lens: undistorted or not makes no difference",)
        if self.pixels is Pixels.NO_EVIDENCE:
            return ("neither masks nor keypoints say whether the videos are undistorted",)
        measured = (
            f"lens applied {self.raw_px:.2f} px, lens dropped {self.undistorted_px:.2f} px over {self.frames} frames; "
            f"the two differ by {self.differ_px:.1f} px at the subject ({self.differ_most_px:.1f} at most)"
        )
        said = {
            Pixels.RAW: "the videos are raw: their lens has to be applied",
            Pixels.UNDISTORTED: "the videos are undistorted already: applying the lens undistorts twice",
            Pixels.UNSEPARATED: "whether the videos are undistorted cannot be separated",
            Pixels.NEITHER: "neither reading of the lens fits: assignment, offsets or calibration are wrong as well",
        }
        return (f"{said[self.pixels]} ({measured})",)


def ask_undistorted(cameras: Sequence[Camera], tracks: Sequence[Track], declared: bool | None = None) -> LensVerdict:
    """cameras (N) as the calibration declares them, with their lenses; tracks (N) of the same frames."""
    if all(camera.is_pinhole for camera in cameras):
        return LensVerdict(Pixels.NO_LENS, np.nan, np.nan, 0.0, 0.0, 0, declared)
    bare = [camera.replace(distortion=np.zeros(0), lens="radtan") for camera in cameras]
    with_lens, without = _features_px(cameras, tracks), _features_px(bare, tracks)
    both = ~np.isnan(with_lens) & ~np.isnan(without) & ((with_lens < _CAP_PX) | (without < _CAP_PX))
    raw_px, bare_px = (
        nanmean(nanmean(np.moveaxis(np.where(both, np.minimum(px, _CAP_PX), np.nan), 0, 1)))
        for px in (with_lens, without)
    )
    differ = _apart_px(cameras, bare, tracks)
    known = ~np.isnan(raw_px)
    frames = int(known.sum())
    if not frames:
        return LensVerdict(Pixels.NO_EVIDENCE, np.nan, np.nan, *differ, 0, declared)
    means = float(raw_px[known].mean()), float(bare_px[known].mean())
    return LensVerdict(_verdict(raw_px[known], bare_px[known]), *means, *differ, frames, declared)


def _verdict(raw_px: Array, bare_px: Array) -> Pixels:
    """(F,) each."""
    gap = bare_px - raw_px
    better = Pixels.RAW if gap.mean() > 0 else Pixels.UNDISTORTED
    least = min(float(raw_px.mean()), float(bare_px.mean()))
    if least > _FITS_PX:
        return Pixels.NEITHER
    chance = _SURE * standard_error(gap)
    won = float((np.sign(gap) == np.sign(gap.mean())).mean())
    share = _LEAST_SHARE if least < _CLEAN_PX else _SHARE_OF_MUCH
    clear = abs(float(gap.mean())) > max(chance, _LEAST_PX, share * least) and won >= _WON
    return better if clear else Pixels.UNSEPARATED


def _features_px(cameras: Sequence[Camera], tracks: Sequence[Track]) -> Array:
    """(pairs, F, M): contradictions of every two cameras' own videos."""
    rays = [world_rays(camera, track) for camera, track in zip(cameras, tracks, strict=True)]
    reach = reach_of(cameras)
    out = []
    for i, j in combinations(range(len(cameras)), 2):
        baseline = Baseline.between(cameras[i], cameras[j], reach)
        if baseline is not None:
            first = baseline.planes(rays[i], tracks[i].clipped, focal_px(cameras[i]))
            second = baseline.planes(rays[j], tracks[j].clipped, focal_px(cameras[j]))
            out.append(disagreement_px(first, second, focal_px(cameras[i])))
    features = 2 + tracks[0].keypoints_px.shape[1]
    return np.array(out).reshape(len(out), len(tracks[0].frames), features)


def _apart_px(cameras: Sequence[Camera], bare: Sequence[Camera], tracks: Sequence[Track]) -> tuple[float, float]:
    """Mean and maximum px between a feature's pixel and where the ray without lens appears through the lens."""
    gaps = []
    for camera, pinhole, track in zip(cameras, bare, tracks, strict=True):
        pixels = np.concatenate([track.outline_px, track.keypoints_px], axis=1).reshape(-1, 2)
        pixels = pixels[np.isfinite(pixels).all(axis=-1)]
        bent = to_pixels(camera.K, camera.optics.project(pinhole.unproject(pixels)[0])[0])
        gaps.append(np.linalg.norm(bent - pixels, axis=-1))
    every = np.concatenate(gaps)
    every = every[np.isfinite(every)]
    return (float(every.mean()), float(every.max())) if every.size else (0.0, 0.0)
