"""OpenCV's FileStorage documents as text, YAML or XML, in the dialect that ``cv2.FileStorage`` reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ufeff\ud800-\udfff]")


def plain_text(text: str) -> str:
    """``text`` without what neither dialect can hold: control characters become underscores."""
    return _CONTROL.sub("_", text)


def as_yaml(document: dict[str, Any]) -> bytes:
    """Numbers, texts, float64 matrices, mappings, and lists of mappings."""
    return "\n".join(["%YAML:1.0", "---", *_yaml_lines(document, ""), ""]).encode()


def _yaml_lines(mapping: dict[str, Any], indent: str) -> Iterator[str]:
    inner = indent + "   "
    for key, value in mapping.items():
        if isinstance(value, np.ndarray):
            matrix = np.atleast_2d(value)
            yield f"{indent}{key}: !!opencv-matrix"
            yield f"{inner}rows: {matrix.shape[0]}"
            yield f"{inner}cols: {matrix.shape[1]}"
            yield f"{inner}dt: d"
            yield f"{inner}data: [ {', '.join(_number(item) for item in matrix.ravel())} ]"
        elif isinstance(value, list):
            yield f"{indent}{key}:"
            for item in value:
                yield f"{inner}-"
                yield from _yaml_lines(item, inner + "   ")
        elif isinstance(value, str):
            quoted = value.replace("\\", "\\\\").replace('"', '\\"')
            yield f'{indent}{key}: "{quoted}"'
        else:
            yield f"{indent}{key}: {value}"


def as_xml(document: dict[str, Any]) -> bytes:
    """The same as XML."""
    lines = ['<?xml version="1.0"?>', "<opencv_storage>", *_xml_lines(document), "</opencv_storage>", ""]
    return "\n".join(lines).encode()


def _xml_lines(mapping: dict[str, Any]) -> Iterator[str]:
    for key, value in mapping.items():
        if isinstance(value, np.ndarray):
            matrix = np.atleast_2d(value)
            rows, cols = matrix.shape
            yield f'<{key} type_id="opencv-matrix">'
            yield f"<rows>{rows}</rows><cols>{cols}</cols><dt>d</dt>"
            yield f"<data>{' '.join(_number(item) for item in matrix.ravel())}</data></{key}>"
        elif isinstance(value, list):
            yield f"<{key}>"
            for item in value:
                yield from ("<_>", *_xml_lines(item), "</_>")
            yield f"</{key}>"
        elif isinstance(value, str):
            yield f'<{key}>"{escape(value, {chr(34): "&quot;"})}"</{key}>'
        else:
            yield f"<{key}>{value}</{key}>"


def _number(value: float) -> str:
    """All 17 digits, and a point even in whole numbers, as OpenCV tells them from integers."""
    text = repr(float(value))
    return text[:-1] if text.endswith(".0") else text
