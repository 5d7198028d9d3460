"""What a pass of GS-LRM costs, told from its sizes before it is run: tokens, arithmetic, memory. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from mouseview.inference.config import GSLRMConfig
from mouseview.inference.hardware import CPU, CUDA

_FULL, _HALF, _DOUBLE = 4, 2, 8  # bytes of a number
_PRECISION = {CPU: _FULL, CUDA: _HALF}  # of the layers; what runs between them is in full precision

# What is held at a time, in numbers for each token and unit of width: the tokens as they were embedded, as they came
# into the block, after attention, and their norm; and the hidden layer, four widths, before and after the GELU.
_STREAMS, _HIDDEN = 4, 2 * 4
# In bytes for each pixel. The picture and its ray (direction and depth) stay from the first step to the last.
_KEPT = 3 * _FULL + (3 + 1) * _DOUBLE
# moment and nearest point, before they are joined
_ENCODING = (3 + 3) * _DOUBLE
# rays in the order of the patches, a depth, a place, and a size before and after it is limited
_DECODING = (3 + 3 + 1 + 1 + 3 + 2 * 3) * _FULL

# Measured, see docs/views.md: what a process holds beside weights and numbers (torch and its scratch memory; on a GPU
# the driver's context and the matrix library's), and what the CPU's allocator takes for each byte that is in use.
_BASE_BYTES = {CPU: 310e6, CUDA: 690e6 + 34e6}
_TAKEN_PER_BYTE = {CPU: 1.25, CUDA: 1.0}


@dataclass(frozen=True)
class Cost:
    """One pass over ``views`` images.

    tokens: of the transformer, free ones included.  linear_flop: grows with the tokens; attention_flop: with their
    square.  gaussians: how many come out.  memory_bytes: the most that is held at a time, weights included; of the
    worker process on the CPU, of the GPU's memory on CUDA.
    """

    views: int
    tokens: int
    linear_flop: float
    attention_flop: float
    gaussians: int
    memory_bytes: float

    @property
    def flop(self) -> float:
        return self.linear_flop + self.attention_flop


def cost(config: GSLRMConfig, size: int | tuple[int, int], views: int, device: str = CPU) -> Cost:
    """size: side of the images in px, or height and width; multiples of the patch.

    device: ``cpu`` (full precision) or ``cuda`` (half).
    """
    height, width = (size, size) if isinstance(size, int) else size
    pixels = views * height * width
    patches = pixels // config.patch_size**2
    tokens, d = patches + config.n_gaussians, config.d
    ends = pixels * d * (config.in_channels + config.gaussian_channels)
    return Cost(
        views=views,
        tokens=tokens,
        linear_flop=2.0 * (config.n_layer * tokens * 12 * d * d + ends),
        attention_flop=4.0 * config.n_layer * tokens**2 * d,
        gaussians=pixels + config.n_gaussians,
        memory_bytes=_memory(config, tokens, pixels, device),
    )


def parameters(config: GSLRMConfig) -> int:
    """Numbers in the weights."""
    d, pixels = config.d, config.patch_size**2
    embedding = pixels * config.in_channels * d + config.n_gaussians * d + (2 * d if config.add_refsrc_marker else 0)
    block = 2 * d + 3 * d * d + d * d + 2 * 4 * d * d
    heads = (d + d * config.gaussian_channels) + (d + d * pixels * config.gaussian_channels)
    return embedding + d + config.n_layer * block + heads


def _memory(config: GSLRMConfig, tokens: int, pixels: int, device: str) -> float:
    """Weights, and the fullest of three points: encoding the rays, a block, and making Gaussians of its numbers.

    Attention counts for nothing here: neither device forms the matrix of its scores.
    """
    encoding = pixels * (_ENCODING + (config.in_channels - 3) * _DOUBLE)
    block = tokens * config.d * (_STREAMS * _FULL + _HIDDEN * _PRECISION[device])
    # the network's numbers twice: as they come, and joined with those of the free Gaussians
    decoding = tokens * config.d * _FULL + pixels * (2 * config.gaussian_channels * _FULL + _DECODING)
    held = pixels * _KEPT + max(encoding, block, decoding)
    return _BASE_BYTES[device] + parameters(config) * _FULL + _TAKEN_PER_BYTE[device] * held
