"""What a file format has places for: cameras that do not fit are refused, what is left behind is listed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mouseview.formats.fields import UNITS, unique_names
from mouseview.geometry.lenses import LensModel
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

_ROTATION_REFUSED = 1e-6
_ROTATION_NOTED = 1e-10
_OWN = "kept where only MouseView reads it"
_UNSAFE = re.compile(r"[^\w.-]")
_WINDOWS_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Capacity:
    """A format as seen by its writer.

    radtan: radial-tangential coefficients that it holds, in OpenCV's order (zeros behind them do not count).
    fisheye: whether it holds OpenCV's fisheye.  any_matrix: poses are matrices, held even where they are no rotation.
    skew, size, units: ``"held"``; ``"own"``: where other programs pass over it; ``"lost"``.  units may also be the one
    that the format's readers take for granted.
    """

    title: str
    radtan: int
    fisheye: bool
    any_matrix: bool
    skew: str
    size: str
    units: str

    def lost(self, rig: Rig) -> tuple[str, ...]:
        """What the file will not say, or say to MouseView alone, one sentence each.

        Raises ``FileFormatError`` for a camera that the format cannot hold without moving its pixels.
        """
        if not len(rig):
            raise FileFormatError("there is no camera to write", place=str(rig.source or ""), remedy="open a rig first")
        for camera in rig:
            self._refuse(camera)
        return tuple(self._sentences(rig))

    def _refuse(self, camera: Camera) -> None:
        if not all(np.all(np.isfinite(values)) for values in (camera.K, camera.T_cam_world, camera.distortion)):
            raise self._refused(camera, "holds a value that is not finite", "correct the calibration first")
        rest = camera.K.copy()
        rest[:2, 2] = rest[0, 0] = rest[1, 1] = rest[0, 1] = 0.0
        if np.any(rest != np.diag([0.0, 0.0, 1.0])) or np.any(camera.T_cam_world[3] != (0.0, 0.0, 0.0, 1.0)):
            raise self._refused(
                camera, "has a K or a pose that is not of the usual form (last row 0 0 1)", "correct it first"
            )
        if not self.any_matrix and _rotation_error(camera) > _ROTATION_REFUSED:
            raise self._refused(
                camera,
                "has a pose that is no rotation, which this format cannot hold",
                "correct the pose first, or write a format that holds matrices (facelift, opencv, jarvis)",
            )
        if camera.lens is LensModel.FISHEYE and not self.fisheye:
            raise self._refused(
                camera,
                "has a fisheye lens, which this format cannot hold",
                "undistort the images first, or write anipose, caliscope, colmap, nerfstudio or opencv",
            )
        if camera.lens is LensModel.RADTAN and np.any(camera.distortion[self.radtan :] != 0):
            raise self._refused(
                camera,
                f"has lens coefficients beyond the {self.radtan} that this format holds",
                "undistort the images first, or write anipose, colmap or opencv",
            )

    def _refused(self, camera: Camera, what: str, remedy: str) -> FileFormatError:
        return FileFormatError(f"camera {camera.name} {what}", place=self.title, remedy=remedy)

    def _sentences(self, rig: Rig) -> Iterable[str]:
        skewed = ", ".join(camera.name for camera in rig if camera.skew != 0)
        if skewed and self.skew != "held":
            yield f"skew of {skewed}" + (f": {_OWN}" if self.skew == "own" else "")
        if self.size != "held":
            yield f"the image sizes: {_OWN}" if self.size == "own" else "the image sizes"
        if self.units in UNITS and rig.units != self.units:
            yield f"the unit of length ({rig.units}): this format's readers take {self.units} for granted"
        elif self.units in ("own", "lost") and rig.units != "unknown":
            yield f"the unit of length ({rig.units})" + (f": {_OWN}" if self.units == "own" else "")
        rounded = "" if self.any_matrix else ", ".join(c.name for c in rig if _rotation_error(c) > _ROTATION_NOTED)
        if rounded:
            yield f"rotations of {rounded}: replaced by the nearest proper ones"
        for line in rig.assumptions:
            yield f"the note: {line}"


def _rotation_error(camera: Camera) -> float:
    """Largest entry of RᵀR − 1; infinite for a mirrored one."""
    R = camera.T_cam_world[:3, :3]
    if np.linalg.det(R) <= 0:
        return np.inf
    return float(np.max(np.abs(R.T @ R - np.eye(3))))


def padded_distortion(camera: Camera, count: int) -> list[float]:
    """The first ``count`` coefficients, zeros where the camera has fewer."""
    return [*camera.distortion[:count].tolist(), *[0.0] * (count - len(camera.distortion[:count]))]


def file_safe_names(rig: Rig) -> tuple[list[str], tuple[str, ...]]:
    """Camera names that can be file names on every system, different also where case does not count; what changed."""
    plain = []
    for camera in rig:
        safe = _UNSAFE.sub("_", camera.name).strip(".")[:100] or "camera"
        plain.append(f"_{safe}" if _WINDOWS_DEVICES.match(safe) or safe.startswith("-") else safe)
    folded = unique_names([safe.casefold() for safe in plain])
    names = [safe + unique[len(safe.casefold()) :] for safe, unique in zip(plain, folded, strict=True)]
    return names, renamed(rig, names)


def renamed(rig: Rig, names: list[str]) -> tuple[str, ...]:
    """One sentence on the cameras that the file calls by another name; none when it keeps them all."""
    changed = [f"{camera.name!r} → {name!r}" for camera, name in zip(rig, names, strict=True) if camera.name != name]
    if not changed:
        return ()
    return (f"names: {', '.join(changed[:5])}" + (f" and {len(changed) - 5} more" if len(changed) > 5 else ""),)
