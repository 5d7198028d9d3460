"""What window and command line import must not pull in torch; and a child's environment is free of the bundle's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mouseview.inference.worker.environment import clean_environment, worker_command

LIGHT = ("mouseview.inference", "mouseview.inference.catalog", "mouseview.inference.worker.client")


@pytest.mark.parametrize("module", LIGHT)
def test_importing_it_imports_neither_torch_nor_the_hub(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'huggingface_hub', 'safetensors') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_from_sources_the_environment_is_passed_on() -> None:
    given = {"LD_LIBRARY_PATH": "/opt/lib", "PYTHONPATH": "/x"}
    assert clean_environment(given, None) == given


def test_a_bundle_keeps_its_libraries_to_itself() -> None:
    both = os.pathsep.join(("/opt/app/_internal", "/opt/app/_internal/lib", "/opt/app/_internals", "/usr/local/cuda"))
    given = {
        "LD_LIBRARY_PATH": both,
        "PATH": "/usr/bin",
        "PYTHONHOME": "/opt/app/_internal",
        "QT_PLUGIN_PATH": "/opt/app/_internal/qt",
        "HOME": "/home/me",
    }
    assert clean_environment(given, "/opt/app/_internal/") == {
        "LD_LIBRARY_PATH": os.pathsep.join(("/opt/app/_internals", "/usr/local/cuda")),
        "PATH": "/usr/bin",
        "HOME": "/home/me",
    }


def test_what_the_boot_loader_put_aside_comes_back() -> None:
    given = {"LD_LIBRARY_PATH": "/opt/app", "LD_LIBRARY_PATH_ORIG": "/site/lib", "DYLD_LIBRARY_PATH": "/opt/app/x"}
    assert clean_environment(given, "/opt/app") == {"LD_LIBRARY_PATH": "/site/lib"}


def test_the_worker_does_not_import_from_the_working_folder() -> None:
    assert "-P" in worker_command("python3")
