"""One worker process as the client sees it: started with a handshake, messages in and out, and a plain death notice."""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from typing import IO

from mouseview.inference.worker.environment import bundle_folder, clean_environment, worker_command
from mouseview.inference.worker.protocol import NAME, VERSION, Message, ProtocolError, read_message, write_message
from mouseview.model.errors import EngineError

_LINES_KEPT = 30
_END_S = 3.0


class WorkerProcess:
    """Started on construction; raises ``EngineError`` when no worker of our protocol answers within ``hello_s``."""

    def __init__(self, python: str, hello_s: float) -> None:
        self._python = python
        self._messages: queue.SimpleQueue[Message | ProtocolError | None] = queue.SimpleQueue()
        self._last_lines: collections.deque[str] = collections.deque(maxlen=_LINES_KEPT)
        try:
            self._child = subprocess.Popen(
                worker_command(python),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=clean_environment(os.environ, bundle_folder()),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise EngineError(
                f"the worker cannot be started: {error.strerror or error}",
                place=python,
                remedy="check the Python of the compute runtime, or install the runtime again",
            ) from error
        self._stopped = False
        self._to_child, messages, lines = _pipes(self._child)
        self._readers = [
            threading.Thread(target=self._read_messages, args=(messages,), daemon=True),
            threading.Thread(target=self._read_lines, args=(lines,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            self._expect_hello(hello_s)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def send(self, message: Message) -> None:
        """Raises ``EngineError`` when the worker has died."""
        try:
            write_message(self._to_child, message)
        except (OSError, ValueError) as error:
            raise self._died() from error

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, None when none came in time; raises ``EngineError`` when the worker has died."""
        try:
            message = self._messages.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            raise self._died()
        if isinstance(message, ProtocolError):
            raise EngineError(
                f"the worker {message}", place=self._python, remedy="install the compute runtime again"
            ) from message
        return message

    def end(self) -> None:
        """Ask it to end by closing its pipe; kill it when it does not."""
        with contextlib.suppress(OSError):
            self._to_child.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_END_S)
        self.kill()

    def kill(self) -> None:
        """End it at once; also frees its pipes and threads."""
        self._stopped = True
        self._child.kill()
        self._child.wait()
        with contextlib.suppress(OSError):
            self._to_child.close()
        if threading.current_thread() not in self._readers:
            for reader in self._readers:
                reader.join(_END_S)

    def _expect_hello(self, hello_s: float) -> None:
        deadline = time.monotonic() + hello_s
        while (hello := self.receive(max(0.0, deadline - time.monotonic()))) is None:
            if time.monotonic() >= deadline:
                raise EngineError(
                    f"the worker did not answer within {hello_s:g} s",
                    place=self._python,
                    remedy="try again when the machine is less busy; if it stays, install the compute runtime again",
                )
        if hello.get("hello") != NAME or hello.get("protocol") != VERSION:
            raise EngineError(
                f"the worker speaks version {hello.get('protocol')!r} of the protocol, not {VERSION}",
                place=self._python,
                remedy="bring MouseView and its compute runtime to the same version",
            )

    def _read_messages(self, pipe: IO[bytes]) -> None:
        with pipe:
            try:
                while (message := read_message(pipe)) is not None:
                    self._messages.put(message)
                self._messages.put(None)
            except ProtocolError as error:
                self._messages.put(error)

    def _read_lines(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self._last_lines.append(line.decode(errors="replace").rstrip()[:500])

    def _died(self) -> EngineError:
        if self._stopped:
            return EngineError("the worker was stopped", place=self._python, remedy="run it again")
        try:
            code: int | None = self._child.wait(_END_S)
        except subprocess.TimeoutExpired:
            code = None
        self.kill()
        last = [line for line in self._last_lines if line]
        said = f"; its last words: {last[-1]}" if last else ""
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            if name == "SIGKILL":
                return EngineError(
                    "the worker was killed (SIGKILL), most likely because memory ran out",
                    place=self._python,
                    remedy="use fewer views or a smaller checkpoint, close other programs, then run it again",
                )
            return EngineError(
                f"the worker crashed ({name}){said}",
                place=self._python,
                remedy="run it again; if it stays, choose the device cpu, or a copy of the checkpoint on a local disk",
            )
        return EngineError(
            f"the worker ended unexpectedly (exit status {code}){said}",
            place=self._python,
            remedy="run it again; if it stays, see `mouseview doctor` and install the compute runtime again",
        )


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ValueError("the worker was started without pipes")
    return child.stdin, child.stdout, child.stderr
