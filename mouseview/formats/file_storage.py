"""OpenCV's FileStorage, YAML and XML: mappings, lists, texts and matrices, with bounded nesting and nothing executed.

``cv2.FileStorage`` itself is not used on files of others: it is native code that believes what they declare. The
YAML parser only delivers events; anchors are refused, because they make small files unfold without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import yaml

from mouseview.formats.files import MIB, read_bytes
from mouseview.geometry.transforms import Array
from mouseview.model.errors import FileFormatError

MAX_STORAGE_BYTES = 2 * MIB
_MAX_DEPTH = 16
_MAX_CHANNELS = 32
_NUMBER = re.compile(r"[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][-+]?\d{1,9})?", re.ASCII)
_SPECIAL = {".nan": np.nan, "nan": np.nan, ".inf": np.inf, "inf": np.inf, "+.inf": np.inf, "-.inf": -np.inf}
_TYPE = re.compile(r'"?(\d{0,3})[ucwsifdh]"?')
_MATRIX_TAG = "tag:yaml.org,2002:opencv-matrix"
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts stay texts: YAML 1.1 would turn a name "no" into False


class _Malformed(Exception):
    """The document breaks FileStorage's own rules; place: where in the file."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


def claims_storage(head: bytes) -> bool:
    """Whether the beginning of a file is that of a FileStorage document with matrices, or as good as one."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return b"<opencv_storage" in head
    return start.startswith(b"%YAML") or b"!!opencv-matrix" in head


def read_storage(path: Path) -> dict[str, Any]:
    """The top-level mapping: texts, lists, mappings, and float64 matrices (rows, columns[, channels]).

    Raises ``FileFormatError`` with the line where the file stops being a FileStorage document.
    """
    data = read_bytes(path, MAX_STORAGE_BYTES)
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            document = _from_xml(data)
        else:
            document = _from_yaml(data.decode("utf-8-sig"))
        if not isinstance(document, dict):
            raise _Malformed("its content is no mapping of names")
        return document
    except UnicodeDecodeError as error:
        reason, place = f"byte {error.start} is not UTF-8 text", str(path)
    except _Malformed as error:
        reason, place = str(error), f"{path}{error.place}"
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or error).splitlines()[0]
        place = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
    except expat.ExpatError as error:
        reason, place = expat.ErrorString(error.code), f"{path}, line {error.lineno}"
    raise FileFormatError(
        f"not a whole FileStorage document: {reason}", place=place, remedy="correct the file, or export it again"
    )


def number(text: str) -> float:
    """A number as OpenCV writes it (``1.``, ``.5``, ``.Nan``, ``-.Inf``); raises ``ValueError`` for anything else."""
    special = _SPECIAL.get(text.lower())
    if special is not None:
        return special
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return float(text)


# --- YAML


def _from_yaml(text: str) -> Any:
    # OpenCV's "%YAML:1.0" is no YAML directive; replaced by a comment, so that line numbers stay true
    if text.startswith("%YAML"):
        text = "#" + text[1:]
    events = yaml.parse(text, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            return _node(next(events), events, 0)
    raise _Malformed("there is no document in it")


def _node(event: Any, events: Iterator[Any], depth: int) -> Any:
    place = f", line {event.start_mark.line + 1}"
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _Malformed("anchors and aliases are not used by OpenCV", place)
    if depth > _MAX_DEPTH:
        raise _Malformed(f"nested deeper than {_MAX_DEPTH}", place)
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if isinstance(event, yaml.SequenceStartEvent):
        return [_node(item, events, depth + 1) for item in _until(yaml.SequenceEndEvent, events)]
    mapping: dict[str, Any] = {}
    for key in _until(yaml.MappingEndEvent, events):
        if not isinstance(key, yaml.ScalarEvent) or key.anchor:
            raise _Malformed("a name is expected here", f", line {key.start_mark.line + 1}")
        mapping[key.value] = _node(next(events), events, depth + 1)
    return _matrix(mapping, place) if event.tag == _MATRIX_TAG or _is_plain_matrix(mapping) else mapping


def _until(end: type, events: Iterator[Any]) -> Iterator[Any]:
    for event in events:
        if isinstance(event, end):
            return
        yield event


def _is_plain_matrix(mapping: dict[str, Any]) -> bool:
    """ROS writes OpenCV's matrices without their tag."""
    return mapping.keys() == {"rows", "cols", "data"} and isinstance(mapping["data"], list)


def _matrix(mapping: dict[str, Any], place: str) -> Array:
    """(rows, cols), or (rows, cols, channels) where there are several."""
    rows, cols = (mapping.get(key) for key in ("rows", "cols"))
    if not all(isinstance(side, str) and re.fullmatch(r"\d{1,7}", side, re.ASCII) for side in (rows, cols)):
        raise _Malformed(f"a matrix of {str(rows)[:20]!r} × {str(cols)[:20]!r}", place)
    kind = _TYPE.fullmatch(str(mapping.get("dt", "d")))
    channels = int(kind[1] or 1) if kind else 0
    if not 1 <= channels <= _MAX_CHANNELS:
        raise _Malformed(f"a matrix of type {str(mapping.get('dt'))[:20]!r}", place)
    data = mapping.get("data", [])
    if isinstance(data, str):
        data = data.split()
    shape = (int(str(rows)), int(str(cols)), channels)
    if not isinstance(data, list) or len(data) != shape[0] * shape[1] * shape[2]:
        found = len(data) if isinstance(data, list) else type(data).__name__
        raise _Malformed(f"{found} numbers for a matrix of {shape[0]}×{shape[1]}", place)
    try:
        values = np.array([number(item) for item in data if isinstance(item, str)])
    except ValueError as error:
        raise _Malformed(str(error), place) from error
    if len(values) != len(data):
        raise _Malformed("a list inside a matrix", place)
    return values.reshape(shape[:2] if channels == 1 else shape)


# --- XML


@dataclass
class _Element:
    name: str
    type_id: str
    line: int
    children: list[_Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def _from_xml(data: bytes) -> Any:
    parser = expat.ParserCreate()
    root = _Element("", "", 1)
    stack = [root]

    def refuse(*_: Any) -> None:
        raise _Malformed("document types and entities are not used by OpenCV", f", line {parser.CurrentLineNumber}")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > _MAX_DEPTH:
            raise _Malformed(f"nested deeper than {_MAX_DEPTH}", f", line {parser.CurrentLineNumber}")
        element = _Element(name, attributes.get("type_id", ""), parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda text: stack[-1].text.append(text)
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise _Malformed(str(error)) from error
    if root.children[0].name != "opencv_storage":
        raise _Malformed("the outermost element is not <opencv_storage>")
    return _element_value(root.children[0])


def _element_value(element: _Element) -> Any:
    if not element.children:
        return _text_value("".join(element.text).strip())
    if all(child.name == "_" for child in element.children):
        return [_element_value(child) for child in element.children]
    mapping = {child.name: _element_value(child) for child in element.children}
    if element.type_id != "opencv-matrix":
        return mapping
    data = mapping.get("data")
    mapping["data"] = [data] if isinstance(data, str) and data else data or []
    return _matrix(mapping, f", line {element.line}")


def _text_value(text: str) -> str | list[str]:
    """A quoted text as it stands; several words are a list of numbers."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    words = text.split()
    return words if len(words) > 1 else text
