"""The one tuple of camera file formats, and plug-ins behind it: whatever lists, sniffs, reads or writes comes here."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from mouseview.formats import (
    anipose,
    blender,
    caliscope,
    colmap,
    dannce,
    easymocap,
    facelift,
    jarvis,
    mammal,
    opencv,
    pose2sim,
    transforms,
)
from mouseview.formats.camera_format import CameraFormat
from mouseview.formats.correction_file import CalibrationHome, corrected_rig, home_of
from mouseview.formats.files import file_size, read_bytes, read_json, unreadable
from mouseview.formats.keypoints.registry import sniff_keypoints
from mouseview.formats.plugins import Plugins, load_plugins
from mouseview.model.camera import Labels, Rig
from mouseview.model.errors import FileFormatError

FORMATS: tuple[CameraFormat, ...] = (
    CameraFormat(
        facelift.NAME,
        "FaceLift / GS-LRM cameras",
        "opencv_cameras.json beside images/: pinhole views as the model takes them",
        (facelift.FILE_NAME, "*.json"),
        facelift.sniff,
        facelift.read,
        write=facelift.write,
    ),
    CameraFormat(
        dannce.NAME,
        "DANNCE / Label3D",
        "MATLAB .mat with params and, where labelled, 3D points; millimetres, lens distortion, skew",
        ("*.mat",),
        dannce.sniff,
        dannce.read,
        write=dannce.write,
        labels=dannce.labels,
    ),
    CameraFormat(
        mammal.NAME,
        "MAMMAL",
        "new_cam.pkl: cameras of the undistorted video; millimetres",
        ("new_cam.pkl", "*.pkl"),
        mammal.sniff,
        mammal.read,
    ),
    CameraFormat(
        anipose.NAME,
        "anipose",
        "calibration.toml: one table a camera; lens distortion, fisheye",
        (anipose.FILE_NAME, "*.toml"),
        anipose.sniff,
        anipose.read,
        write=anipose.write,
    ),
    CameraFormat(
        pose2sim.NAME,
        "Pose2Sim",
        "Calib*.toml: anipose's tables with four distortion values; metres",
        ("Calib*.toml", "*.toml"),
        pose2sim.sniff,
        pose2sim.read,
    ),
    CameraFormat(
        caliscope.NAME,
        "Caliscope",
        "camera_array.toml: numbered cameras, those without a pose left out; metres, fisheye",
        (caliscope.FILE_NAME, "*.toml"),
        caliscope.sniff,
        caliscope.read,
        write=caliscope.write,
    ),
    CameraFormat(
        jarvis.NAME,
        "JARVIS",
        "a folder of Camera_*.yaml, one a camera; millimetres, lens distortion",
        ("Camera_*.yaml", "*.yaml"),
        jarvis.sniff,
        jarvis.read,
        write=jarvis.write,
        sniff_folder=jarvis.sniff_folder,
        files=jarvis.files,
        writes_folder=True,
    ),
    CameraFormat(
        easymocap.NAME,
        "EasyMocap",
        "intri.yml and extri.yml in one folder; metres, lens distortion",
        easymocap.FILE_NAMES,
        easymocap.sniff,
        easymocap.read,
        sniff_folder=easymocap.sniff_folder,
        files=easymocap.files,
    ),
    CameraFormat(
        colmap.BINARY_NAME,
        "COLMAP (binary)",
        "cameras.bin and images.bin in a model or project folder, one camera an image",
        colmap.BINARY_FILES,
        colmap.sniff_binary,
        colmap.read_binary,
        write=colmap.write_binary,
        sniff_folder=colmap.sniff_binary_folder,
        writes_folder=True,
        read_with_images=colmap.read_binary_with_images,
        files=colmap.binary_files,
    ),
    CameraFormat(
        colmap.NAME,
        "COLMAP (text)",
        "cameras.txt and images.txt in a model or project folder, one camera an image",
        colmap.TEXT_FILES,
        colmap.sniff,
        colmap.read,
        write=colmap.write,
        sniff_folder=colmap.sniff_folder,
        writes_folder=True,
        read_with_images=colmap.read_with_images,
        files=colmap.files,
    ),
    CameraFormat(
        transforms.NAME,
        "nerfstudio / instant-ngp",
        "transforms.json: poses with OpenGL axes, images listed; lens distortion, fisheye",
        (transforms.FILE_NAME, "*.json"),
        transforms.sniff,
        transforms.read,
        write=transforms.write,
        read_with_images=transforms.read_with_images,
    ),
    CameraFormat(
        blender.NAME,
        "Blender synthetic",
        "transforms_*.json with camera_angle_x alone; the size is that of the images",
        ("transforms_*.json", "*.json"),
        blender.sniff,
        blender.read,
        read_with_images=blender.read_with_images,
    ),
    CameraFormat(
        opencv.NAME,
        "OpenCV FileStorage",
        ".yml or .xml with camera_matrix, distortion_coefficients, R and T: one camera, a stereo pair or many",
        ("*.yml", "*.yaml", "*.xml"),
        opencv.sniff,
        opencv.read,
        write=opencv.write,
    ),
)


@cache
def plugins() -> Plugins:
    """The formats of installed plug-ins, looked for once."""
    return load_plugins([known.name for known in FORMATS])


def all_formats() -> tuple[CameraFormat, ...]:
    """``FORMATS`` and, behind them, those of plug-ins."""
    return (*FORMATS, *plugins().formats)


def by_name(name: str) -> CameraFormat:
    """The format that users call ``name``; raises ``FileFormatError`` listing those that exist."""
    for camera_format in all_formats():
        if camera_format.name == name:
            return camera_format
    raise FileFormatError(
        f"no camera format {name!r}", remedy=f"choose one of: {', '.join(known.name for known in all_formats())}"
    )


def sniff(path: Path | str) -> CameraFormat | None:
    """The format that the content of a file claims, or None. Raises ``FileFormatError`` when it cannot be opened."""
    file = Path(path)
    file_size(file)
    try:
        return next((known for known in all_formats() if known.sniff(file)), None)
    except OSError as error:
        raise unreadable(file, error) from error


def sniff_folder(folder: Path) -> tuple[CameraFormat, ...]:
    """The formats of several files that a folder is a calibration of."""
    try:
        return tuple(known for known in all_formats() if known.sniff_folder and known.sniff_folder(folder))
    except OSError as error:
        raise unreadable(folder, error) from error


def identify(path: Path | str, format: str | None = None) -> CameraFormat:
    """The format named, else the one that the content claims; raises ``FileFormatError`` saying what can be read.

    path: a file, or the folder of a calibration of several files.
    """
    file = Path(path)
    if format is not None:
        named = by_name(format)
        if not (named.sniff_folder and os.path.isdir(file)):
            file_size(file)
        return named
    if os.path.isdir(file) and (of_folder := sniff_folder(file)):
        return of_folder[0]
    found = sniff(file)
    if found is None:
        if file.suffix.lower() == ".json":
            read_json(file)  # where the text stops being JSON is the better message
        elif file_size(file) == 0:
            read_bytes(file, 0)
        if (keypoints := sniff_keypoints(file)) is not None:
            raise FileFormatError(
                f"holds keypoints ({keypoints.title}) and no cameras",
                place=str(file),
                remedy="open the folder with the calibration: keypoints in it are found",
            )
        raise FileFormatError(
            "is not a camera file that can be read",
            place=str(file),
            remedy="readable are: " + "; ".join(f"{known.title} ({known.file_names[0]})" for known in all_formats()),
        )
    return found


def calibration_home(rig: Rig) -> CalibrationHome | None:
    """Where the corrections of the file that ``rig`` was read from belong; None for a rig that was read from none."""
    known = next((known for known in all_formats() if known.name == rig.format), None)
    return None if rig.source is None or known is None else home_of(rig.source, known)


def read_rig(path: Path | str, format: str | None = None, corrected: bool = True) -> Rig:
    """The cameras of a calibration file in the house conventions; what had to be assumed is on the rig.

    corrected: with the correction that was saved for this calibration, if any; else as the file alone is read.
    Impossible values (NaN, det R = −1) are held as declared. Raises ``FileFormatError`` for a file that cannot be
    parsed, with file, place and remedy.
    """
    found = identify(path, format)
    rig = found.read(Path(path))
    return corrected_rig(rig, home_of(Path(path), found)) if corrected else rig


def read_labels(path: Path | str, format: str | None = None) -> Labels | None:
    """The labels in a calibration file; None when it holds none or its format cannot. Raises ``FileFormatError``."""
    found = identify(path, format)
    return found.labels(Path(path)) if found.labels else None


def write_rig(rig: Rig, path: Path | str, format: str) -> tuple[str, ...]:
    """Write the rig, atomically; returns what the format could not hold, one sentence each.

    Raises ``FileFormatError`` when the format cannot be written or the disk refuses.
    """
    target = by_name(format)
    if target.write is None:
        writable = ", ".join(known.name for known in all_formats() if known.can_write)
        raise FileFormatError(f"{target.title} can be read but not written", remedy=f"write one of: {writable}")
    return target.write(rig, Path(path))
