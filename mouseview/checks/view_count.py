"""As many views as the model was trained on."""

from __future__ import annotations

from collections.abc import Iterator

from mouseview.checks.evidence import Evidence
from mouseview.model.finding import Finding, Severity


def view_count(evidence: Evidence) -> Iterator[Finding]:
    few, many = evidence.model_format.views
    count = len(evidence.rig)
    if count < few:
        severity = Severity.ERROR if count < 2 else Severity.WARNING
        message = f"{count} view(s): {evidence.model_format.name} was trained on {few} to {many}"
        yield evidence.finding("view-count", severity, message, f"add cameras until there are {few}")
    elif count > many:
        yield evidence.finding(
            "view-count",
            Severity.INFO,
            f"{count} views: {evidence.model_format.name} was trained on {few} to {many}",
            f"choose up to {many} views to feed; the others serve as held-out truth",
        )
