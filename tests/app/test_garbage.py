"""What is freed, and in which thread."""

from __future__ import annotations

import threading
import weakref

from pytestqt.qtbot import QtBot

from mouseview.app.main import Running


class _Node:
    itself: _Node


def test_cycles_are_freed_in_the_windows_thread_however_busy_others_are(running: Running, qtbot: QtBot) -> None:
    freed_in: list[int] = []
    node = _Node()
    node.itself = node
    weakref.finalize(node, lambda: freed_in.append(threading.get_ident()))
    del node
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            several = [[] for _ in range(1000)]
            for one in several:
                one.append(several)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        qtbot.waitUntil(lambda: bool(freed_in), timeout=10_000)
    finally:
        stop.set()
        thread.join()
    assert freed_in == [threading.get_ident()]
