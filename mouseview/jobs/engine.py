"""Runs a job: locks its folder, goes on from what an earlier run has left, keeps the journal, ends cleanly."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from mouseview.formats.files import remove_leftovers, unwritable
from mouseview.jobs.backend import Backend, Pool
from mouseview.jobs.estimate import Estimate
from mouseview.jobs.folder_lock import FolderLock
from mouseview.jobs.in_process import InProcess
from mouseview.jobs.job import Cancel, Conclude, Job, JobProgress, JobReport, JobStopped, Outcome, Watch
from mouseview.jobs.journal import JobState, Journal, Record, read_state
from mouseview.jobs.one_item import Place
from mouseview.model.errors import Cancelled, MouseViewError

_TICK_S = 0.1


def run_job(
    job: Job,
    backend: Backend | None = None,
    *,
    resume: bool = False,
    watch: Watch = lambda _progress: None,
    cancelled: Cancel = lambda: False,
    conclude: Conclude = lambda _report: None,
) -> JobReport:
    """Do all items of a job and report what came of each.

    backend: ``InProcess()`` (default), ``Processes(n)`` or ``Cluster(address)``.  resume: leave alone what an earlier
    run has done, where its fingerprint holds and its output is whole.  watch: called after every item.  cancelled:
    asked ten times a second (in this process: between items).  conclude: called last, while the folder is still this
    run's alone: writes ``job.summary``.

    Errors of single items stand in the report. Raises ``JobStopped`` when no item can be done any more (disk full,
    folder or source gone), ``Cancelled`` on a cancel, ``MouseViewError`` when it cannot begin: another run holds the
    folder, or another kind of job has written it. Whatever ends it, what is done can be resumed.
    """
    with _folder(job.out), _locked(job.out) as lock:
        state = _state(job)
        _take_away_summary(job)
        earlier = dict(state.records) if resume and state is not None else {}
        known = [earlier.get(key) for key in job.keys]
        kept = {key: earlier[key] for key in job.keys if key in earlier}
        journal = Journal(job.out, job.kind, job.settings, len(job.keys), kept or None)
        with contextlib.closing(journal):
            run = _Run(job, journal, known, watch)
            place = Place(job.out, lock.token, job.needs)
            if job.keys:
                run.follow((backend or InProcess()).start(job, known, place), cancelled)
            journal.settle(job.keys)
        report = run.report()
        conclude(report)
    return report


class _Run:
    """What has happened so far."""

    def __init__(self, job: Job, journal: Journal, known: list[Record | None], watch: Watch) -> None:
        self._job, self._journal, self._known, self._watch = job, journal, known, watch
        doubtful = sum(record is not None and record.result is not None for record in known)
        self._estimate = Estimate(len(job.keys), doubtful)
        self._outcomes: dict[int, Outcome] = {}
        self._done = self._skipped = self._failed = 0
        self._started = time.monotonic()

    def follow(self, pool: Pool, cancelled: Cancel) -> None:
        """Until every item has ended. Raises ``Cancelled`` and ``JobStopped``."""
        try:
            while not pool.finished:
                if cancelled():
                    raise Cancelled("cancelled", place=str(self._job.out), remedy=f"resume it: {self._kept()}")
                self._note(pool.poll(_TICK_S))
                self._journal.sync()
        except JobStopped as stopped:
            kept = f"; then resume it: {self._kept()}" if self._done + self._skipped else ""
            remedy = stopped.remedy + kept
            raise JobStopped(stopped.message, place=stopped.place, remedy=remedy) from stopped
        finally:
            late = [outcome for outcome in pool.stop() if not outcome.stop]
            with contextlib.suppress(MouseViewError):  # a full disk may be why it ends, which is being told
                self._note(late)

    def report(self) -> JobReport:
        outcomes = tuple(self._outcomes[index] for index in sorted(self._outcomes))
        return JobReport(self._job, outcomes, time.monotonic() - self._started)

    def _note(self, outcomes: list[Outcome]) -> None:
        stop = next((outcome.error for outcome in outcomes if outcome.stop), None)
        try:
            for outcome in outcomes:
                if not outcome.stop and outcome.index not in self._outcomes:
                    self._one(outcome)
        except MouseViewError as error:  # the journal: what is not in it does not count
            raise JobStopped(error.message, place=error.place, remedy=error.remedy) from error
        if stop is not None:
            raise JobStopped(stop.message, place=stop.place, remedy=stop.remedy)

    def _one(self, outcome: Outcome) -> None:
        key, known = self._job.keys[outcome.index], self._known[outcome.index]
        if not outcome.skipped:
            self._journal.add(key, Record(outcome.fingerprint, outcome.result, outcome.error))
        self._outcomes[outcome.index] = outcome
        self._skipped += outcome.skipped
        self._failed += outcome.error is not None
        self._done += outcome.result is not None and not outcome.skipped
        self._estimate.ended(skipped=outcome.skipped, was_doubtful=known is not None and known.result is not None)
        self._watch(
            JobProgress(
                len(self._job.keys),
                self._done,
                self._skipped,
                self._failed,
                key,
                time.monotonic() - self._started,
                self._estimate.remaining_s(),
            )
        )

    def _kept(self) -> str:
        return f"{self._done + self._skipped} of {len(self._job.keys)} are done and stay"


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[None]:
    """The output folder is there; one that was made for nothing goes again."""
    made = [parent for parent in (out, *out.parents) if not parent.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(out, error) from error
    try:
        yield
    finally:
        for folder in made:
            try:
                folder.rmdir()
            except OSError:  # something was written
                break


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[FolderLock]:
    lock = FolderLock(out)
    lock.acquire()
    try:
        remove_leftovers(out, below=False)
        yield lock
    finally:
        lock.release()


def _take_away_summary(job: Job) -> None:
    if job.summary:
        try:
            (job.out / job.summary).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(job.out / job.summary, error) from error


def _state(job: Job) -> JobState | None:
    state = read_state(job.out)
    if state is not None and state.kind != job.kind:
        raise MouseViewError(
            f"this folder was written by another kind of job ({state.kind})",
            place=str(job.out),
            remedy="choose another output folder",
        )
    return state
