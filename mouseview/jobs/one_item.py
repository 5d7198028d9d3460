"""Doing one item, wherever it runs: skip it, do it, or say why not and whether the others could still be done."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mouseview.formats.files import remove_leftovers, temporary_suffix, unwritable
from mouseview.jobs.folder_lock import holds
from mouseview.jobs.job import ItemError, Outcome, Work
from mouseview.jobs.journal import Record
from mouseview.model.errors import MouseViewError

_HOPELESS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})


@dataclass(frozen=True)
class Place:
    """Where a job writes and what it reads: without it no item can be done. token: of the run that holds ``out``."""

    out: Path
    token: str
    needs: tuple[Path, ...] = ()

    def check_output(self) -> None:
        """Raises ``MouseViewError`` when the folder is not the one that was locked: unmounted, removed, replaced."""
        if not holds(self.out, self.token):
            raise MouseViewError(
                "the output folder is gone, or another run has taken it",
                place=str(self.out),
                remedy="mount its disk again, or choose another folder",
            )

    def what_is_missing(self) -> MouseViewError | None:
        """Why nothing can be done here at all; None when it is as it should be."""
        try:
            self.check_output()
            with tempfile.NamedTemporaryFile(dir=self.out, prefix=".", suffix=temporary_suffix()):
                pass
        except MouseViewError as error:
            return error
        except OSError as error:
            return unwritable(self.out, error)
        for source in self.needs:
            if not os.path.exists(source):
                return MouseViewError(
                    "the source is gone", place=str(source), remedy="mount its disk again, or put it back"
                )
        return None


def do_item(work: Work, index: int, earlier: Record | None, place: Place) -> Outcome:
    """earlier: what a run before this one knew of the item, None: nothing, or it does not count."""
    try:
        place.check_output()  # before the item makes its folder: below a vanished mount it would fill another disk
        item = work(index)
        fingerprint = item.fingerprint
        kept = earlier.result if earlier is not None and earlier.fingerprint == fingerprint else None
        if kept is not None and item.is_whole(kept):
            return Outcome(index, fingerprint, kept, skipped=True)
        if item.folder.is_dir():
            remove_leftovers(item.folder)
        return Outcome(index, fingerprint, item.write())
    except Exception as error:  # whatever it is becomes a value with its traceback, and the other items go on
        reason = _stop_reason(error, place)
        return Outcome(index, error=ItemError.of(reason or error), stop=reason is not None)


def _stop_reason(error: BaseException, place: Place) -> BaseException | None:
    """The error to stop for, where it will meet every other item as well."""
    if any(isinstance(cause, OSError) and cause.errno in _HOPELESS for cause in _chain(error)):
        return error
    return place.what_is_missing()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
