"""One sample: a folder with ``opencv_cameras.json`` and its images, or a calibration file alone."""

from __future__ import annotations

import dataclasses
import os
from functools import partial
from pathlib import Path

from mouseview.formats import facelift
from mouseview.formats.camera_format import CameraFormat
from mouseview.formats.correction_file import corrected_sample
from mouseview.formats.draft_masks import drafted, written_origin
from mouseview.formats.files import unreadable
from mouseview.formats.images import has_alpha, read_image
from mouseview.formats.keypoints import find_keypoints, keypoints_in
from mouseview.formats.keypoints.own import FILE_NAME as KEYPOINTS
from mouseview.formats.registry import all_formats, by_name, calibration_home, identify, sniff, sniff_folder
from mouseview.model.errors import FileFormatError
from mouseview.model.finding import Finding
from mouseview.model.sample import ImageSource, Sample

NAMELESS = "calibration"  # a folder that is the root of its disk
MASK_FOLDERS = ("masks", "mask")
MASK_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def is_sample_folder(folder: Path) -> bool:
    """Whether FaceLift's camera file lies in it."""
    return os.path.isfile(folder / facelift.FILE_NAME)


def read_sample_folder(folder: Path, name: str, corrected: bool = True) -> Sample:
    """The sample of a FaceLift folder; images are read when asked for. corrected: see ``registry.read_rig``.

    An image that is listed but missing or broken keeps its source, whose ``load`` says so. Raises
    ``FileFormatError`` when the camera file cannot be used.
    """
    rig, views = facelift.read_views(folder / facelift.FILE_NAME)
    sources = tuple(_source(folder, view.file_path) for view in views)
    labels = keypoints_in(folder / KEYPOINTS, rig.names).sampled() if os.path.isfile(folder / KEYPOINTS) else None
    sample = Sample(name, rig, sources, folder=folder, labels=labels)
    return with_correction(sample) if corrected else sample


def with_correction(sample: Sample) -> Sample:
    """The sample under the correction that was saved for its calibration, labels and images included."""
    home = calibration_home(sample.rig)
    return sample if home is None else corrected_sample(sample, home)


def read_calibration(path: Path, format: str | None = None) -> Sample:
    """A calibration file alone, as it stands: its rig, its labels, and those of its images that lie where it says."""
    found = identify(path, format)
    if found.name == facelift.NAME:
        rig, views = facelift.read_views(path)
        listed = (view.file_path for view in views)
        sources = tuple(
            _source(path.parent, image) if image and os.path.isfile(path.parent / image) else None for image in listed
        )
        return Sample(_calibration_name(path, found), rig, sources, folder=path.parent if any(sources) else None)
    labels = found.labels(path) if found.labels else None
    if found.read_with_images is None:
        return Sample(_calibration_name(path, found), found.read(path), labels=labels)
    rig, images = found.read_with_images(path)
    folder = path if os.path.isdir(path) else path.parent
    present = [image if image is not None and os.path.isfile(image) else None for image in images]
    missing = [camera.name for camera, image in zip(rig, present, strict=True) if image is None]
    if missing:
        more = " …" if len(missing) > 5 else ""
        note = f"{len(missing)} of {len(rig)} images are not where the file says: {', '.join(missing[:5])}{more}"
        rig = rig.replace(assumptions=(*rig.assumptions, note))
    present_sources = tuple(None if image is None else _image_source(image, folder) for image in present)
    home = folder if any(present_sources) else None
    return Sample(_calibration_name(path, found), rig, present_sources, folder=home, labels=labels)


def with_keypoints(sample: Sample, folder: Path) -> tuple[Sample, tuple[Finding, ...]]:
    """The sample with the keypoints that lie in its folder, and what is wrong with them.

    Labels within the calibration itself come first. Of files with many frames some are read, which is said.
    """
    keypoints = find_keypoints(folder, sample.rig.names)
    if keypoints is None or sample.labels is not None:
        return sample, ()
    return dataclasses.replace(sample, labels=keypoints.sampled()), keypoints.problems


def _calibration_name(path: Path, found: CameraFormat) -> str:
    """Some files are called the same everywhere: their folder tells samples apart."""
    if os.path.isdir(path):
        return path.resolve().name or NAMELESS
    return (path.parent.resolve().name or path.stem) if path.name in found.file_names else path.stem


def find_calibration(folder: Path, format: str | None = None) -> Path | None:
    """The one calibration of a folder: itself where it is one of several files, else a file.

    The usual file names come first, then any that content identifies. Raises ``FileFormatError`` when several could
    be meant.
    """
    if format is not None and by_name(format).sniff_folder:
        return folder
    whole = sniff_folder(folder) if format is None else ()
    formats = [known for known in all_formats() if format in (None, known.name) and not (whole and known.sniff_folder)]
    files: list[Path] = []
    for usual in (True,) if whole else (True, False):
        files = files or sorted({path for known in formats for path in _candidates(folder, known, usual)})
    if len(files) + len(whole) > 1:
        listed = [*(known.title for known in whole), *(path.name for path in files)]
        raise FileFormatError(
            f"holds {len(listed)} calibrations: {', '.join(listed[:5])}",
            place=str(folder),
            remedy="open the one that is meant, by its own path",
        )
    return folder if whole else files[0] if files else None


def _candidates(folder: Path, known: CameraFormat, usual: bool) -> list[Path]:
    """Files of a format's fixed names (``usual``), or those of its patterns whose content agrees."""
    patterns = [name for name in known.file_names if ("*" not in name) == usual]
    files = [path for pattern in patterns for path in folder.glob(pattern) if os.path.isfile(path)]
    return [path for path in files if usual or sniff(path) is known]


def _source(folder: Path, file_path: str | None) -> ImageSource | None:
    return None if file_path is None else _image_source(folder / file_path, folder)


def _image_source(image: Path, folder: Path) -> ImageSource:
    mask = find_mask(image, folder)
    has_mask = mask is not None or _has_alpha(image)
    origin = written_origin(folder, image.name) if has_mask else None
    return drafted(ImageSource(image, partial(read_image, image, mask), mask, has_mask, origin))


def _has_alpha(image: Path) -> bool:
    try:
        return has_alpha(image)
    except FileFormatError:  # missing or broken: loading it raises the same, and only that view is lost
        return False


def find_mask(image: Path, sample_folder: Path) -> Path | None:
    """The mask image that belongs to an image: ``<stem>_mask.*`` beside it, or ``masks/`` or ``mask/`` with its stem.

    The mask folder lies beside the image or beside the image's folder, inside the sample.
    """
    homes = [image.parent]
    if image.parent != sample_folder:
        homes.append(image.parent.parent)
    stems = [image.with_name(f"{image.stem}_mask")]
    stems += [
        home / name / stem for home in homes for name in MASK_FOLDERS for stem in (image.stem, f"{image.stem}_mask")
    ]
    present = {parent: _file_names(parent) for parent in {stem.parent for stem in stems}}
    for stem in stems:
        for suffix in MASK_SUFFIXES:
            if stem.name + suffix in present[stem.parent]:
                return stem.parent / (stem.name + suffix)
    return None


def _file_names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder)) if os.path.isdir(folder) else frozenset()
    except OSError as error:
        raise unreadable(folder, error) from error
