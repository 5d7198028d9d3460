"""JARVIS: a folder with one OpenCV FileStorage file a camera, K and R transposed in them, T not; millimetres."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from mouseview.formats.capacity import Capacity, file_safe_names, padded_distortion
from mouseview.formats.fields import UNITS, lens_coefficients, matrix, unique_names, vector
from mouseview.formats.file_storage import read_storage
from mouseview.formats.file_storage_text import as_yaml
from mouseview.formats.files import head_of, list_files, write_folder_atomically
from mouseview.formats.opencv import CENTRE_ORIGIN_PX, centred, stated_size
from mouseview.formats.sizes import filled_sizes
from mouseview.geometry.lenses import LensModel
from mouseview.geometry.transforms import Array, Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "jarvis"
SUFFIXES = (".yaml", ".yml")
MAX_CAMERAS = 1_000

_CAPACITY = Capacity("JARVIS", radtan=5, fisheye=False, any_matrix=True, skew="own", size="own", units="mm")
_KEY = re.compile(rb"^\s*intrinsicMatrix\s*:", re.MULTILINE)


def sniff(path: Path) -> bool:
    """By content: a FileStorage file with JARVIS's name of the camera matrix."""
    return bool(_KEY.search(head_of(path)))


def sniff_folder(folder: Path) -> bool:
    """Whether files of JARVIS cameras lie in it."""
    return bool(_files(folder))


def _files(folder: Path) -> list[Path]:
    """JARVIS's own order: alphabetical."""
    return [path for path in list_files(folder) if path.suffix.lower() in SUFFIXES and sniff(path)]


def files(path: Path) -> tuple[Path, ...]:
    """The cameras' files, from their folder or any of them."""
    return tuple(_files(path if path.is_dir() else path.parent))


def read(path: Path) -> Rig:
    """The cameras of the folder, or of the folder that the file lies in, in alphabetical order.

    They are called as their files. Raises ``FileFormatError``.
    """
    folder = path if path.is_dir() else path.parent
    own = _files(folder)
    if not 1 <= len(own) <= MAX_CAMERAS:
        raise FileFormatError(
            f"holds {len(own)} files of JARVIS cameras, expected 1 to {MAX_CAMERAS}",
            place=str(folder),
            remedy="open the folder that JARVIS wrote, with one .yaml file a camera",
        )
    documents = [read_storage(file) for file in own]
    intrinsics = [_intrinsics(document, file) for document, file in zip(documents, own, strict=True)]
    stated = [stated_size(document, str(file)) for document, file in zip(documents, own, strict=True)]
    sizes, sizing = filled_sizes(stated, intrinsics)
    names = unique_names([file.stem for file in own])
    cameras = tuple(
        _camera(name, size, K, document, file)
        for name, size, K, document, file in zip(names, sizes, intrinsics, documents, own, strict=True)
    )
    units, unit_notes = _units(documents)
    return Rig(cameras, units=units, assumptions=(*sizing, *unit_notes), source=path, format=NAME)


def _units(documents: list[dict[str, Any]]) -> tuple[str, tuple[str, ...]]:
    stated = {str(document.get("units")) for document in documents}
    if len(stated) == 1 and stated <= set(UNITS):
        return stated.pop(), ()
    return "mm", ("the files state no unit of length; millimetres are assumed, as JARVIS uses",)


def _intrinsics(document: dict[str, Any], file: Path) -> Array:
    """K (3, 3), upright, with the house's pixel origin."""
    place = f"{file}, intrinsicMatrix"
    K = matrix(document.get("intrinsicMatrix"), (3, 3), place).T.copy()
    if np.any(K[2, :2] != 0) and np.all(K[:2, 2] == 0):
        raise FileFormatError(
            "stands upright, but JARVIS writes K (and R) transposed",
            place=place,
            remedy="read the file as the format opencv, or export it again from JARVIS",
        )
    K[:2, 2] += CENTRE_ORIGIN_PX
    return K


def _camera(name: str, size: tuple[int, int], K: Array, document: dict[str, Any], file: Path) -> Camera:
    distortion = lens_coefficients(
        document.get("distortionCoefficients"), LensModel.RADTAN, f"{file}, distortionCoefficients"
    )
    R = matrix(document.get("R"), (3, 3), f"{file}, R").T
    t = vector(document.get("T"), 3, f"{file}, T")
    return Camera(name, *size, K, distortion, Rigid(R, t).matrix)


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write one file a camera into the new or empty folder ``path``.

    Image sizes and units stand under keys that JARVIS passes over; it orders cameras by name, so another order is
    lost. Raises ``FileFormatError``.
    """
    lost = _CAPACITY.lost(rig)
    names, changed = file_safe_names(rig)
    files = {f"{name}.yaml": as_yaml(_document(camera, rig.units)) for camera, name in zip(rig, names, strict=True)}
    write_folder_atomically(path, files)
    order = () if list(files) == sorted(files) else ("the order of the cameras: JARVIS sorts them by name",)
    return (*lost, *changed, *order)


def _document(camera: Camera, units: str) -> dict[str, Any]:
    return {
        "intrinsicMatrix": centred(camera.K).T,
        "distortionCoefficients": np.array(padded_distortion(camera, 5)),
        "R": camera.T_cam_world[:3, :3].T,
        "T": camera.T_cam_world[:3, 3][:, None],
        "image_width": camera.width,
        "image_height": camera.height,
        "units": units,
    }
