"""What is wrong with a rig or a sample, said before anything runs: one file per check, each finding with a remedy."""

from mouseview.checks.registry import CHECKS, inspect

__all__ = ["CHECKS", "inspect"]
