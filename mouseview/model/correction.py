"""Correction: what a person or the solver found wrong with how a calibration was read. Applied on top of the reader."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from mouseview.geometry.transforms import Array
from mouseview.model.camera import Camera, Labels, Rig
from mouseview.model.sample import Sample

Size = tuple[int, int]

_OPENGL_TO_OPENCV = np.diag([1.0, -1.0, -1.0])


def _frame(size: Size | None) -> str:
    return f"{size[0]}×{size[1]}" if size else ""


@dataclass(frozen=True)
class Correction:
    """Changes to K, R and t as they were read, in this order.

    transpose_K, transpose_R: the array on disk was the transpose; t stays as it is.  camera_to_world: R and t lead
    from camera to world.  opengl_axes: the camera looks along −z with y up.  K_size: (width, height) in px of the
    frames that K speaks of, where the images are those frames resized: K is scaled to them.  size: (width, height) in
    px of the images, where the file says another.  pixel_shift_px: added to cx and cy.  label_shift_px: added to 2D
    labels and keypoints.  drop_lens: the images are undistorted already.
    scale: times lengths of the world, labels included; units: what they are afterwards, where it is known.
    images_of: (camera, camera under whose name its images and 2D labels were read) for every camera of which these
    are not the same.
    """

    transpose_K: bool = False
    transpose_R: bool = False
    camera_to_world: bool = False
    opengl_axes: bool = False
    K_size: Size | None = None
    size: Size | None = None
    pixel_shift_px: float = 0.0
    label_shift_px: float = 0.0
    drop_lens: bool = False
    scale: float = 1.0
    units: str | None = None
    images_of: tuple[tuple[str, str], ...] = ()

    def replace(self, **changes: Any) -> Correction:
        return dataclasses.replace(self, **changes)

    @staticmethod
    def plain() -> Correction:
        """The reading as it is."""
        return Correction()

    @property
    def is_identity(self) -> bool:
        return self == Correction()

    @property
    def words(self) -> tuple[str, ...]:
        """What it says, one phrase a change; none for the reading as it is."""
        phrases = (
            (self.transpose_K, "K transposed"),
            (self.transpose_R, "R transposed"),
            (self.camera_to_world, "poses lead from camera to world"),
            (self.opengl_axes, "OpenGL axes (looking along −z, y up)"),
            (self.K_size, f"K is of {_frame(self.K_size)} px frames, resized since"),
            (self.size, f"images have {_frame(self.size)} px"),
            (self.pixel_shift_px, f"principal point {self.pixel_shift_px:+g} px"),
            (self.label_shift_px, f"2D labels {self.label_shift_px:+g} px"),
            (self.drop_lens, "images are undistorted already"),
            (self.scale != 1.0, f"lengths ×{self.scale:g}"),
            (self.units, f"in {self.units}"),
            (self.images_of, "images: " + ", ".join(f"{theirs} shows {camera}" for camera, theirs in self.images_of)),
        )
        return tuple(phrase for applies, phrase in phrases if applies)

    @property
    def changes(self) -> int:
        """In how many things it differs from the reading as it is; another order of the views is one."""
        return len(self.words)

    # ---- arrays (batched; the solver asks them hundreds of times) -------------------------------------------------

    def corrected_K(self, K: Array, size: Size) -> Array:
        """(..., 3, 3) of cameras whose images the file says to be ``size``, in px of the images."""
        upright = np.array(np.swapaxes(K, -1, -2) if self.transpose_K else K)
        if self.K_size is not None:
            width, height = self.size or size
            upright[..., 0, :] *= width / self.K_size[0]
            upright[..., 1, :] *= height / self.K_size[1]
        upright[..., :2, 2] += self.pixel_shift_px
        return upright

    def corrected_pose(self, R: Array, t: Array) -> tuple[Array, Array]:
        """R (..., 3, 3) and t (..., 3) as read → from world to camera, OpenCV axes."""
        if self.transpose_R:
            R = np.swapaxes(R, -1, -2)
        if self.camera_to_world:
            R = np.swapaxes(R, -1, -2)
            t = -np.einsum("...ij,...j->...i", R, t)
        if self.opengl_axes:
            R, t = _OPENGL_TO_OPENCV @ R, t @ _OPENGL_TO_OPENCV
        return R, self.scale * t

    # ---- values --------------------------------------------------------------------------------------------------

    def apply(self, rig: Rig) -> Rig:
        """The rig as it should have been read. Images are reordered with their sample (``apply_to_sample``)."""
        return rig.replace(cameras=tuple(self._camera(camera) for camera in rig), units=self.units or rig.units)

    def _camera(self, camera: Camera) -> Camera:
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = self.corrected_pose(camera.T_cam_world[:3, :3], camera.T_cam_world[:3, 3])
        width, height = self.size or camera.size
        return camera.replace(
            K=self.corrected_K(camera.K, camera.size),
            T_cam_world=pose,
            width=width,
            height=height,
            distortion=np.zeros(0) if self.drop_lens else camera.distortion,
        )

    def order(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """For each of the cameras ``names``, under which one of them its images were read."""
        theirs = dict(self.images_of)
        return tuple(names.index(theirs.get(name, name)) for name in names)

    def fits(self, names: tuple[str, ...]) -> bool:
        """Whether the cameras of ``images_of`` are all there, each once, and exchange images among themselves."""
        takers, givers = [pair[0] for pair in self.images_of], [pair[1] for pair in self.images_of]
        return sorted(takers) == sorted(givers) and len(set(takers)) == len(takers) and set(takers) <= set(names)

    def apply_to_labels(self, labels: Labels, names: tuple[str, ...]) -> Labels:
        """Labels of cameras ``names`` as they should have been read."""
        pixels = labels.points_px
        if pixels is not None:
            pixels = pixels[list(self.order(names))] + self.label_shift_px
        return dataclasses.replace(labels, points_world=self.scale * labels.points_world, points_px=pixels)

    def apply_to_sample(self, sample: Sample) -> Sample:
        """The sample as it should have been read: cameras, whose images are whose, labels."""
        names = sample.rig.names
        sources = tuple(sample.sources[index] for index in self.order(names))
        labels = None if sample.labels is None else self.apply_to_labels(sample.labels, names)
        return dataclasses.replace(sample, rig=self.apply(sample.rig), sources=sources, labels=labels)
