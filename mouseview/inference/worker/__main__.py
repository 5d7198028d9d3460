"""``python -m mouseview.inference.worker``: speaks the protocol over its own stdin and stdout."""

from __future__ import annotations

import os
import signal

from mouseview.inference.worker.server import Server


def main() -> None:
    # Ctrl-C in a terminal reaches the whole group; the client decides what it means for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # whatever a library prints must not fall between our messages
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    Server(incoming, outgoing).serve()


if __name__ == "__main__":
    main()
