"""Autosaves: one for each thing that was opened, never in the way, never without bound."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from mouseview.model.recipe import Mode, Recipe
from mouseview.workflow import autosave
from mouseview.workflow.autosave import POINTER, Fate, autosave_folder, autosave_path, bring_back, keep, last
from mouseview.workflow.project import Project, load_project, save_project


def project(dataset: Path, mode: Mode = Mode.RAW) -> Project:
    return Project(dataset_path=str(dataset), recipe=Recipe(mode), sample="mouse_a")


def test_each_dataset_has_its_own(tmp_path: Path) -> None:
    folder, first, second = tmp_path / "state", tmp_path / "first", tmp_path / "second"
    for dataset, mode in ((first, Mode.RAW), (second, Mode.FORCED_K)):
        keep(folder, project(dataset, mode), str(dataset))
    for dataset, mode in ((first, Mode.RAW), (second, Mode.FORCED_K)):
        back = bring_back(folder, str(dataset), Project(dataset_path=str(dataset)))
        assert back.fate is Fate.SHOWN
        assert back.project.recipe.mode is mode
    assert last(folder) == str(second)
    never = bring_back(folder, str(tmp_path / "third"), Project(dataset_path="third"))
    assert never.fate is Fate.NONE
    assert never.project == Project(dataset_path="third")


def test_the_path_decides_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path / "state", project(tmp_path / "data"), str(tmp_path / "data"))
    back = bring_back(tmp_path / "state", "data", Project(dataset_path="data"))
    assert back.fate is Fate.SHOWN
    assert back.project.dataset_path == "data"


@pytest.mark.parametrize(("later", "fate"), [("autosave", Fate.SHOWN), ("file", Fate.OLDER)])
def test_of_a_project_file_and_its_autosave_the_newer_is_shown_and_the_other_kept(
    tmp_path: Path, later: str, fate: Fate
) -> None:
    file = tmp_path / "mine.mouseview"
    saved, unsaved = project(tmp_path, Mode.RAW), project(tmp_path, Mode.FORCED_K)
    save_project(saved, file)
    keep(tmp_path / "state", unsaved, str(file))
    kept = autosave_path(tmp_path / "state", str(file))
    os.utime(kept, ns=(10**18, 10**18))
    file_ns = 10**18 + (10**9 if later == "file" else -(10**9))
    back = bring_back(tmp_path / "state", str(file), saved, file_ns)
    assert back.fate is fate
    assert (back.project, back.other) == ((unsaved, saved) if later == "autosave" else (saved, unsaved))
    assert bring_back(tmp_path / "state", str(file), unsaved, file_ns).fate is Fate.NONE, "they say the same"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "mouseview-project", "version": 99}'])
def test_an_unreadable_one_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    keep(tmp_path, project(tmp_path), str(tmp_path))
    place = autosave_path(tmp_path, str(tmp_path))
    place.write_bytes(content)
    fresh = Project(dataset_path=str(tmp_path))
    back = bring_back(tmp_path, str(tmp_path), fresh)
    assert (back.fate, back.project) == (Fate.UNREADABLE, fresh)
    assert back.problem is not None
    assert Path(back.problem.place).read_bytes() == content, "what a person chose is not thrown away"
    assert bring_back(tmp_path, str(tmp_path), fresh).fate is Fate.NONE, "told once"


@pytest.mark.parametrize("content", [b"", b"no", b"[]", b'{"opened": 3}', b'{"opened": ""}'])
def test_an_unreadable_pointer_is_told_once(tmp_path: Path, content: bytes) -> None:
    assert last(tmp_path) is None
    (tmp_path / POINTER).write_bytes(content)
    with pytest.raises(autosave.FileFormatError, match="what was open last is not known"):
        last(tmp_path)
    assert last(tmp_path) is None


def test_the_newest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "KEPT", 5)
    paths = [tmp_path / f"data{number}" for number in range(9)]
    for number, path in enumerate(paths):
        keep(tmp_path / "state", project(path), str(path))
        os.utime(autosave_path(tmp_path / "state", str(path)), (number, number))
    there = [autosave_path(tmp_path / "state", str(path)).exists() for path in paths]
    assert there == [False] * 4 + [True] * 5


def test_what_a_killed_process_left_is_cleared_away_in_time(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.mouseview.0123456789ab.tmp", tmp_path / ".b.mouseview.0123456789ab.tmp"
    for path in (old, young):
        path.write_bytes(b"{")
    os.utime(old, (time.time() - 7200,) * 2)
    keep(tmp_path, project(tmp_path), str(tmp_path))
    assert (old.exists(), young.exists()) == (False, True)


def test_two_writers_leave_a_whole_file(tmp_path: Path) -> None:
    first, second = project(tmp_path, Mode.RAW), project(tmp_path, Mode.FORCED_K)
    stop = threading.Event()

    def write(one: Project) -> None:
        while not stop.is_set():
            keep(tmp_path, one, str(tmp_path))

    writers = [threading.Thread(target=write, args=(one,)) for one in (first, second)]
    keep(tmp_path, first, str(tmp_path))
    for writer in writers:
        writer.start()
    seen = [load_project(autosave_path(tmp_path, str(tmp_path))) for _ in range(60)]
    stop.set()
    for writer in writers:
        writer.join()
    assert set(seen) <= {first, second}
    assert json.loads((tmp_path / POINTER).read_text()) == {"opened": str(tmp_path)}
    keep(tmp_path, second, str(tmp_path))
    assert bring_back(tmp_path, str(tmp_path), Project(dataset_path=str(tmp_path))).project == second


def test_it_lies_in_the_users_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert autosave_folder().is_absolute()
    assert autosave_folder().name == "autosaves"
