"""The worker's side: one request after the other, while a thread listens for cancels and for the client's end."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO, Any

from mouseview.inference.cost import cost
from mouseview.inference.hardware import cpu_name, peak_ram_bytes
from mouseview.inference.worker.protocol import (
    NAME,
    VERSION,
    Arrays,
    Message,
    ProtocolError,
    array_specs,
    attach,
    put_arrays,
    read_message,
    take_arrays,
    write_message,
)
from mouseview.model.errors import Cancelled, EngineError, MouseViewError


class Server:
    """Serves one client over a pair of pipes until it closes them."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._requests: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._deliveries: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._engine_key: tuple[Any, ...] | None = None
        self._engine: Any = None
        self._gpu_is_warm = False

    def serve(self) -> None:
        """Never returns: the end of the incoming pipe ends the process, also in the middle of a request."""
        self._send({"hello": NAME, "protocol": VERSION, "pid": os.getpid(), "python": sys.version.split()[0]})
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._answer(self._requests.get())

    def _listen(self) -> None:
        try:
            while (message := read_message(self._incoming)) is not None:
                match message.get("do"):
                    case "cancel":
                        self._cancelled.add(message["id"])
                    case "deliver":
                        self._deliveries.put(message)
                    case _:
                        self._requests.put(message)
        except ProtocolError as error:
            print(f"the client {error}", file=sys.stderr, flush=True)
        # the client has gone: nobody waits for what is being computed
        os._exit(0)

    def _answer(self, request: Message) -> None:
        number = request["id"]
        try:
            values, arrays = self._do(request)
            specs = array_specs(arrays)
            self._send({"id": number, "event": "result", "values": values, "arrays": specs})
            if specs:
                self._deliver(number, arrays)
        except MouseViewError as error:
            self._report(number, error)
        except ImportError as error:
            self._report(
                number,
                EngineError(
                    f"this Python cannot run GS-LRM: {error}",
                    place=sys.executable,
                    remedy="install torch: `./dev` sets it up, the packaged program offers the compute runtime",
                ),
            )
        except Exception as error:  # whatever it is, the client must hear of it; the traceback goes to stderr
            traceback.print_exc()
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._report(
                number,
                EngineError(
                    f"unexpected {type(error).__name__}: {str(error)[:500]}",
                    place=f"{Path(last.filename).name}, line {last.lineno}",
                    remedy="run it again; if it stays, report it with this text",
                ),
            )

    def _do(self, request: Message) -> tuple[dict[str, Any], Arrays]:
        number, checkpoint = request["id"], request["checkpoint"]
        match request["do"]:
            case "describe":
                return describe(checkpoint), {}
            case "encode":
                engine = self._loaded(number, checkpoint, request["device"])
                return {"device": engine.device.type}, {"posed": engine.encode(**self._inputs(request))}
            case "reconstruct":
                engine = self._loaded(number, checkpoint, request["device"])
                inputs = self._inputs(request)
                began = time.perf_counter()
                gaussians = engine.reconstruct(
                    **inputs,
                    progress=lambda fraction, what: self._progress(number, fraction, what),
                    cancelled=lambda: number in self._cancelled,
                )
                seconds = time.perf_counter() - began
                return {"device": engine.device.type, "pass": self._pass(engine, inputs, seconds)}, vars(gaussians)
            case unknown:
                raise EngineError(f"the worker cannot do {unknown!r}", remedy="bring both sides to the same version")

    def _inputs(self, request: Message) -> dict[str, Any]:
        memory = attach(request["block"])
        try:
            return take_arrays(memory, request["arrays"])
        finally:
            memory.close()

    def _deliver(self, number: int, arrays: Arrays) -> None:
        memory = attach(self._deliveries.get()["block"])
        try:
            put_arrays(memory, arrays)
        finally:
            memory.close()
        self._send({"id": number, "event": "delivered"})

    def _loaded(self, number: int, checkpoint: str, device: str) -> Any:
        from mouseview.inference.declared import find_weights
        from mouseview.inference.engine import load_engine

        state = find_weights(Path(checkpoint)).stat()
        key = (checkpoint, state.st_size, state.st_mtime_ns, device)
        if key != self._engine_key:
            self._engine_key, self._engine = None, None  # free the old one before the new one needs the memory
            self._progress(number, 0.0, "loading the checkpoint")
            self._engine = load_engine(checkpoint, device, progress=lambda _, what: self._progress(number, 0.0, what))
            self._engine_key = key
        return self._engine

    def _pass(self, engine: Any, inputs: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The fields of ``passes.Pass``."""
        import torch

        views, height, width = inputs["images"].shape[:3]
        device = engine.device
        on_gpu = device.type == "cuda"
        spent = cost(engine.config, (height, width), views, device.type)
        cold = on_gpu and not self._gpu_is_warm
        self._gpu_is_warm |= on_gpu
        cores = torch.get_num_threads()
        return {
            "device": device.type,
            "machine": torch.cuda.get_device_name(device) if on_gpu else f"{cpu_name()}, {cores} threads",
            "network": engine.config.sizes,
            "tokens": spent.tokens,
            "flop": spent.flop,
            "seconds": seconds,
            "memory_bytes": torch.cuda.max_memory_allocated(device) if on_gpu else peak_ram_bytes(),
            "cold": cold,
        }

    def _progress(self, number: int, fraction: float, what: str) -> None:
        if number in self._cancelled:
            raise Cancelled("the reconstruction was cancelled")
        self._send({"id": number, "event": "progress", "fraction": fraction, "what": what})

    def _report(self, number: int, error: MouseViewError) -> None:
        told = {"type": type(error).__name__, "message": error.message, "place": error.place, "remedy": error.remedy}
        self._send({"id": number, "event": "error"} | told)

    def _send(self, message: Message) -> None:
        write_message(self._outgoing, message)


def describe(checkpoint: str) -> dict[str, Any]:
    """What ``WorkerClient.describe`` returns."""
    from mouseview.inference.checkpoint import open_checkpoint

    opened = open_checkpoint(checkpoint)
    return {
        "model_format": opened.model_format.name,
        "config": opened.config.to_mapping(),
        "parameters": opened.parameters,
        "assumptions": list(opened.assumptions),
        "recipe": dict(opened.recipe),
        "source": str(opened.source),
    }
