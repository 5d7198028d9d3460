"""Bounded reads, atomic writes and paths that cannot leave their folder: the only ways this package touches a disk."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mouseview.model.errors import FileFormatError

MIB = 1 << 20
MAX_JSON_BYTES = 32 * MIB
HEAD_BYTES = 64 * 1024

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_DRIVE = re.compile(r"^[A-Za-z]:")
_NO_FILE_NAME = re.compile(r'^\.+|[\x00-\x1f/\\:*?"<>|]|[. ]+$')
_MAX_NAME = 100
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp$", re.DOTALL)


def write_atomically(path: Path | str, data: bytes) -> None:
    """Write ``data`` so that ``path`` holds either its old content or all of the new one, also after a power cut.

    Raises ``FileFormatError`` naming what to do when the folder is missing or read-only, or the disk is full; then
    nothing is left behind and the old file is untouched.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:100]}{temporary_suffix()}")
    try:
        _write_new(temporary, data)
        if target.exists():
            os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error, len(data)) from error
    finally:
        with contextlib.suppress(FileNotFoundError, PermissionError, NotADirectoryError):
            temporary.unlink()


def temporary_suffix() -> str:
    """The end of a hidden file's name by which ``remove_leftovers`` knows it."""
    return f".{secrets.token_hex(6)}.tmp"


def _write_new(path: Path, data: bytes) -> None:
    # 0o666 is cut down by the umask, so the file gets the rights that a plain open() would give it
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_folder_atomically(path: Path | str, files: dict[str, bytes]) -> None:
    """Make a folder of these files, all or nothing. It must not exist yet, or be empty.

    Raises ``FileFormatError`` like ``write_atomically``, and for a folder that holds something: files of another
    calibration would mix with the new ones.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:100]}{temporary_suffix()}")
    try:
        if target.is_dir() and any(target.iterdir()):
            raise FileFormatError(
                "the folder is not empty", place=str(target), remedy="choose a new folder, or empty this one first"
            )
        temporary.mkdir()
        for name, data in files.items():
            _write_new(temporary / name, data)
        _sync_folder(temporary)
        if target.is_dir():
            target.rmdir()  # os.replace() takes the place of an empty folder on POSIX alone
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error, sum(map(len, files.values()))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can open folders (Windows and some network disks cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unwritable(path: Path | str, error: OSError, size: int = 0) -> FileFormatError:
    """The error to raise for a file that the system does not let us write. size: of what was to be written, bytes."""
    return FileFormatError(
        f"cannot be written: {error.strerror or error}", place=str(path), remedy=_write_remedy(error, size)
    )


def remove_leftovers(folder: Path, *, below: bool = True) -> None:
    """Remove what a killed process left of atomic writes in ``folder`` (and below): nobody else may be writing there.

    Raises ``FileFormatError`` when something stays.
    """
    for path in folder.rglob(".*.tmp") if below else folder.glob(".*.tmp"):
        if _TEMPORARY.match(path.name):
            try:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(path, error) from error


def _write_remedy(error: OSError, size: int) -> str:
    if error.errno in _FULL:
        return f"the disk is full: free {max(1, size // MIB)} MiB or choose another folder"
    if error.errno == errno.EFBIG:
        return "no larger file may be written here: raise the limit of the system, or choose another folder"
    if error.errno in _READ_ONLY:
        return "the folder is read-only for you: choose another output folder or change its permissions"
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return "create the folder first, or correct the path"
    if error.errno in {errno.EISDIR, errno.ENOTEMPTY}:
        return "a folder of that name is in the way: choose another file name"
    return "check the disk and the path, then write again"


def file_size(path: Path | str) -> int:
    """Bytes of a regular file; raises ``FileFormatError`` for anything else (missing, folder, pipe, device)."""
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise FileFormatError(f"is {kind}, expected a file", place=str(path), remedy="give the path of a file")
    return status.st_size


def read_bytes(path: Path | str, max_bytes: int) -> bytes:
    """Content of a regular file of 1 to ``max_bytes`` bytes; raises ``FileFormatError`` otherwise."""
    size = file_size(path)
    if size == 0:
        raise FileFormatError("the file is empty (0 bytes)", place=str(path), remedy="copy or export the file again")
    if size > max_bytes:
        raise FileFormatError(
            f"the file has {size} bytes, more than the {max_bytes} that such a file can need",
            place=str(path),
            remedy="check that this is the right file",
        )
    try:
        with open(path, "rb") as file:
            return file.read(max_bytes)
    except OSError as error:
        raise unreadable(path, error) from error


def list_files(folder: Path) -> list[Path]:
    """The regular files in a folder, in alphabetical order; raises ``FileFormatError`` when it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return [folder / name for name in sorted(entry.name for entry in entries if entry.is_file())]
    except OSError as error:
        raise unreadable(folder, error) from error


