"""What a reconstruction will cost before it is run, and what one more view would add. Torch-free."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from mouseview import resources
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.cost import Cost, cost
from mouseview.inference.declared import declared_format
from mouseview.inference.hardware import CUDA, Processor
from mouseview.inference.passes import Duration, Pass, expected
from mouseview.inference.views import MAX_VIEWS

# What a machine must keep for everything else: the window, the pictures, the system.
_SPARE = 0.9


@dataclass(frozen=True)
class Estimate:
    """cost: with the views that are fed.  more: with one more; None at the most that can be fed.  duration: of the pass
    alone, None until one was run on this processor.  trained: fewest and most views the model was trained with."""

    cost: Cost
    more: Cost | None
    duration: Duration | None
    processor: Processor
    trained: tuple[int, int]

    @property
    def fits(self) -> bool | None:
        """Into the memory of the processor; None where that is unknown."""
        there = self.processor.memory_bytes
        return None if there is None else self.cost.memory_bytes <= _SPARE * there

    @property
    def more_seconds(self) -> float | None:
        """What one more view adds to the time, at the same rate."""
        if self.more is None or self.duration is None:
            return None
        return self.duration.seconds * (self.more.flop / self.cost.flop - 1)

    @property
    def text(self) -> str:
        """Such as ``6 views · 6,146 tokens · about 455 MB and 3.4 s on this CPU``."""
        costs = f"{self.cost.views} views · {self.cost.tokens:,} tokens · about {memory_text(self.cost.memory_bytes)}"
        where = "this GPU" if self.processor.device == CUDA else "this CPU"
        if self.duration is None:
            return f"{costs} · time on {where} unknown until the first run"
        time = duration_text(self.duration.seconds)
        return f"{costs} {'and' if self.duration.same_network else 'and very roughly'} {time} on {where}"

    @property
    def more_text(self) -> str:
        """What one more view adds, such as ``+1 view: +17 % tokens, +20 MB, +1.1 s``."""
        if self.more is None:
            return f"No more than {MAX_VIEWS} views can be fed"
        tokens = 100 * (self.more.tokens / self.cost.tokens - 1)
        parts = [f"+{tokens:.0f} % tokens", f"+{memory_text(self.more.memory_bytes - self.cost.memory_bytes)}"]
        if self.more_seconds is not None:
            parts.append(f"+{duration_text(self.more_seconds)}")
        return f"+1 view: {', '.join(parts)}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against this run: more memory than there is, or other numbers of views than in training."""
        said = []
        if self.fits is False and self.processor.memory_bytes is not None:
            there = f"{memory_text(self.processor.memory_bytes)} of {self.processor.name or 'this GPU'}"
            said.append(f"Too little memory: about {memory_text(self.cost.memory_bytes)} of the {there}")
        least, most = self.trained
        if not least <= self.cost.views <= most:
            said.append(f"Trained with {least} to {most} views")
        return tuple(said)


def estimate(
    checkpoint: str, config: GSLRMConfig, views: int, processor: Processor, passes: tuple[Pass, ...]
) -> Estimate:
    """config: of the network of ``checkpoint``, whose camera format decides the size of the images.

    passes: what was run here before, ``passes.known_passes``.
    """
    card = resources.model_format(declared_format(checkpoint))
    now = cost(config, card.size, views, processor.device)
    more = cost(config, card.size, views + 1, processor.device) if views < MAX_VIEWS else None
    return Estimate(now, more, expected(now.flop, config.sizes, processor, passes), processor, card.views)


def describe_estimate(found: Estimate) -> dict[str, Any]:
    """JSON-able: numbers in bytes, seconds and floating-point operations; what is unknown is null."""
    more = None if found.more is None else {**dataclasses.asdict(found.more), "more_seconds": found.more_seconds}
    return {
        **dataclasses.asdict(found.cost),
        "flop": found.cost.flop,
        "seconds": found.duration and found.duration.seconds,
        "measured_with_this_network": found.duration and found.duration.same_network,
        "one_more_view": more,
        "processor": dataclasses.asdict(found.processor),
        "fits": found.fits,
        "trained_views": list(found.trained),
        "warnings": list(found.warnings),
    }


def memory_text(count: float) -> str:
    """Bytes in MB or GB (10⁶, 10⁹)."""
    return f"{count / 1e6:.0f} MB" if count < 0.95e9 else f"{count / 1e9:.1f} GB"


def duration_text(seconds: float) -> str:
    if seconds < 0.95:
        return f"{seconds:.1g} s"
    return f"{seconds:.1f} s" if seconds < 9.5 else f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
