"""COLMAP models, text or binary: corner pixel origin, world-to-camera poses, one camera of the rig an image."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np

from mouseview.formats import colmap_binary, colmap_text, quaternions
from mouseview.formats.capacity import Capacity, file_safe_names
from mouseview.formats.colmap_models import BY_NAME, ColmapCamera, ColmapImage, from_camera, intrinsics
from mouseview.formats.colmap_text import as_text
from mouseview.formats.fields import MAX_NAME, mismatch, unique_names
from mouseview.formats.files import head_of, resolve_inside, write_folder_atomically
from mouseview.geometry.transforms import Rigid
from mouseview.model.camera import Camera, Rig
from mouseview.model.errors import FileFormatError

NAME = "colmap"
BINARY_NAME = "colmap-bin"
TEXT_FILES = ("cameras.txt", "images.txt")
BINARY_FILES = ("cameras.bin", "images.bin")

_CAPACITY = Capacity("COLMAP", radtan=8, fisheye=True, any_matrix=False, skew="lost", size="held", units="lost")
_MODEL_FOLDERS = (".", "0", "sparse", "sparse/0")
_IMAGE_FOLDERS = ("images", ".", "../images", "../../images")
_SUFFIX = re.compile(r"\.(?:png|jpe?g|tiff?|bmp)$", re.IGNORECASE)
_CAMERA_LINE = re.compile(rf"^\s*\d+\s+(?:{'|'.join(BY_NAME)}|FOV|THIN_PRISM_FISHEYE)\s".encode(), re.MULTILINE)
_IMAGE_LINE = re.compile(rb"^\s*\d+(?:\s+[-+.\deE]+){7}\s+\d+\s+\S", re.MULTILINE)
_NO_UNITS = "COLMAP models have no unit of length, so distances are in unknown units"


def sniff(path: Path) -> bool:
    """By content: the first lines of ``cameras.txt``, or of ``images.txt`` beside one."""
    head = head_of(path)
    if _CAMERA_LINE.search(head):
        return True
    return path.name == TEXT_FILES[1] and bool(_IMAGE_LINE.search(head)) and path.with_name(TEXT_FILES[0]).is_file()


def sniff_binary(path: Path) -> bool:
    """Binary models carry no mark: their files are known by name, beside each other."""
    return path.name in BINARY_FILES and all(path.with_name(name).is_file() for name in BINARY_FILES)


def sniff_folder(folder: Path) -> bool:
    """Whether it, or the ``sparse/0`` of a project, holds a text model and no binary one."""
    return _model_folder(folder, TEXT_FILES) is not None and not sniff_binary_folder(folder)


def sniff_binary_folder(folder: Path) -> bool:
    """The same for a binary model; COLMAP prefers it where both exist."""
    return _model_folder(folder, BINARY_FILES) is not None


def _model_folder(folder: Path, files: tuple[str, ...]) -> Path | None:
    candidates = (folder / part for part in _MODEL_FOLDERS)
    return next((model for model in candidates if all((model / name).is_file() for name in files)), None)


def files(path: Path) -> tuple[Path, ...]:
    """The two files of a text model that hold the cameras, from a folder or any file of the model."""
    return _own_files(path, TEXT_FILES)


def binary_files(path: Path) -> tuple[Path, ...]:
    """The same of a binary model."""
    return _own_files(path, BINARY_FILES)


def _own_files(path: Path, names: tuple[str, str]) -> tuple[Path, ...]:
    folder = _home(path, names)
    return tuple(folder / name for name in names)


def _home(path: Path, names: tuple[str, str]) -> Path:
    return (_model_folder(path, names) or path) if os.path.isdir(path) else path.parent


def read(path: Path) -> Rig:
    """The rig of a text model: a folder (of the model or of the project) or any of its files."""
    return read_with_images(path)[0]


def read_binary(path: Path) -> Rig:
    """The rig of a binary model."""
    return read_binary_with_images(path)[0]


def read_with_images(path: Path) -> tuple[Rig, tuple[Path | None, ...]]:
    """The rig, and parallel to its cameras where their images lie or should lie. Raises ``FileFormatError``."""
    return _read(path, NAME, TEXT_FILES, colmap_text.read_cameras, colmap_text.read_images)


def read_binary_with_images(path: Path) -> tuple[Rig, tuple[Path | None, ...]]:
    """The same of a binary model."""
    return _read(path, BINARY_NAME, BINARY_FILES, colmap_binary.read_cameras, colmap_binary.read_images)


def _read(
    path: Path,
    format: str,
    files: tuple[str, str],
    read_cameras: Callable[[Path], dict[int, ColmapCamera]],
    read_images: Callable[[Path], list[ColmapImage]],
) -> tuple[Rig, tuple[Path | None, ...]]:
    folder = _home(path, files)
    shared = read_cameras(folder / files[0])
    images = read_images(folder / files[1])
    if not images:
        raise mismatch(str(folder / files[1]), "images with poses", None)
    notes = [_NO_UNITS]
    if format == BINARY_NAME and (folder / TEXT_FILES[0]).is_file():
        notes.append("the folder holds a text model too; the binary one is read, as COLMAP does")
    names = unique_names(_names([image.name for image in images]))
    cameras = tuple(_camera(image, name, shared, notes) for image, name in zip(images, names, strict=True))
    paths = tuple(_image_path(folder, image.name) for image in images)
    return Rig(cameras, assumptions=tuple(notes), source=path, format=format), paths


def _names(image_names: list[str]) -> list[str]:
    """File names without their suffix where these differ, else the paths without it."""
    plain = [_SUFFIX.sub("", name.replace("\\", "/")) or "image" for name in image_names]
    stems = [PurePosixPath(name).name[:MAX_NAME] or "image" for name in plain]
    return stems if len(set(stems)) == len(stems) else [name[-MAX_NAME:] for name in plain]


def _camera(image: ColmapImage, name: str, shared: dict[int, ColmapCamera], notes: list[str]) -> Camera:
    declared = shared.get(image.camera_id)
    if declared is None:
        raise mismatch(image.place, f"one of the cameras {sorted(shared)[:8]}", image.camera_id)
    length = math.hypot(*image.quaternion)
    if abs(length - 1) > 1e-6:
        notes.append(f"the quaternion of {name} has length {length:.6g}: it is normalised")
    K, distortion = intrinsics(declared)
    pose = Rigid(quaternions.from_quaternion(np.array(image.quaternion)), np.array(image.translation))
    return Camera(name, declared.width, declared.height, K, distortion, pose.matrix, declared.model.lens_model)


def _image_path(folder: Path, name: str) -> Path | None:
    """Where the image lies: in ``images`` beside or above the model; where it should lie; None if it climbs out."""
    homes = [folder / part for part in _IMAGE_FOLDERS]
    try:
        candidates = [resolve_inside(home, name) for home in homes]
    except FileFormatError:  # the cameras are usable, and the image is said to be missing
        return None
    return next((candidate for candidate in candidates if os.path.isfile(candidate)), candidates[0])


def write(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write a text model into the new or empty folder ``path``; returns what it does not hold."""
    return _write(rig, path, as_text)


def write_binary(rig: Rig, path: Path) -> tuple[str, ...]:
    """Write a binary model into the new or empty folder ``path``; returns what it does not hold."""
    return _write(rig, path, colmap_binary.as_binary)


def _write(
    rig: Rig, path: Path, as_files: Callable[[list[ColmapCamera], list[ColmapImage]], dict[str, bytes]]
) -> tuple[str, ...]:
    lost = _CAPACITY.lost(rig)
    names, changed = file_safe_names(rig)
    images = [
        ColmapImage(
            tuple(quaternions.to_quaternion(camera.T_cam_world[:3, :3]).tolist()),
            tuple(camera.T_cam_world[:3, 3].tolist()),
            index,
            f"{name}.png",
            "",
        )
        for index, (camera, name) in enumerate(zip(rig, names, strict=True), start=1)
    ]
    write_folder_atomically(path, as_files([from_camera(camera) for camera in rig], images))
    return (*lost, *changed)
