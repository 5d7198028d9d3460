"""What a rig's readings can be judged by: labelled pixels, 3D labels, masks, image sizes, a known length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mouseview.formats.image_headers import read_header
from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.model.correction import Size
from mouseview.model.errors import MouseViewError
from mouseview.model.sample import Sample
from mouseview.multiview.masks import mask_stats
from mouseview.solve.conventions.points import PointEvidence, chosen_points
from mouseview.solve.conventions.silhouettes import Silhouette

MOST_FRAMES = 3  # of masks; more say little that is new and take their time
Frame = tuple[Silhouette | None, ...]

_CAP_SHARE = 2.0  # of the image's longer side


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of one rig as its file is read. Whatever is missing is None or empty.

    keypoints: points that three views or more mark.  labelled: those that the file also gives in 3D.
    frames: silhouettes of the views, frame by frame.  image_sizes: (width, height) of the images themselves.
    labels: as read, for lengths.  whole_numbers: the labels have no fractions, so half a pixel is a matter of rounding.
    """

    rig: Rig
    keypoints: PointEvidence | None = None
    labelled: PointEvidence | None = None
    frames: tuple[Frame, ...] = ()
    image_sizes: tuple[Size | None, ...] = ()
    labels: Labels | None = None
    whole_numbers: bool = False

    @property
    def is_structure_alone(self) -> bool:
        return self.keypoints is None and self.labelled is None and not self.frames


def gather(samples: Sequence[Sample], masks: bool = True, most_frames: int = MOST_FRAMES) -> Evidence:
    """The evidence of samples whose cameras are those of the first; images that cannot be read are passed over.

    samples: as their files are read, without any correction.  masks: whether images are read for their masks.
    """
    first = samples[0]
    alike = [sample for sample in samples if _same_cameras(sample.rig, first.rig)]
    sizes: list[Size | None] = [None] * len(first.rig)
    frames: list[Frame] = []
    for sample in alike:
        wanted = masks and len(frames) < most_frames
        silhouettes = []
        for index, source in enumerate(sample.sources):
            silhouette = None
            try:
                if source is not None and source.has_mask and wanted:
                    image = sample.image(index)
                    sizes[index] = (image.shape[1], image.shape[0])
                    stats = mask_stats(image)
                    silhouette = Silhouette.of_mask(stats.mask) if stats.usable else None
                elif source is not None and source.path is not None and sizes[index] is None:
                    header = read_header(source.path)
                    sizes[index] = (header.width, header.height)
            except MouseViewError:  # a check names an unreadable image; the other views still tell something
                pass
            silhouettes.append(silhouette)
        if sum(silhouette is not None for silhouette in silhouettes) >= 3:
            frames.append(tuple(silhouettes))
    labels = _joined([sample.labels for sample in alike if sample.labels is not None])
    return of_labels(first.rig, labels, tuple(frames), tuple(sizes))


def of_labels(
    rig: Rig, labels: Labels | None, frames: tuple[Frame, ...] = (), image_sizes: tuple[Size | None, ...] = ()
) -> Evidence:
    """Evidence of one rig with labels (F frames of N points) and silhouettes that are already there."""
    pixels = None if labels is None else labels.points_px
    if labels is None or pixels is None or len(pixels) != len(rig):
        return Evidence(rig, None, None, frames, image_sizes, labels)
    flat = pixels.reshape(len(pixels), -1, 2)
    cap_px = _CAP_SHARE * max((max(camera.size) for camera in rig), default=1)
    chosen = chosen_points(flat)
    keypoints = PointEvidence(chosen, cap_px) if chosen.shape[1] else None
    marked = np.flatnonzero(
        np.isfinite(labels.points_world.reshape(-1, 3)).all(axis=-1) & np.isfinite(flat).all(axis=-1).any(axis=0)
    )
    labelled = None
    if len(marked):
        few = marked[np.linspace(0, len(marked) - 1, min(len(marked), 240)).astype(int)]
        labelled = PointEvidence(flat[:, few], cap_px, labels.points_world.reshape(-1, 3)[few])
    finite = flat[np.isfinite(flat)]
    whole = bool(finite.size) and (_all_whole(finite) or _all_whole(finite + 0.5))  # the house's origin adds a half
    return Evidence(rig, keypoints, labelled, frames, image_sizes, labels, whole)


def _all_whole(values: Array) -> bool:
    return bool(np.all(np.abs(values - np.rint(values)) < 1e-6))


def _same_cameras(a: Rig, b: Rig) -> bool:
    return a.names == b.names and all(_same(one, other) for one, other in zip(a, b, strict=True))


def _same(a: Camera, b: Camera) -> bool:
    arrays = ((a.K, b.K), (a.T_cam_world, b.T_cam_world), (a.distortion, b.distortion))
    return a.size == b.size and all(np.array_equal(x, y, equal_nan=True) for x, y in arrays)


def _joined(labels: Sequence[Labels]) -> Labels | None:
    """Labels of several frames' samples as one; those of other points or without pixels are passed over."""
    if not labels:
        return None
    first = labels[0]
    alike = [
        other
        for other in labels
        if other.names == first.names
        and other.points_world.shape[1:] == first.points_world.shape[1:]
        and (other.points_px is None) == (first.points_px is None)
    ]
    pixels = None if first.points_px is None else np.concatenate([_pixels(other) for other in alike], axis=1)
    points = np.concatenate([other.points_world for other in alike])
    return Labels(points, first.names, pixels, sum((other.frames for other in alike), ()))


def _pixels(labels: Labels) -> Array:
    assert labels.points_px is not None
    return labels.points_px
