"""Bring a sample into a model's camera format: plan (cameras), warp (pixels), ledger (what it cost).

The modes and which of them are true: ``docs/normalisation.md``.
"""

from mouseview.normalise.centres import choose_centre, subject_centres
from mouseview.normalise.export import write_prepared
from mouseview.normalise.prepare import prepare, source_to_canonical, to_world_mm

__all__ = ["choose_centre", "prepare", "source_to_canonical", "subject_centres", "to_world_mm", "write_prepared"]
