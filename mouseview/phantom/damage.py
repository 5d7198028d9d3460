"""How labs' own pipelines bend such data: each function takes true views and returns what the files then claim.

Plain resizes and crops, as those pipelines do them; deliberately no code of the warp that has to find them out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mouseview.model.camera import Camera, Rig
from mouseview.model.model_format import ModelFormat

RGBA = npt.NDArray[np.uint8]
Views = tuple[Rig, tuple[RGBA, ...]]

_OCCUPANCY = 0.3  # the share of the image's side that the lab's pixel-based set gives the animal
_LONGER = 1.02  # a focal length that is read off a wrong line, or refined with too few points
_LENS_STEP = 8  # px between the places that a lens is asked at; it is smooth


@dataclass(frozen=True)
class Damage:
    """One way in which a dataset goes wrong.

    ``apply`` maps a true rig, its images, the model's format and the same cameras' images of another moment to the
    false rig and images.  subtle: bends rays by so little, or in places so far from the animal, that masks of one frame
    need not show it.
    """

    name: str
    story: str
    apply: Callable[[Rig, Sequence[RGBA], ModelFormat, Sequence[RGBA]], Views]
    subtle: bool = False


def _resized(image: RGBA, width: int, height: int) -> RGBA:
    """Area-averaged; colour premultiplied, so that what is hidden under alpha 0 cannot leak."""
    values = image.astype(np.float32) / 255.0
    values[..., :3] *= values[..., 3:]
    method = cv2.INTER_AREA if width < image.shape[1] else cv2.INTER_LINEAR
    small = cv2.resize(values, (width, height), interpolation=method)
    np.divide(small[..., :3], small[..., 3:], out=small[..., :3], where=small[..., 3:] > 1e-4)
    small[..., :3] = np.where(small[..., 3:] > 1e-4, small[..., :3], 1.0)
    return np.clip(np.rint(small * 255.0), 0, 255).astype(np.uint8)


def _moved(camera: Camera, t: npt.NDArray[np.float64], K: npt.NDArray[np.float64], size: int) -> Camera:
    pose = np.array(camera.T_cam_world)
    pose[:3, 3] = t
    return camera.replace(width=size, height=size, K=K, distortion=np.zeros(0), T_cam_world=pose)


def _padded(rig: Rig, images: Sequence[RGBA], card: ModelFormat) -> Views:
    """Longer side to the model's size, padded square, K carried along: true but for the lens."""
    cameras, out = [], []
    for camera, image in zip(rig, images, strict=True):
        factor = card.size / max(camera.size)
        width, height = round(camera.width * factor), round(camera.height * factor)
        left, top = (card.size - width) // 2, (card.size - height) // 2
        canvas = np.zeros((card.size, card.size, 4), np.uint8)
        canvas[..., :3] = 255
        canvas[top : top + height, left : left + width] = _resized(image, width, height)
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
        K = shift @ np.diag([width / camera.width, height / camera.height, 1.0]) @ camera.K
        K[0, 1] = 0.0
        cameras.append(_moved(camera, camera.pose.t, K, card.size))
        out.append(canvas)
    return rig.replace(cameras=tuple(cameras)), tuple(out)


