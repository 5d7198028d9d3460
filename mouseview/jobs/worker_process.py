"""What runs in a worker process: opens the work, does the items that come through its pipe, ends with its parent."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from multiprocessing.connection import Connection, wait
from typing import Final

from mouseview.jobs.job import ItemError, Opener
from mouseview.jobs.journal import Record
from mouseview.jobs.one_item import Place, do_item

READY: Final = "ready"
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def serve(connection: Connection, payload: bytes, threads: int) -> None:
    """payload: the pickled opener and place. Gets lists of (index, earlier record), None to end; answers outcomes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    os.dup2(2, 1)  # what a library prints is no result of the command that started us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for variable in _THREAD_VARIABLES:  # before anything that reads them is imported
        os.environ[variable] = str(threads)
    try:
        opener, place = _unpacked(payload)
        import cv2

        cv2.setNumThreads(threads)
        work = opener(threads)
    except Exception as error:  # told as a value: without the work there is nothing to do
        connection.send(ItemError.of(error))
        return
    connection.send(READY)
    waiting: deque[tuple[int, Record | None]] = deque()
    while True:
        if not waiting or connection.poll():  # the word to end may come while there is work
            tasks = connection.recv()
            if tasks is None:
                return
            waiting += tasks
        index, earlier = waiting.popleft()
        outcome = do_item(work, index, earlier, place)
        connection.send(outcome)
        if outcome.stop:  # the next ones would only say the same
            return


def _unpacked(payload: bytes) -> tuple[Opener, Place]:
    opener, place = pickle.loads(payload)  # of our own parent, through our own pipe
    return opener, place


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # in the middle of an item: nothing counts that is not finished
