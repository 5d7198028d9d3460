"""GS-LRM: checkpoints, the engine that runs them, and a worker process around it. Importing this imports no torch."""

from __future__ import annotations
