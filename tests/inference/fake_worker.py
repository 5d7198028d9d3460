"""A worker that misbehaves on purpose; the first argument says how. Needs neither torch nor an installed package."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time


def send(message: dict[str, object]) -> None:
    data = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(data)) + data)
    sys.stdout.buffer.flush()


def receive() -> dict[str, object]:
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    return json.loads(sys.stdin.buffer.read(length))


def main(how: str) -> None:
    if how == "hang at start":
        time.sleep(60)
    if how == "exit at start":
        sys.exit("no module named numpy")
    if how == "print at start":
        print("Welcome to this Python", flush=True)
        time.sleep(60)
    send({"hello": "mouseview-worker", "protocol": 99 if how == "other version" else 1})
    request = receive()
    number = request["id"]
    match how:
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            print("CUDA error: an illegal memory access", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            sys.exit(3)
        case "deaf":
            send({"id": number, "event": "progress", "fraction": 0.0, "what": "deaf"})
            time.sleep(60)
        case "huge":
            specs = [{"name": "xyz", "shape": [10**9, 10**9], "dtype": "float32"}]
            send({"id": number, "event": "result", "values": {}, "arrays": specs})
            time.sleep(60)
        case "dies before delivery":
            specs = [{"name": "posed", "shape": [1, 9, 4, 4], "dtype": "float32"}]
            send({"id": number, "event": "result", "values": {}, "arrays": specs})
            receive()
            os.kill(os.getpid(), signal.SIGKILL)
        case "odd error":
            error = {"event": "error", "type": "SystemExit", "message": "no error class", "place": "", "remedy": "r"}
            send({"id": number} | error)
            send({"id": receive()["id"]} | error)


if __name__ == "__main__":
    main(sys.argv[1])
