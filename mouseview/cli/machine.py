"""The machine that numbers were measured on."""

from __future__ import annotations

import os
import platform
from typing import Any

from mouseview.inference.hardware import cpu_name


def machine() -> dict[str, Any]:
    """system, cpu, cores (those this process may use), load (1 minute average, None where the system has none)."""
    return {
        "system": platform.platform(),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }
