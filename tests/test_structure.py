"""The architecture as tests: who may import what, what a start must not load, and that the environments agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mouseview"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

QT = frozenset({"PySide6", "shiboken6", "pyqtgraph", "vispy", "qtpy", "superqt", "qtawesome"})
TORCH = frozenset({"torch", "gsplat"})
PYTHONS = ("3.11", "3.12", "3.13")


def _modules() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(nodes: Iterator[ast.AST]) -> set[str]:
    """Top-level names of the packages that are imported."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _is_for_types_alone(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _at_import(file: Path) -> set[str]:
    """What is imported when the module itself is: not within functions, not for type checkers alone."""

    def walk(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_for_types_alone(child):
                yield child
                yield from walk(child)

    return _imports(walk(ast.parse(file.read_text(encoding="utf-8"))))


def _anywhere(file: Path) -> set[str]:
    return _imports(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def test_rooms_import_downwards_only() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_only_the_window_imports_qt() -> None:
    offenders = {_name(file): _anywhere(file) & QT for file in _modules() if PACKAGE / "app" not in file.parents}
    assert not {name: found for name, found in offenders.items() if found}


def _may_import_torch(file: Path) -> bool:
    rooms = (PACKAGE / "inference", PACKAGE / "training")
    return any(room in file.parents for room in rooms) or file.is_relative_to(PACKAGE / "splats" / "cuda")


def test_only_inference_training_and_cuda_splats_import_torch() -> None:
    offenders = {_name(file): _anywhere(file) & TORCH for file in _modules() if not _may_import_torch(file)}
    assert not {name: found for name, found in offenders.items() if found}


def _loaded_by(modules: str, *, blocked: frozenset[str] = frozenset()) -> set[str]:
    """Top-level packages in ``sys.modules`` after importing ``modules`` (comma-separated) in a fresh interpreter."""
    code = (
        "import sys, importlib\n"
        f"for name in {sorted(blocked)!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}.split(','): importlib.import_module(name)\n"
        "print(*{name.partition('.')[0] for name, module in sys.modules.items() if module is not None})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["mouseview", "mouseview.__main__", "mouseview.cli.main"])
def test_a_start_loads_nothing_heavy(module: str) -> None:
    heavy = {"numpy", "scipy", "cv2", "numba", "PySide6", "vispy", "torch", "huggingface_hub"}
    assert not _loaded_by(module) & heavy


@pytest.mark.parametrize(
    "module",
    ["mouseview.app.main", "mouseview.inference", "mouseview.inference.worker.client", "mouseview.workflow.demo"],
)
def test_torch_is_not_loaded_until_it_is_used(module: str) -> None:
    assert "torch" not in _loaded_by(module)


def test_everything_below_the_window_imports_without_qt_and_torch() -> None:
    names = [
        _name(file)
        for file in _modules()
        if PACKAGE / "app" not in file.parents and file.name != "__main__.py" and not _at_import(file) & TORCH
    ]
    torch_bound = {_name(file) for file in _modules() if _at_import(file) & TORCH}
    free = [name for name in names if not _reaches(name, torch_bound)]
    assert "mouseview.workflow.demo" in free
    assert "mouseview.inference.worker.client" in free
    _loaded_by(",".join(free), blocked=QT | TORCH)


def _reaches(name: str, targets: set[str]) -> bool:
    """Whether importing ``name`` imports one of ``targets``, through our own modules."""
    seen: set[str] = set()
    waiting = [name]
    files = {_name(file): file for file in _modules()}
    while waiting:
        current = waiting.pop()
        if current in seen or current not in files:
            continue
        if current in targets:
            return True
        seen.add(current)
        tree = ast.parse(files[current].read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mouseview"):
                waiting += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if alias.name.startswith("mouseview")]
    return False


def _declared() -> set[str]:
    project = PROJECT["project"]
    optional = [line for name, lines in project["optional-dependencies"].items() if name != "dev" for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in (*project["dependencies"], *optional)}


def test_every_package_imported_is_declared() -> None:
    homes = metadata.packages_distributions()
    imported = set().union(*(_anywhere(file) for file in _modules())) - set(sys.stdlib_module_names) - {"mouseview"}
    undeclared = {
        name
        for name in imported - TORCH  # torch's own names are there only where it is installed
        if not {canonicalize_name(home) for home in homes.get(name, [name])} & _declared()
    }
    assert not undeclared


def _pins(name: str) -> dict[str, Requirement]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def test_pins_agree_and_fulfil_the_project() -> None:
    base, dev, torch = _pins("base.txt"), _pins("dev.txt"), _pins("torch.txt")
    for other in (dev, torch):
        assert not {name for name in base.keys() & other.keys() if base[name].specifier != other[name].specifier}
    assert base.keys() <= dev.keys()
    project = PROJECT["project"]
    for line, pins in [
        *((line, base) for line in project["dependencies"]),
        *((line, dev) for line in project["optional-dependencies"]["dev"]),
    ]:
        wanted = Requirement(line)
        (pin,) = pins[canonicalize_name(wanted.name)].specifier
        assert pin.operator == "==", line
        assert pin.version in wanted.specifier, line


def test_the_bad_pyside_is_never_pinned() -> None:
    (pin,) = _pins("base.txt")["pyside6-essentials"].specifier
    assert not pin.version.startswith("6.12.")  # dies after a few hundred signals on Python 3.11


def test_dev_knows_the_torch_range_and_pythons_of_the_project() -> None:
    script = (ROOT / "dev").read_text(encoding="utf-8")
    assert PROJECT["project"]["optional-dependencies"]["torch"] == [re.search(r"TORCH_RANGE='(.*)'", script)[1]]  # type: ignore[index]
    cpu = re.search(r"TORCH_CPU=(\S+)\+cpu", script)[1]  # type: ignore[index]
    assert cpu in Requirement(PROJECT["project"]["optional-dependencies"]["torch"][0]).specifier
    supported = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    assert [version for version in ("3.10", *PYTHONS, "3.14") if f"{version}.0" in supported] == list(PYTHONS)


def test_dev_explains_itself() -> None:
    done = subprocess.run(["sh", str(ROOT / "dev"), "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "./dev test" in done.stderr
    assert done.stdout == ""
