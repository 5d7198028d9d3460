"""The inspection report for people: the verdict, findings from the worst on, what was assumed and what not checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mouseview.cli.style import Style
from mouseview.cli.text import columns, number

_TITLES = {"error": "ERROR", "warning": "WARNING", "info": "NOTE"}
_PLURALS = {"error": "errors", "warning": "warnings", "info": "notes"}
_TRUTH_ROLES = {"true": "good", "approximate": "warning", "false": "error", None: "muted"}
_SAMPLES_NAMED = 4


def sample_report(document: dict[str, Any], style: Style) -> str:
    """One sample."""
    here = document["place"]
    lines = style.wrapped(f"{document['path']}: {_contents(document)}, this is {document['sample']}", "", "  ")
    lines += [f"{document['format']}, {len(document['cameras'])} cameras, units {document['units']}", ""]
    lines += [_verdict(document, style), ""]
    for finding in document["findings"]:
        lines += [*_finding(finding, style, _where(finding, here)), ""]
    lines += [*_declared(document, style), ""]
    lines += _assumed(document, style)
    lines += _checked(document, style)
    lines += [*_cameras(document, style), ""]
    point = ", ".join(number(value, 3) for value in document["axes_point"])
    reliable = "" if document["axes_reliable"] else ": not reliable"
    lines += style.wrapped(f"optical axes meet at ({point}), RMS {number(document['axes_rms'], 3)}{reliable}")
    spread = "–" if document["distance_cv"] is None else f"{100 * document['distance_cv']:.2f} %"
    lines.append(f"mean distance from there {number(document['distance_mean'], 3)}, CV {spread}")
    return "\n".join(lines)


def survey_report(document: dict[str, Any], style: Style) -> str:
    """Many samples."""
    every = "" if document["every"] == 1 else f" (every {document['every']}.)"
    told = f"{document['path']}: {document['inspected']} of {document['samples']} samples inspected{every}"
    lines = [*style.wrapped(told, "", "  "), document["format"], ""]
    bad = sum(sample["errors"] > 0 for sample in document["by_sample"])
    lines += [_verdict(document, style), ""]
    if bad:
        lines += style.wrapped(f"{bad} of {document['inspected']} samples have an error")
        lines += [""]
    for finding in document["findings"]:
        lines += [*_finding(finding, style, _how_often(finding, document["inspected"])), ""]
    return "\n".join(lines[:-1])


def _contents(document: dict[str, Any]) -> str:
    count = f"{document['samples']} sample{'s' if document['samples'] != 1 else ''}"
    session = document["session"]
    if session is None:
        return count
    videos = sum(view["video"] is not None for view in session["views"])
    return f"{videos} videos, {count}"


def _verdict(document: dict[str, Any], style: Style) -> str:
    """One line that says it all."""
    parts = []
    for severity, plural in _PLURALS.items():
        count = sum(finding["severity"] == severity for finding in document["findings"])
        if count:
            parts.append(f"{count} {plural if count != 1 else plural[:-1]}")
    told = ", ".join(parts) or "nothing to object to"
    if document["violated"]:
        return style.paint(f"Violated: {told}", "error")
    return style.paint(f"Nothing is violated: {told}" if parts else "Nothing is violated, nothing to object to", "good")


def _finding(finding: dict[str, Any], style: Style, where: str) -> list[str]:
    severity = finding["severity"]
    head = f"{style.paint(_TITLES[severity], severity)} {style.paint(finding['code'], 'strong')}"
    lines = [f"{head}  {style.paint(where, 'muted')}".rstrip() if where else head]
    lines += style.wrapped(finding["message"], "  ")
    if finding["remedy"]:
        lines += style.wrapped(finding["remedy"], "  → ", "    ")
    return lines


def _where(finding: dict[str, Any], here: str) -> str:
    """The camera; the file too where it is another than the one inspected."""
    place = str(finding["place"])
    parts = [finding["camera"]] if finding["camera"] else []
    if not place.startswith(here) or (not parts and place != here):
        parts.append(place)
    return ", ".join(parts)


def _how_often(finding: dict[str, Any], inspected: int) -> str:
    if not finding["count"]:
        return str(finding["place"])
    named = [Path(name).name for name in finding["in_samples"][:_SAMPLES_NAMED]]
    more = " …" if finding["count"] > len(named) else ""
    cameras = ", ".join(f"{name} {count}×" for name, count in list(finding["by_camera"].items())[:_SAMPLES_NAMED])
    told = f"in {finding['count']} of {inspected} samples: {', '.join(named)}{more}"
    return f"{told}; {cameras}" if cameras else told


def _declared(document: dict[str, Any], style: Style) -> list[str]:
    verdict, modes = document["declared"], document["modes"]
    against = f" ({', '.join(verdict['against'])})" if verdict["against"] else ""
    told = f"The declared geometry is {style.paint(verdict['words'], _TRUTH_ROLES[verdict['truth']])}{against}."
    inside = f"is in {verdict['format']}'s format" if verdict["in_format"] else f"is not {verdict['format']}'s format"
    lines = style.wrapped(f"{told} It {inside}.")
    lines.append("Normalising keeps a true geometry")
    for truth, word in (("true", "exactly"), ("approximate", "approximately"), ("false", "not")):
        lines += style.wrapped(", ".join(modes[truth]), f"  {style.paint(word, _TRUTH_ROLES[truth])}: ", "    ")
    return lines


def _assumed(document: dict[str, Any], style: Style) -> list[str]:
    if not document["assumptions"]:
        return []
    lines = [style.paint("Assumed", "strong")]
    for assumption in document["assumptions"]:
        lines += style.wrapped(assumption, "  · ", "    ")
    return [*lines, ""]


def _checked(document: dict[str, Any], style: Style) -> list[str]:
    lines = []
    for checked, title in ((True, "Checked"), (False, "Could not be checked")):
        lines.append(style.paint(title, "strong"))
        for question in document["checked"]:
            if question["checked"] is checked:
                lines += style.wrapped(f"{question['asked']}: {question['how']}", "  · ", "    ")
        lines.append("")
    return lines


def _cameras(document: dict[str, Any], style: Style) -> list[str]:
    cameras = document["cameras"]
    lenses = [" ".join(number(value, 4) for value in camera["distortion"]) or "none" for camera in cameras]
    rows = [
        (
            camera["name"],
            f"{camera['width']}×{camera['height']}",
            *(number(camera[key], 2) for key in ("fx", "fy", "cx", "cy", "skew")),
            number(camera["distance"], 3),
        )
        for camera in cameras
    ]
    header = ("camera", "size", "fx", "fy", "cx", "cy", "skew", "distance")
    wide = columns(((*header, "lens"), *((*row, lens) for row, lens in zip(rows, lenses, strict=True))))
    if max(map(len, wide)) <= style.width:
        return wide
    lines = columns((header, *rows))
    for camera, lens in zip(cameras, lenses, strict=True):
        lines += style.wrapped(lens, f"  lens of {camera['name']}: ", "    ")
    return lines