def head_of(path: Path | str) -> bytes:
    """The first ``HEAD_BYTES`` of a file, to see what it claims to be. Raises ``OSError``."""
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES)


def unreadable(path: Path | str, error: OSError | ValueError) -> FileFormatError:
    """The error to raise for a file that the system does not hand out."""
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return FileFormatError("does not exist", place=str(path), remedy="check the path, or mount the disk it lies on")
    if number in _READ_ONLY:
        return FileFormatError("may not be read", place=str(path), remedy="change its permissions, or ask its owner")
    reason = getattr(error, "strerror", None) or str(error)
    return FileFormatError(f"cannot be read: {reason}", place=str(path), remedy="check the disk and the path")


def relative_name(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, POSIX, with ``..`` where it lies outside; absolute where it is on another disk
    of Windows. No link is followed.
    """
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def resolve_inside(folder: Path | str, relative: str) -> Path:
    """``folder / relative`` for a path that stands in a file; refused when it leaves the folder.

    Back slashes count as separators (files from Windows). Absolute paths, drives, ``..`` and symbolic links that
    lead out raise ``FileFormatError``. The result need not exist.
    """
    root = Path(folder)
    place = str(root)

    def refuse(why: str) -> FileFormatError:
        return FileFormatError(
            f"path {relative[:200]!r} {why}", place=place, remedy="use a path relative to this folder that stays inside"
        )

    text = relative.replace("\\", "/")
    if not text.strip() or "\0" in text:
        raise refuse("is not a file name")
    if text.startswith("/") or _DRIVE.match(text):
        raise refuse("is absolute")
    if ".." in text.split("/"):
        raise refuse("climbs out of its folder")
    candidate = root / text
    try:
        inside = candidate.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError) as error:
        raise refuse(f"cannot be followed: {error}") from error
    if not inside:
        raise refuse("is a link that leads out of its folder")
    return candidate


def file_names(names: Sequence[str]) -> tuple[str, ...]:
    """A file or folder name for each name that a file gave, unique, without suffix: names are data, not paths.

    Separators, what some system refuses in a name and leading dots become ``_``; names that then clash (also but for
    case) are numbered.
    """
    taken: set[str] = set()
    out = []
    for name in names:
        plain = _NO_FILE_NAME.sub("_", name.strip())[:_MAX_NAME] or "_"
        unique, number = plain, 2
        while unique.casefold() in taken:
            unique, number = f"{plain}_{number}", number + 1
        taken.add(unique.casefold())
        out.append(unique)
    return tuple(out)


def read_json(path: Path | str, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """The JSON document of a UTF-8 file; ``NaN`` and ``Infinity`` become floats, of equal keys the last one counts.

    Raises ``FileFormatError`` with line and column where it stops being JSON.
    """
    data = read_bytes(path, max_bytes)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"byte {error.start} is not UTF-8 text", place=str(path), remedy="this is no JSON file; check the path"
        ) from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        ended = not text[error.pos :].strip() or text.rstrip()[-1] not in "]}"  # what a whole document ends with
        raise FileFormatError(
            f"not valid JSON: {error.msg}" + (", but the file ends here: it is truncated" if ended else ""),
            place=f"{path}, line {error.lineno}, column {error.colno}",
            remedy="copy or export the file again" if ended else "correct the file at this place, or export it again",
        ) from error
    except (RecursionError, ValueError) as error:
        raise FileFormatError(
            f"not usable as JSON: {error}", place=str(path), remedy="export the file again"
        ) from error
