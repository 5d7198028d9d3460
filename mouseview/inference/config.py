"""What a GS-LRM checkpoint is built like: FaceLift's ``model:`` block, refused by name where unsupported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mouseview.geometry.rays import RayEncoding
from mouseview.model.errors import CheckpointError

RAY_CHANNELS = {RayEncoding.NEAREST: 6, RayEncoding.PLUCKER: 6, RayEncoding.AUG: 9}

# Far above anything trained so far; they only keep a damaged or hostile file from asking for all memory.
_LIMITS = {"d": 8192, "d_head": 8192, "n_layer": 128, "patch_size": 64, "n_gaussians": 65536, "sh_degree": 3}
_ALLOWED_ZERO = frozenset({"sh_degree", "n_gaussians"})


@dataclass(frozen=True)
class GSLRMConfig:
    """Sizes of the network under the names of FaceLift's configuration.

    d: width of a token.  d_head: width of an attention head.  n_layer: blocks.  patch_size: px.  n_gaussians: free
    Gaussians in front of the pixel-aligned ones.  sh_degree: 0 to 3.  add_refsrc_marker: the first view is marked.
    """

    encoding: RayEncoding
    d: int
    d_head: int
    n_layer: int
    patch_size: int = 8
    n_gaussians: int = 2
    sh_degree: int = 0
    add_refsrc_marker: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoding", RayEncoding(self.encoding))
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            least = 0 if name in _ALLOWED_ZERO else 1
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= limit:
                raise CheckpointError(
                    f"{name} is {value!r}; a whole number from {least} to {limit} is expected",
                    place="model configuration",
                )
        if self.d % self.d_head:
            raise CheckpointError(f"d = {self.d} is no multiple of d_head = {self.d_head}", place="model configuration")

    @property
    def in_channels(self) -> int:
        """Channels of a pixel as the network is fed it: RGB and the encoded ray."""
        return 3 + RAY_CHANNELS[self.encoding]

    @property
    def heads(self) -> int:
        return self.d // self.d_head

    @property
    def sh_coefficients(self) -> int:
        return (self.sh_degree + 1) ** 2

    @property
    def gaussian_channels(self) -> int:
        """Numbers that describe one Gaussian: xyz, SH, scale, rotation, opacity."""
        return 3 + 3 * self.sh_coefficients + 3 + 4 + 1

    @property
    def sizes(self) -> str:
        """What decides the work of a pass, in short."""
        return f"d {self.d}, {self.n_layer} layers, heads of {self.d_head}, patches of {self.patch_size} px"

    @classmethod
    def from_mapping(cls, block: Mapping[str, Any], place: str = "config.yaml") -> GSLRMConfig:
        """The ``model:`` block of a config.yaml (or of our own metadata).

        Raises ``CheckpointError`` naming the key that is missing, of a wrong kind or beyond what MouseView supports.
        """
        encoding = _encoding(block, place)
        transformer = _section(block, "transformer", place)
        tokenizer = _section(block, "image_tokenizer", place)
        gaussians = _section(block, "gaussians", place)
        upsampler = gaussians.get("upsampler") or {}
        factor = upsampler.get("upsample_factor", 1) if isinstance(upsampler, Mapping) else upsampler
        if factor != 1:
            raise _unsupported("model.gaussians.upsampler.upsample_factor", factor, "1", place)
        if block.get("hard_pixelalign", True) is not True:
            raise _unsupported("model.hard_pixelalign", block["hard_pixelalign"], "true", place)
        config = cls(
            encoding=encoding,
            d=_number(transformer, "transformer", "d", place),
            d_head=_number(transformer, "transformer", "d_head", place),
            n_layer=_number(transformer, "transformer", "n_layer", place),
            patch_size=_number(tokenizer, "image_tokenizer", "patch_size", place),
            n_gaussians=_number(gaussians, "gaussians", "n_gaussians", place),
            sh_degree=_number(gaussians, "gaussians", "sh_degree", place),
            add_refsrc_marker=_flag(block, "add_refsrc_marker", place),
        )
        in_channels = _number(tokenizer, "image_tokenizer", "in_channels", place)
        if in_channels != config.in_channels:
            raise CheckpointError(
                f"model.image_tokenizer.in_channels is {in_channels}, "
                f"but the encoding '{encoding}' has {config.in_channels}",
                place=place,
                remedy="set use_custom_plucker and use_aug_plucker as they were in training (aug: 12 channels, else 9)",
            )
        return config

    def to_mapping(self) -> dict[str, Any]:
        """The ``model:`` block that ``from_mapping`` reads back."""
        return {
            "add_refsrc_marker": self.add_refsrc_marker,
            "clip_xyz": True,
            "gaussians": {
                "n_gaussians": self.n_gaussians,
                "sh_degree": self.sh_degree,
                "upsampler": {"upsample_factor": 1},
            },
            "hard_pixelalign": True,
            "image_tokenizer": {"in_channels": self.in_channels, "patch_size": self.patch_size},
            "transformer": {"d": self.d, "d_head": self.d_head, "n_layer": self.n_layer},
            "use_aug_plucker": self.encoding is RayEncoding.AUG,
            "use_custom_plucker": self.encoding is RayEncoding.NEAREST,
        }


def _encoding(block: Mapping[str, Any], place: str) -> RayEncoding:
    custom, aug = _flag(block, "use_custom_plucker", place), _flag(block, "use_aug_plucker", place)
    if custom and aug:
        raise CheckpointError(
            "model.use_custom_plucker and model.use_aug_plucker are both true; a network is fed one ray encoding",
            place=place,
            remedy="set to false the one that was not in force in training",
        )
    if aug:
        return RayEncoding.AUG
    return RayEncoding.NEAREST if custom else RayEncoding.PLUCKER


def _section(block: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    section = block.get(name)
    if not isinstance(section, Mapping):
        raise CheckpointError(
            f"model.{name} is missing or no table", place=place, remedy="use the config.yaml of the run"
        )
    return section


def _number(section: Mapping[str, Any], section_name: str, name: str, place: str) -> int:
    value = section.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise CheckpointError(
            f"model.{section_name}.{name} is {value!r}; a whole number is expected",
            place=place,
            remedy="use the config.yaml of the run",
        )
    return value


def _flag(block: Mapping[str, Any], name: str, place: str) -> bool:
    value = block.get(name, False)
    if not isinstance(value, bool):
        raise CheckpointError(f"model.{name} is {value!r}; true or false is expected", place=place)
    return value


def _unsupported(name: str, value: object, supported: str, place: str) -> CheckpointError:
    return CheckpointError(
        f"{name} is {value!r}; MouseView runs {supported} only",
        place=place,
        remedy="this checkpoint needs the code it was trained with",
    )
