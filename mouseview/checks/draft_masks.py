"""Masks that were guessed here are called drafts, so that nobody takes them for evidence of the same weight."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity
from mouseview.model.sample import MaskOrigin


def draft_masks(evidence: Evidence) -> Iterator[Finding]:
    if evidence.sample is None or not evidence.drafts:
        return
    names = ", ".join(evidence.drafts[:6]) + (" …" if len(evidence.drafts) > 6 else "")
    by_hand = sum(s is not None and s.origin is MaskOrigin.CORRECTED for s in evidence.sample.sources)
    guessed = len(evidence.drafts) - by_hand
    corrected = f", {by_hand} of them corrected by hand" if by_hand else ""
    yield evidence.finding(
        "draft-masks",
        Severity.WARNING if guessed else Severity.INFO,
        f"the masks of {len(evidence.drafts)} of {len(evidence.rig)} views are drafts{corrected} ({names}): they were "
        "guessed from colours and did not come with the data; silhouettes are judged with that in mind",
        "look at their outlines and correct them with the brush, or add masks of your own",
        evidence.rig[evidence.drafts[0]],
    )
