"""The demo's report: one HTML page and one JSON document that tell the journey with its own pictures and numbers."""

from __future__ import annotations

import html
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mouseview.formats.files import write_atomically
from mouseview.formats.images import write_png
from mouseview.model.finding import Finding
from mouseview.version import __version__
from mouseview.workflow.compare_modes import ModeResult
from mouseview.workflow.inspect import describe_finding, numbers
from mouseview.workflow.reconstruct import HELD_OUT, strip

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.55 system-ui, "DejaVu Sans", sans-serif; margin: 2.5rem auto; padding: 0 1.5rem;
  max-width: 1080px }
h1 { font-size: 1.9rem; margin-bottom: .2rem } h2 { margin-top: 2.6rem; font-size: 1.3rem }
p.lead { color: GrayText; margin-top: 0 } figure { margin: 1rem 0 } figcaption { color: GrayText; font-size: .9rem }
img { width: 100%; image-rendering: auto; border-radius: 6px; border: 1px solid var(--line) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .4rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right }
.badge { border-radius: 9px; padding: .05rem .55rem; font-size: .85rem; white-space: nowrap; color: #fff }
.true { background: #1d7f4e } .approximate { background: #9a6700 } .false, .error { background: #b42318 }
.warning { background: #9a6700 } .info { background: #57606a }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 1rem }
"""


@dataclass(frozen=True)
class DamagedSet:
    """A folder that shows one way in which labs' data goes wrong, and what the checks say of it."""

    name: str
    path: str
    story: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class DemoRecord:
    """Everything the report tells."""

    dataset: Path
    sample: str
    findings: tuple[Finding, ...]
    modes: tuple[ModeResult, ...]
    damaged: tuple[DamagedSet, ...]
    seconds: dict[str, float]
    screenshots: tuple[Path, ...] = field(default=())


def _number(value: float | None, digits: int = 1) -> str:
    return f"{value:.{digits}f}" if value is not None and np.isfinite(value) else "–"


def _badge(text: str, kind: str | None = None) -> str:
    return f'<span class="badge {html.escape(kind or text)}">{html.escape(text)}</span>'


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return "<p>Nothing to report.</p>"
    rows = "".join(
        f"<tr><td>{_badge(str(f.severity))}</td>"
        f"<td>{html.escape(f.message)}<br><small>→ {html.escape(f.remedy)}</small></td>"
        f"<td><small>{html.escape(f.camera or '')}</small></td></tr>"
        for f in findings
    )
    return f"<table><tr><th></th><th>What, and what to do</th><th>Where</th></tr>{rows}</table>"


def _mode_rows(modes: Sequence[ModeResult]) -> str:
    rows = ""
    for result in modes:
        collapse = "white" if result.white_collapse else ""
        rows += (
            f"<tr><td><code>{result.mode}</code></td><td>{_badge(str(result.truth))}</td>"
            f'<td class="n">{_number(result.input_psnr_subject)}</td>'
            f'<td class="n">{_number(result.heldout_psnr_subject)}</td>'
            f'<td class="n">{_number(result.white_baseline_subject)}</td>'
            f'<td class="n">{_number(result.heldout_psnr)}</td>'
            f"<td>{html.escape(result.error or collapse)}</td></tr>"
        )
    return (
        '<table><tr><th>Mode</th><th>Declared geometry</th><th class="n">Subject, fed views dB</th>'
        '<th class="n">Subject, held-out dB</th><th class="n">Blank white there dB</th>'
        f'<th class="n">Whole image, held-out dB</th><th></th></tr>{rows}</table>'
    )


def _around_subject(alpha: npt.NDArray[np.float32]) -> tuple[slice, slice]:
    """A square of 1.5 times the subject's size, kept inside the image: the rest of it is white."""
    rows, columns = np.flatnonzero(alpha.max(axis=1) > 0.5), np.flatnonzero(alpha.max(axis=0) > 0.5)
    if not rows.size:
        return slice(None), slice(None)
    side = min(int(1.5 * max(np.ptp(rows), np.ptp(columns)) + 8), *alpha.shape)
    corners = [
        int(np.clip((span[0] + span[-1] - side) // 2, 0, length - side))
        for span, length in zip((rows, columns), alpha.shape, strict=True)
    ]
    return slice(corners[0], corners[0] + side), slice(corners[1], corners[1] + side)


def _mode_pictures(modes: Sequence[ModeResult], folder: Path) -> str:
    (folder / "modes").mkdir(parents=True, exist_ok=True)
    figures = ""
    for result in modes:
        shown = next((view for view in result.views if view.role == HELD_OUT), None) or next(iter(result.views), None)
        if shown is None:
            continue
        file = folder / "modes" / f"{result.mode}.png"
        box = _around_subject(shown.truth[..., 3])
        write_png(file, strip(shown.truth[box], shown.prediction[box]))
        figures += (
            f'<figure><img src="modes/{file.name}" alt="{result.mode}"><figcaption><code>{result.mode}</code> '
            f"{_badge(str(result.truth))} {_number(shown.scores.psnr_subject)} dB on the subject of "
            f"{html.escape(shown.name)}</figcaption></figure>"
        )
    return f'<div class="grid">{figures}</div>'


def _damaged(sets: Sequence[DamagedSet]) -> str:
    return "".join(f"<h3>{html.escape(s.name)}</h3><p>{html.escape(s.story)}</p>{_findings(s.findings)}" for s in sets)


def headline(modes: Sequence[ModeResult]) -> dict[str, Any]:
    """The figures that the demo is about: what a false declaration costs, and whether raw millimetres go white."""
    by_name = {str(result.mode): result for result in modes}
    exact, forced, raw = (by_name.get(name) for name in ("exact-aimed", "forced-k", "raw"))
    gain = exact.heldout_psnr_subject - forced.heldout_psnr_subject if exact and forced else float("nan")
    return numbers(
        {
            "exact_aimed_heldout_subject_db": exact.heldout_psnr_subject if exact else float("nan"),
            "exact_over_forced_k_db": gain,
            "raw_white_collapse": raw.white_collapse if raw and raw.reconstruction else None,
            "raw_predicted_alpha": raw.reconstruction.predicted_alpha if raw and raw.reconstruction else float("nan"),
        }
    )


def write_report(record: DemoRecord, folder: Path) -> dict[str, Any]:
    """Write ``report.html`` and ``report.json`` into ``folder`` and return the JSON document."""
    key = headline(record.modes)
    system = f"{platform.machine()}, {platform.system()} {platform.release()}"
    document = {
        "mouseview": __version__,
        "machine": f"{system}, Python {platform.python_version()}",
        "dataset": str(record.dataset),
        "sample": record.sample,
        "headline": key,
        "modes": [_mode_document(result) for result in record.modes],
        "findings": [describe_finding(finding) for finding in record.findings],
        "damaged": [
            {"name": s.name, "path": s.path, "findings": [describe_finding(f) for f in s.findings]}
            for s in record.damaged
        ],
        "seconds": numbers(record.seconds),
        "screenshots": [str(path) for path in record.screenshots],
    }
    shots = "".join(
        f'<figure><img src="{html.escape(path.relative_to(folder).as_posix())}" alt="{html.escape(path.stem)}">'
        f"<figcaption>{html.escape(path.stem.replace('_', ' ').replace('-', ' '))}</figcaption></figure>"
        for path in record.screenshots
    )
    times = ", ".join(f"{html.escape(what)} {value:.1f} s" for what, value in record.seconds.items())
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>MouseView demo</title>
<style>{_STYLE}</style></head><body>
<h1>A six-camera mouse rig, judged</h1>
<p class="lead">MouseView {__version__} on {html.escape(str(document["machine"]))}. {times}.</p>
<p>Sample <b>{html.escape(record.sample)}</b>: a procedural mouse seen through six distorted, off-centre cameras in
millimetres. The model knows one camera format. Below: what the checks say of the rig as it is, and what the same
frame gives in every normalisation mode, scored on the same source pixels. Held-out cameras were never fed.</p>
{shots}
<h2>What the checks say</h2>{_findings(record.findings)}
<h2>Every mode on the same pixels</h2>{_mode_rows(record.modes)}
<p>Exact normalisation over forced intrinsics: <b>{_number(key["exact_over_forced_k_db"])} dB</b> on the
subject at held-out cameras. Raw millimetres: mean predicted alpha inside the mask
<b>{_number(key["raw_predicted_alpha"], 3)}</b>.</p>
<p>Photograph, prediction and absolute difference at a held-out camera:</p>
{_mode_pictures(record.modes, folder)}
<h2>The ways in which such data goes wrong</h2>{_damaged(record.damaged)}
</body></html>"""
    write_atomically(folder / "report.html", page.encode())
    write_atomically(folder / "report.json", json.dumps(document, indent=1).encode())
    return {**document, "report": str(folder / "report.html")}


def _mode_document(result: ModeResult) -> dict[str, Any]:
    return numbers(
        {
            "mode": str(result.mode),
            "truth": str(result.truth),
            "input_psnr_subject": result.input_psnr_subject,
            "heldout_psnr_subject": result.heldout_psnr_subject,
            "heldout_psnr": result.heldout_psnr,
            "white_baseline_subject": result.white_baseline_subject,
            "white_collapse": result.white_collapse,
            "seconds": result.reconstruction.seconds if result.reconstruction else float("nan"),
            "error": result.error,
        }
    )
