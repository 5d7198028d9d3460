"""Formats of other packages: found through their entry points, contained when they break."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mouseview.formats import open_dataset, read_rig, registry, write_rig
from mouseview.formats.registry import FORMATS, all_formats, by_name
from mouseview.model.errors import FileFormatError
from tests.formats.builders import ring_rig, write_sample

Install = Callable[..., None]

GOOD = """
    from mouseview.formats.camera_format import CameraFormat
    from mouseview.formats.anipose import read, write

    def sniff(path):
        return path.suffix == ".mine"

    FORMAT = CameraFormat("mine", "Mine", "a format of my own", ("*.mine",), sniff, read, write=write)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts packages with an entry point on the path, as an installation would."""

    def add(module: str, code: str, target: str = "FORMAT") -> None:
        site = tmp_path / "site"
        folder = site / f"{module}-1.0.dist-info"
        folder.mkdir(parents=True)
        (site / f"{module}.py").write_text(textwrap.dedent(code))
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[mouseview.formats]\n{module} = {module}:{target}\n")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, module, raising=False)
        registry.plugins.cache_clear()

    registry.plugins.cache_clear()
    yield add
    registry.plugins.cache_clear()


def test_a_plugin_reads_writes_and_is_recognised(tmp_path: Path, install: Install) -> None:
    install("plugin_good", GOOD)
    assert [known.name for known in all_formats()] == [*(known.name for known in FORMATS), "mine"]
    write_rig(ring_rig(), tmp_path / "a.mine", "mine")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b.mine").write_bytes(b"\0")
    assert read_rig(tmp_path / "a.mine", "mine").names == ring_rig().names
    with pytest.raises(FileFormatError, match="not valid TOML"):
        open_dataset(tmp_path / "data")  # found by its pattern, recognised by its sniffer, refused by its reader


def test_built_in_formats_come_first(tmp_path: Path, install: Install) -> None:
    install("plugin_greedy", GOOD.replace('path.suffix == ".mine"', "True"))
    write_rig(ring_rig(), tmp_path / "a.toml", "anipose")
    assert read_rig(tmp_path / "a.toml").format == "anipose"
    assert registry.sniff(tmp_path / "a.toml") is by_name("anipose")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("FORMAT = 3", "registers a int"),
        ("x = 1", "AttributeError"),
        (GOOD.replace('"mine", "Mine"', '"facelift", "Mine"'), "'facelift', which is taken"),
    ],
)
def test_a_broken_plugin_is_a_message(tmp_path: Path, install: Install, code: str, message: str) -> None:
    install("plugin_broken", code)
    dataset = open_dataset(write_sample(tmp_path / "s"))
    assert len(dataset[0].images()) == 4
    (problem,) = dataset.problems
    assert problem.code == "format-plugin-broken"
    assert "plugin_broken" in problem.place
    assert message in problem.message
    assert [known.name for known in all_formats()] == [known.name for known in FORMATS]


def test_errors_of_a_plugin_are_contained(tmp_path: Path, install: Install) -> None:
    install(
        "plugin_failing",
        """
        from mouseview.formats.camera_format import CameraFormat

        def fail(*_):
            raise KeyError("x")

        FORMAT = [CameraFormat("failing", "F", "d", ("*.f",), fail, fail, write=fail, sniff_folder=fail)]
        """,
    )
    (tmp_path / "a.f").write_text("x")
    for use in (
        lambda: read_rig(tmp_path / "a.f", "failing"),
        lambda: write_rig(ring_rig(), tmp_path / "b.f", "failing"),
    ):
        with pytest.raises(FileFormatError, match="plug-in plugin_failing") as caught:
            use()
        assert caught.value.place.endswith(".f")
    with pytest.raises(FileFormatError, match="not a camera file"):
        read_rig(tmp_path / "a.f")
    dataset = open_dataset(write_sample(tmp_path / "s"))
    assert [problem.code for problem in dataset.problems] == ["format-plugin-broken"]
    assert "fails to recognise" in dataset.problems[0].message
