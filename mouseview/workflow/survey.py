"""All samples of a dataset inspected, one after the other; findings are put together by their code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from mouseview.checks.evidence import Evidence
from mouseview.model.errors import Cancelled, MouseViewError
from mouseview.model.finding import Finding, Severity
from mouseview.resources import model_format
from mouseview.workflow.inspect import describe_finding, describe_session, findings_of, worst_first
from mouseview.workflow.open import open_path

Progress = Callable[[float, str, str], None]

_NAMED = 12  # samples that are named for each code


@dataclass
class _Group:
    """All findings of one code and severity."""

    first: Finding
    samples: list[str] = field(default_factory=list)
    cameras: Counter[str] = field(default_factory=Counter)

    def add(self, finding: Finding, sample: str) -> None:
        if not self.samples or self.samples[-1] != sample:
            self.samples.append(sample)
        if finding.camera is not None:
            self.cameras[finding.camera] += 1


def survey(
    path: str | Path,
    format: str | None = None,
    every: int = 1,
    progress: Progress = lambda _fraction, _what, _left: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """The document of ``mouseview inspect --all``: every ``every``-th sample, one in memory at a time.

    A sample that cannot be read is a finding and not the end. Raises ``Cancelled``.
    """
    dataset = open_path(path, format)
    card = model_format("facelift")
    rows = range(0, len(dataset), every)
    groups: dict[tuple[str, Severity], _Group] = {}
    told: list[dict[str, Any]] = []
    for problem in dataset.problems:
        groups.setdefault((problem.code, problem.severity), _Group(problem)).add(problem, "")
    begun = monotonic()
    for done, row in enumerate(rows):
        if cancelled():
            raise Cancelled("inspecting was cancelled")
        name = dataset.names[row]
        progress(done / len(rows), f"inspecting {len(rows)} samples", _left(begun, done, len(rows)))
        try:
            findings = worst_first(findings_of(Evidence.of_sample(dataset[row], card)))
        except MouseViewError as error:
            findings = (Finding("sample-unreadable", Severity.ERROR, error.place or name, error.message, error.remedy),)
        for finding in findings:
            groups.setdefault((finding.code, finding.severity), _Group(finding)).add(finding, name)
        told.append({"name": name, **_counts(findings)})
    ordered = worst_first(group.first for group in groups.values())
    by_first = {id(group.first): group for group in groups.values()}
    return {
        "path": str(dataset.path),
        "format": dataset.format,
        "samples": len(dataset),
        "inspected": len(rows),
        "every": every,
        "session": describe_session(dataset),
        "findings": [_describe(by_first[id(first)]) for first in ordered],
        "by_sample": told,
        "violated": any(group.first.severity is Severity.ERROR for group in groups.values()),
    }


def _describe(group: _Group) -> dict[str, Any]:
    """As a finding, the first one of its kind, with how many samples and cameras have it."""
    samples = [name for name in group.samples if name]
    return {
        **describe_finding(group.first),
        "count": len(samples),
        "in_samples": samples[:_NAMED],
        "by_camera": dict(group.cameras.most_common()),
    }


def _counts(findings: tuple[Finding, ...]) -> dict[str, int]:
    return {f"{severity}s": sum(finding.severity is severity for finding in findings) for severity in Severity}


def _left(begun: float, done: int, count: int) -> str:
    if not done:
        return ""
    seconds = (monotonic() - begun) / done * (count - done)
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"
