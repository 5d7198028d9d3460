"""What this machine computes with: its memory, its GPUs, and the torch that is installed. Torch-free."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CPU, CUDA = "cpu", "cuda"

_NVIDIA_SMI = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")
_SMI_SECONDS = 30
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Gpu:
    """memory: as the driver writes it, such as ``143771 MiB``."""

    name: str
    driver: str
    memory: str

    @property
    def memory_bytes(self) -> int | None:
        found = re.fullmatch(r"(\d+) MiB", self.memory)
        return int(found[1]) << 20 if found else None


@dataclass(frozen=True)
class TorchBuild:
    """cuda: the version that it was built for; None for a build for the CPU."""

    version: str
    cuda: str | None


@dataclass(frozen=True)
class Processor:
    """What a pass runs on. device: ``cpu`` or ``cuda``.  name: "" where unknown.  memory_bytes: all there is of it;
    None where unknown."""

    device: str
    name: str
    memory_bytes: int | None


def gpus() -> tuple[Gpu, ...]:
    """The NVIDIA GPUs by their driver's own tool; none without a driver."""
    try:
        done = subprocess.run(_NVIDIA_SMI, capture_output=True, text=True, timeout=_SMI_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [[part.strip() for part in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
    return tuple(Gpu(*row) for row in rows if len(row) == 3)


def torch_build() -> TorchBuild | None:
    """Read from torch's files: importing it takes seconds. None where it is not installed."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    version, cuda = (re.search(rf"^{name}[^=]*=\s*'([^']*)'", text, re.MULTILINE) for name in ("__version__", "cuda"))
    return TorchBuild(version[1] if version else "unknown", cuda[1] if cuda else None)


def processor(device: str) -> Processor:
    """What ``auto``, ``cpu`` or ``cuda`` most likely means here; the worker, which asks torch itself, has the say."""
    there = gpus() if device != CPU else ()
    build = torch_build() if there else None
    if device.startswith(CUDA) or (build is not None and build.cuda is not None):
        name, memory = (there[0].name, there[0].memory_bytes) if there else ("", None)
        return Processor(CUDA, name, memory)
    return Processor(CPU, cpu_name(), ram_bytes())


def cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def ram_bytes() -> int | None:
    """Memory that this process may use at most: the machine's, or what its container allows."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        total = min(total, int(_CONTAINER_LIMIT.read_text(encoding="ascii")))
    return total


def peak_ram_bytes() -> int | None:
    """The most memory that this process has held; None where the system does not tell.

    Not by ``getrusage``, whose figure on Linux includes the process that started this one.
    """
    status = Path("/proc/self/status")
    found = re.search(r"^VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"), re.M) if status.is_file() else None
    return int(found[1]) << 10 if found else None
