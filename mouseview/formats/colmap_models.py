"""COLMAP's camera models and what a model consists of: cameras, and images with poses that share them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mouseview.formats.capacity import padded_distortion
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera


@dataclass(frozen=True)
class CameraModel:
    """lens: places of the parameters behind focal lengths and principal point in OpenCV's order of coefficients."""

    name: str
    id: int
    focals: int
    lens_model: LensModel
    lens: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of parameters."""
        return self.focals + 2 + len(self.lens)


# thin-prism, FOV and the other models that COLMAP has besides are not OpenCV's, so they cannot be held
MODELS = (
    CameraModel("SIMPLE_PINHOLE", 0, 1, LensModel.RADTAN, ()),
    CameraModel("PINHOLE", 1, 2, LensModel.RADTAN, ()),
    CameraModel("SIMPLE_RADIAL", 2, 1, LensModel.RADTAN, (0,)),
    CameraModel("RADIAL", 3, 1, LensModel.RADTAN, (0, 1)),
    CameraModel("OPENCV", 4, 2, LensModel.RADTAN, (0, 1, 2, 3)),
    CameraModel("OPENCV_FISHEYE", 5, 2, LensModel.FISHEYE, (0, 1, 2, 3)),
    CameraModel("FULL_OPENCV", 6, 2, LensModel.RADTAN, (0, 1, 2, 3, 4, 5, 6, 7)),
    CameraModel("SIMPLE_RADIAL_FISHEYE", 8, 1, LensModel.FISHEYE, (0,)),
    CameraModel("RADIAL_FISHEYE", 9, 1, LensModel.FISHEYE, (0, 1)),
)
BY_NAME = {model.name: model for model in MODELS}
BY_ID = {model.id: model for model in MODELS}
OTHER_MODELS = {7: "FOV", 10: "THIN_PRISM_FISHEYE", 11: "RAD_TAN_THIN_PRISM_FISHEYE"}
KNOWN = ", ".join(model.name for model in MODELS)


@dataclass(frozen=True)
class ColmapCamera:
    """One entry of ``cameras``; parameters in COLMAP's order, in px with the corner origin."""

    model: CameraModel
    width: int
    height: int
    parameters: tuple[float, ...]


@dataclass(frozen=True)
class ColmapImage:
    """One entry of ``images``: world to camera, the image's path within its folder; place: where in the file."""

    quaternion: tuple[float, ...]
    translation: tuple[float, ...]
    camera_id: int
    name: str
    place: str


def intrinsics(camera: ColmapCamera) -> tuple[np.ndarray, np.ndarray]:
    """K (3, 3) and the distortion in OpenCV's order."""
    focals = camera.model.focals
    cx, cy = camera.parameters[focals : focals + 2]
    K = np.array([[camera.parameters[0], 0.0, cx], [0.0, camera.parameters[focals - 1], cy], [0.0, 0.0, 1.0]])
    return K, np.array(camera.parameters[focals + 2 :])


def from_camera(camera: Camera) -> ColmapCamera:
    """The smallest model with two focal lengths that holds the camera."""
    if camera.lens is LensModel.FISHEYE:
        name = "OPENCV_FISHEYE"
    elif camera.is_pinhole:
        name = "PINHOLE"
    else:
        name = "FULL_OPENCV" if np.any(camera.distortion[4:] != 0) else "OPENCV"
    model = BY_NAME[name]
    lens = padded_distortion(camera, len(model.lens))
    return ColmapCamera(model, camera.width, camera.height, (camera.fx, camera.fy, camera.cx, camera.cy, *lens))
