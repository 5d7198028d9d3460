"""What is measured on FaceLift's sample, the monkey's twelve cameras, the minimal session and the phantom."""

from __future__ import annotations

from functools import cache

import numpy as np

from mouseview.checks import inspect
from mouseview.formats import open_dataset, read_rig
from mouseview.geometry.transforms import Array
from mouseview.geometry.triangulation import triangulate_dlt
from mouseview.model.camera import Camera, Rig
from mouseview.model.prepared import Prepared
from mouseview.model.recipe import CentreSource, Recipe
from mouseview.model.sample import Sample
from mouseview.normalise.centres import sample_masks, subject_centres
from mouseview.normalise.conformance import rig_conforms
from mouseview.normalise.prepare import prepare
from mouseview.resources import model_format
from tests.shared_data import shared_path

FORMAT = model_format("facelift")


@cache
def facelift() -> Sample:
    return open_dataset(shared_path("data/facelift_sample"))[0]


@cache
def facelift_prepared() -> Prepared:
    return prepare(facelift(), Recipe())


def facelift_camera_gap() -> float:
    """Largest entry by which K or a pose changes."""
    pairs = zip(facelift_prepared().rig, facelift().rig, strict=True)
    return max(
        max(float(np.abs(mine.K - theirs.K).max()), float(np.abs(mine.T_cam_world - theirs.T_cam_world).max()))
        for mine, theirs in pairs
    )


def facelift_pixel_gap() -> float:
    """Largest difference of what is fed from the file's pixels on white, of 0..1."""
    gap = 0.0
    for image, original in zip(facelift_prepared().images, facelift().images(), strict=True):
        straight = original.astype(np.float64) / 65535
        alpha = straight[..., 3:]
        expected = np.concatenate([straight[..., :3] * alpha + 1 - alpha, alpha], axis=-1)
        gap = max(gap, float(np.abs(image - expected).max()))
    return gap


def facelift_scale(source: CentreSource) -> float:
    found = next(centre for centre in subject_centres(facelift()) if centre.source is source)
    return float(FORMAT.distance / facelift().rig.distances(found.point).mean())


def centroid_rms_px(sample: Sample) -> float:
    """RMS px by which the centroids of the masks miss their common point."""
    point = next(centre for centre in subject_centres(sample) if centre.source is CentreSource.MASKS).point
    pairs = zip(sample.rig, sample_masks(sample), strict=True)
    gaps = [camera.project(point)[0] - stats.centroid_px for camera, stats in pairs if stats is not None]
    return float(np.sqrt(np.mean(np.sum(np.square(gaps), axis=-1))))


def inference_rig_conforms() -> tuple[bool, bool]:
    """As it is, and with principal points shifted by twice the tolerance."""
    rig = read_rig(shared_path("data/facelift_sample/inference_rig.json"))
    return rig_conforms(rig, FORMAT), rig_conforms(_shifted(rig, 0.02), FORMAT)


def _shifted(rig: Rig, by_px: float) -> Rig:
    def moved(camera: Camera) -> Camera:
        K = np.array(camera.K)
        K[:2, 2] += by_px
        return camera.replace(K=K)

    return rig.replace(cameras=tuple(moved(camera) for camera in rig))


# ---- the monkey ----------------------------------------------------------------------------------------------------


@cache
def monkey() -> Sample:
    return open_dataset(shared_path("data/jarvis_12cam_monkey"))[0]


def monkey_medians(shift_px: float = 0.0, transposed: bool = False) -> Array:
    """(2,) of the framesets: median px by which DLT points miss their keypoints; one behind a camera counts as inf.

    shift_px: of K alone.  transposed: R as it stands on disk.
    """
    rig = _shifted(monkey().rig, shift_px)
    if transposed:
        rig = rig.replace(cameras=tuple(_turned(camera) for camera in rig))
    found = monkey().labels
    assert found is not None
    assert found.points_px is not None
    medians = []
    for marks in np.swapaxes(found.points_px, 0, 1):
        gaps = np.array([camera.project(points)[0] for points in [_dlt(rig, marks)] for camera in rig]) - marks
        miss = np.linalg.norm(gaps, axis=-1)
        miss = np.where(np.isfinite(marks[..., 0]) & np.isnan(miss), np.inf, miss)
        medians.append(float(np.nanmedian(miss)))
    return np.array(medians)


def _turned(camera: Camera) -> Camera:
    pose = np.array(camera.T_cam_world)
    pose[:3, :3] = pose[:3, :3].T
    return camera.replace(T_cam_world=pose)


def _dlt(rig: Rig, marks: Array) -> Array:
    rays = np.array([camera.unproject(px)[0] for camera, px in zip(rig, marks, strict=True)])
    return triangulate_dlt(rays[..., :2] / rays[..., 2:], [camera.T_cam_world for camera in rig])


def monkey_in_front() -> int:
    """Cameras that have all points of both framesets in front of them."""
    found = monkey().labels
    assert found is not None
    assert found.points_px is not None
    points = np.concatenate([_dlt(monkey().rig, marks) for marks in np.swapaxes(found.points_px, 0, 1)])
    return sum(bool(np.all(camera.pose.apply(points)[:, 2] > 0)) for camera in monkey().rig)


# ---- the minimal session -------------------------------------------------------------------------------------------


@cache
def session_findings() -> tuple[tuple[str, str], ...]:
    """(code, severity) of every finding about its first frame, with the message of the broken camera's."""
    sample = open_dataset(shared_path("data/sleap_anipose_minimal_session"))[0]
    return tuple((finding.code, f"{finding.severity}: {finding.message}") for finding in inspect(sample))


def session_is_named() -> int:
    """1 where an error says that side and top are one camera."""
    return sum(
        code == "duplicate-cameras" and text.startswith("error") and "side and top" in text
        for code, text in session_findings()
    )
