"""One run at a time in an output folder: a lock file that the system gives back when its process dies."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

from mouseview.formats.files import unwritable
from mouseview.model.errors import MouseViewError

NAME = "mouseview-job.lock"
_MAX_BYTES = 4096
_LOCKED_BYTE = 1 << 20  # far behind the content: Windows would not let others read a locked byte


class FolderLock:
    """Held from ``acquire`` to ``release``. The file holds who has it, and a token that tells this run from others."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.token = secrets.token_hex(8)
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises ``MouseViewError`` naming the holder, or when the folder cannot be written."""
        while self._descriptor is None:
            descriptor = self._open()
            try:
                self._lock(descriptor)
                # whoever had it may have removed the file between our opening and our locking it
                if _same_file(descriptor, self.path):
                    self._descriptor = descriptor
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, json.dumps(_ourselves(self.token)).encode())
                    os.fsync(descriptor)
            except OSError as error:
                raise unwritable(self.path, error) from error
            finally:
                if self._descriptor is None:
                    os.close(descriptor)

    def release(self) -> None:
        """Give it back; the file goes."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            os.close(descriptor)
        with contextlib.suppress(OSError):  # the folder may have vanished, which was told before
            if sys.platform == "win32" or _same_file(descriptor, self.path):
                self.path.unlink()
        if sys.platform != "win32":
            os.close(descriptor)

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _lock(self, descriptor: int) -> None:
        try:
            _lock_file(descriptor)
        except (BlockingIOError, PermissionError) as error:
            raise _held(self.path) from error
        except OSError:  # a file system without locks: what the file says has to do
            holder = read_holder(self.path)
            if holder and not _is_dead(holder):
                raise _held(self.path) from None


def holds(folder: Path, token: str) -> bool:
    """Whether ``folder`` is still the one that the run with this token has locked."""
    return read_holder(folder / NAME).get("token") == token


def read_holder(path: Path) -> dict[str, Any]:
    """Who wrote the lock file; empty when it is gone or says nothing."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ourselves(token: str) -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "token": token}


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _held(path: Path) -> MouseViewError:
    holder = read_holder(path)
    who = f" (process {holder.get('pid')} on {holder.get('host')})" if holder else ""
    return MouseViewError(
        f"another run is writing this folder{who}",
        place=str(path.parent),
        remedy=f"wait until it ends, stop it, or choose another folder; if nothing runs any more, remove {path.name}",
    )


def _is_dead(holder: dict[str, Any]) -> bool:
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int) or pid <= 0:
        return False
    if sys.platform == "win32":
        return False  # asking there would end the process; file locks always work there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock_file(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock_file(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
