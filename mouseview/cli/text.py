"""Plain text for people: numbers, columns, findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def number(value: float | None, digits: int) -> str:
    """A dash where there is none."""
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before a zero


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned lines; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines


def finding_lines(findings: Sequence[dict[str, Any]]) -> list[str]:
    """Each finding with its place and remedy, in the order given."""
    if not findings:
        return ["nothing to object to"]
    lines = []
    for finding in findings:
        lines.append(f"{finding['severity']}: {finding['place']}: {finding['message']} [{finding['code']}]")
        if finding["remedy"]:
            lines.append(f"  → {finding['remedy']}")
    return lines


def error_lines(name: str, error: dict[str, str]) -> list[str]:
    place = f"{error['place']}: " if error["place"] and error["place"] != name else ""
    lines = [f"{name}: {place}{error['message']}"]
    return [*lines, f"  → {error['remedy']}"] if error["remedy"] else lines
