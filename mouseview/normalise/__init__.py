"""Bring a sample into a model's camera format: plan (cameras), warp (pixels), ledger (what it cost).

The modes and which of them are true: ``docs/normalisation.md``. Nothing is imported here: threads that enter this
package from both ends would wait for each other.
"""
