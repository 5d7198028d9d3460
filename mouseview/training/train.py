"""``python -m mouseview.training.train``: trains the bundled network on procedural mice, on one CUDA device.

torch is imported inside ``main``: the processes that make mice import this module as their main one and need none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from mouseview.training.schedule import Stage


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mouseview.training.train", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for states, weights, card and strips")
    parser.add_argument(
        "--stage", type=Stage.parse, action="append", help="SIZE:STEPS[:BATCH], in order (128:10000, then 256:8000)"
    )
    parser.add_argument("--minutes", type=float, help="wall clock of the whole command; stages share it by their cost")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the state in --out")
    parser.add_argument("--start-from", type=Path, help="weights (.safetensors) to begin with")
    parser.add_argument("--mice", type=int, default=4000, help="size of the herd")
    parser.add_argument("--rate", type=float, default=5e-4, help="peak learning rate")
    parser.add_argument("--evaluate-s", type=float, default=90.0, help="seconds between evaluations")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    started = monotonic()
    chosen = _arguments(arguments)
    import torch

    from mouseview.training.loop import Run, RunSettings
    from mouseview.training.splats import gsplat_renderer

    if not torch.cuda.is_available():
        print("training needs a CUDA device, and torch finds none", file=sys.stderr)
        return 2
    settings = RunSettings(
        out=chosen.out,
        stages=tuple(chosen.stage or (Stage.parse("128:10000"), Stage.parse("256:8000"))),
        minutes=chosen.minutes,
        seed=chosen.seed,
        resume=chosen.resume,
        start_from=chosen.start_from,
        mice=chosen.mice,
        peak_rate=chosen.rate,
        evaluate_s=chosen.evaluate_s,
    )
    Run(settings, gsplat_renderer(), torch.device("cuda"), started).train()
    return 0


if __name__ == "__main__":
    sys.exit(main())