def _raw_millimetres(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    return _padded(rig, images, card)


def _distance_per_view(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    padded, out = _padded(rig, images, card)
    cameras = [
        _moved(camera, camera.pose.t * card.distance / np.linalg.norm(camera.pose.t), camera.K, card.size)
        for camera in padded
    ]
    return padded.replace(cameras=tuple(cameras), units="unknown"), out


def _data_mouse(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """Centre-cropped square, the format's K declared over it, one scale to a mean distance about the file's origin."""
    scale = card.distance / float(np.mean(np.linalg.norm(rig.centres, axis=-1)))
    cameras, out = [], []
    for camera, image in zip(rig, images, strict=True):
        side = min(camera.size)
        left, top = (camera.width - side) // 2, (camera.height - side) // 2
        out.append(_resized(image[top : top + side, left : left + side], card.size, card.size))
        cameras.append(_moved(camera, scale * camera.pose.t, card.K, card.size))
    return rig.replace(cameras=tuple(cameras), units="unknown"), tuple(out)


def _pixel_based(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """On top of the former every image is shifted to its centre of mass and scaled; the cameras are copied."""
    forced, squares = _data_mouse(rig, images, card, later)
    out = []
    for image in squares:
        alpha = image[..., 3].astype(np.float64) / 255.0
        area = alpha.sum()
        ys, xs = np.mgrid[: card.size, : card.size]
        centre = np.array([(alpha * xs).sum(), (alpha * ys).sum()]) / area
        zoom = _OCCUPANCY / (np.sqrt(area) / card.size)
        middle = (card.size - 1) / 2
        M = np.array([[zoom, 0, middle - zoom * centre[0]], [0, zoom, middle - zoom * centre[1]]])
        out.append(
            cv2.warpAffine(
                image, M, (card.size, card.size), flags=cv2.INTER_LINEAR, borderValue=(255.0, 255.0, 255.0, 0.0)
            ).astype(np.uint8)
        )
    return forced, tuple(out)


def _swapped_views(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """The images of the second and third camera exchanged; everything else true."""
    order = [0, 2, 1, *range(3, len(images))]
    return rig, tuple(images[index] for index in order)


def _squashed_frames(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """K squashed as if the whole frame had been pressed into a square, while the images were cropped instead."""
    cameras, out = [], []
    for camera, image in zip(rig, images, strict=True):
        side = min(camera.size)
        left, top = (camera.width - side) // 2, (camera.height - side) // 2
        out.append(_resized(image[top : top + side, left : left + side], card.size, card.size))
        K = np.diag([card.size / camera.width, card.size / camera.height, 1.0]) @ camera.K
        cameras.append(_moved(camera, camera.pose.t, K, card.size))
    return rig.replace(cameras=tuple(cameras)), tuple(out)


def _one_focal_length(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """The fourth camera's fx 2 % too long."""
    K = np.array(rig[3].K)
    K[0, 0] *= _LONGER
    return rig.replace(cameras=(*rig.cameras[:3], rig[3].replace(K=K), *rig.cameras[4:])), tuple(images)


def _centred_principal_points(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    cameras = []
    for camera in rig:
        K = np.array(camera.K)
        K[:2, 2] = camera.width / 2, camera.height / 2
        cameras.append(camera.replace(K=K))
    return rig.replace(cameras=tuple(cameras)), tuple(images)


def _another_frame(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """The third camera's image is of another moment."""
    return rig, (*images[:2], later[2], *images[3:])


def _undistorted_twice(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    """The images were undistorted, and the calibration still declares the lens."""
    out = []
    for camera, image in zip(rig, images, strict=True):
        ideal = camera.replace(distortion=np.zeros(0), T_cam_world=np.eye(4))
        bent = camera.replace(T_cam_world=np.eye(4))
        xs, ys = (np.linspace(0.0, side, side // _LENS_STEP + 1) for side in camera.size)
        at, _ = bent.project(ideal.unproject(np.stack(np.meshgrid(xs, ys), axis=-1))[0])
        to_nodes = [(np.arange(side) + 0.5) / side * (side // _LENS_STEP) for side in camera.size]
        nodes = np.stack(np.meshgrid(*to_nodes), axis=-1).astype(np.float32)
        coarse = np.nan_to_num(at, nan=-1e4).astype(np.float32) - np.float32(0.5)
        source = cv2.remap(coarse, nodes, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        white = (255.0, 255.0, 255.0, 0.0)
        out.append(cv2.remap(image, source, None, cv2.INTER_LINEAR, borderValue=white).astype(np.uint8))
    return rig, tuple(out)


def _lens_dropped(rig: Rig, images: Sequence[RGBA], card: ModelFormat, later: Sequence[RGBA]) -> Views:
    return rig.replace(cameras=tuple(camera.replace(distortion=np.zeros(0)) for camera in rig)), tuple(images)


DAMAGES = (
    Damage("raw_millimetres", "Resized and padded, the poses left in millimetres.", _raw_millimetres),
    Damage("distance_per_view", "Every camera moved to distance 2.7 by itself.", _distance_per_view),
    Damage("data_mouse", "Cropped, and the model's intrinsics declared over the crop.", _data_mouse),
    Damage("pixel_based", "Every image centred and scaled by its mask, the cameras copied.", _pixel_based),
    Damage("swapped_views", "The images of two cameras exchanged.", _swapped_views),
    Damage("squashed_frames", "Intrinsics squashed to a square, images cropped instead.", _squashed_frames),
    Damage("one_focal_length", "One camera's focal length 2 % too long.", _one_focal_length),
    Damage("centred_principal_points", "Every principal point put in the middle.", _centred_principal_points),
    Damage("another_frame", "One camera's image is of another moment.", _another_frame),
    Damage(
        "undistorted_twice", "Images already undistorted, the lens still declared.", _undistorted_twice, subtle=True
    ),
    Damage("lens_dropped", "The lens left out of the calibration.", _lens_dropped, subtle=True),
)
