"""Bounded reads, atomic writes, paths that stay inside."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouseview.formats import files
from mouseview.formats.files import file_names, read_bytes, read_json, resolve_inside, write_atomically
from mouseview.model.errors import FileFormatError


def test_a_write_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_atomically(target, b"old")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(("number", "word"), [(errno.ENOSPC, "full"), (errno.EROFS, "read-only")])
def test_a_refused_write_keeps_the_old_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, word: str
) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(FileFormatError) as caught:
        write_atomically(target, b"new")
    assert word in caught.value.remedy
    assert str(target) in caught.value.place
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_writing_into_a_missing_folder_or_over_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="create the folder"):
        write_atomically(tmp_path / "missing" / "a", b"x")
    with pytest.raises(FileFormatError, match="cannot be written"):
        write_atomically(tmp_path, b"x")


def test_a_written_file_has_the_rights_of_a_plain_one_or_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "ours").chmod(0o640)
    write_atomically(tmp_path / "ours", b"y")
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", "..", "C:\\x", "\\\\host\\x", "a\\..\\..\\x", "", " ", "a\0b", "~/../../x"],
)
def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        resolve_inside(tmp_path, path)
    assert str(tmp_path) in caught.value.place
    assert caught.value.remedy


def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret").write_text("x")
    (home / "out").symlink_to(tmp_path)
    (home / "real").mkdir()
    (home / "in").symlink_to(home / "real")
    with pytest.raises(FileFormatError, match="leads out"):
        resolve_inside(home, "out/secret")
    assert resolve_inside(home, "in/x.png") == home / "in" / "x.png"


@given(st.text(max_size=40))
def test_whatever_is_accepted_lies_inside(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        found = resolve_inside(folder, text)
    except FileFormatError:
        return
    assert found.resolve().is_relative_to(folder.resolve())


def test_reads_are_bounded_and_refuse_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 11)
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(FileFormatError, match="11 bytes"):
        read_bytes(tmp_path / "big", 10)
    with pytest.raises(FileFormatError, match="empty"):
        read_bytes(tmp_path / "empty", 10)
    with pytest.raises(FileFormatError, match="folder"):
        read_bytes(tmp_path, 10)
    with pytest.raises(FileFormatError, match="does not exist"):
        read_bytes(tmp_path / "missing", 10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileFormatError, match="not a regular file"):
        read_bytes(tmp_path / "pipe", 10)


def test_json_errors_name_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{\n "a": [1, 2')
    with pytest.raises(FileFormatError, match="truncated") as caught:
        read_json(file)
    assert "line 2, column" in caught.value.place
    file.write_text('{"a": 1,\n "b" 2}')
    with pytest.raises(FileFormatError) as caught:
        read_json(file)
    assert "line 2, column 6" in caught.value.place
    assert "truncated" not in caught.value.message


def test_json_keeps_nan_and_takes_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": NaN, "a": [NaN, Infinity, 1e999]}')
    first, *rest = read_json(file)["a"]
    assert math.isnan(first)
    assert rest == [math.inf, math.inf]


@pytest.mark.parametrize("content", [b"[" * 200_000, b"\xff\xfe\x00", b"9" * 10_000, b"", b"{"])
def test_no_json_escapes_as_another_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(FileFormatError):
        read_json(file)


@pytest.mark.parametrize("content", ['{"a": [1, 2', '{"a": "b', '{"a": tru', '{"a": 1,\n', "[", '{"a": {"b": 1}, '])
def test_a_file_that_was_cut_off_is_called_truncated(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError, match="truncated"):
        read_json(tmp_path / "a.json")


@given(st.lists(st.text(max_size=20), max_size=6))
def test_names_are_no_paths(names: list[str]) -> None:
    made = file_names(names)
    assert len(made) == len(names)
    assert len({name.casefold() for name in made}) == len(names)
    for name in made:
        assert name
        assert name not in (".", "..")
        assert not set(name) & set('/\\:*?"<>|\0')
        assert resolve_inside("/folder", name) == Path("/folder") / name


def test_plain_names_stay_as_they_are() -> None:
    assert file_names(["cam_000", "Camera 1", "held-out", "maus.1"]) == ("cam_000", "Camera 1", "held-out", "maus.1")
    assert file_names(["a/b", "a_b", "A_B", "../x", ""]) == ("a_b", "a_b_2", "A_B_3", "__x", "_")
