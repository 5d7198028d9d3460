"""How long a reconstruction takes, beside the matrix products alone that it cannot do without."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from mouseview.inference.cost import cost
from mouseview.inference.engine import load_engine

_ROUNDS = 3
_CHECKPOINT = "mouse-256"


def measure(checkpoint: str = _CHECKPOINT, device: str = "auto") -> list[dict[str, object]]:
    """Rows of ``mouseview bench``: one pass over the model's reference views, random pixels."""
    engine = load_engine(checkpoint, device)
    rig = engine.model_format.reference()
    size = engine.model_format.size
    images = np.random.default_rng(0).random((len(rig), size, size, 3), dtype=np.float32)
    fxfycxcy = np.array([camera.fxfycxcy for camera in rig], dtype=np.float32)
    c2w = np.array([camera.T_world_cam for camera in rig], dtype=np.float32)
    flop = cost(engine.config, size, len(rig)).flop
    seconds = _median(lambda: engine.reconstruct(images, fxfycxcy, c2w))
    floor = flop / _products_per_second(engine.device)
    return [
        {
            "name": "reconstruct",
            "what": f"{checkpoint}, {len(rig)} views of {size} px on {engine.device}, {flop / 1e12:.2f} TFLOP",
            "seconds": seconds,
            "floor": f"as many FLOP in one large matrix product, {torch.get_num_threads()} threads",
            "floor_seconds": floor,
            "ratio": seconds / floor,
        }
    ]


def _products_per_second(device: torch.device) -> float:
    """FLOP/s of one large square matrix product, in the precision that the engine uses on this device."""
    n, dtype = (4096, torch.bfloat16) if device.type == "cuda" else (2048, torch.float32)
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2.0 * n**3 / _median(lambda: _finished(a @ b))


def _finished(result: torch.Tensor) -> None:
    if result.is_cuda:
        torch.cuda.synchronize(result.device)


def _median(task: Callable[[], object]) -> float:
    """Of a few runs after one that does not count."""
    task()
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return float(np.median(times))
