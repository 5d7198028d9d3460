"""Which camera format a checkpoint declares, read without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mouseview import resources
from mouseview.inference.declared import declared_format


def safetensors(path: Path, metadata: dict[str, str]) -> Path:
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def test_the_metadata_of_our_own_files_and_folders_of_them(tmp_path: Path) -> None:
    file = safetensors(tmp_path / "model.safetensors", {"model_format": "mouse-256", "model": "{}"})
    assert declared_format(str(file)) == "mouse-256"
    assert declared_format(str(tmp_path)) == "mouse-256"
    (tmp_path / "config.yaml").write_text("model_format: facelift\n", encoding="utf-8")
    assert declared_format(str(file)) == "mouse-256", "what the file says itself comes first"


def test_the_configuration_beside_the_newest_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "ckpt_0000000000000100.pt").write_bytes(b"not opened")
    assert declared_format(str(tmp_path)) == "facelift"
    (tmp_path / "config.yaml").write_text("model_format: mouse-256\nmodel: {}\n", encoding="utf-8")
    assert declared_format(str(tmp_path)) == "mouse-256"


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x04" + bytes(7) + b"[1, ", b"\x02" + bytes(7) + b"[]"])
def test_what_is_damaged_or_unknown_declares_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.safetensors").write_bytes(content)
    assert declared_format(str(tmp_path / "broken.safetensors")) == "facelift"
    assert declared_format(str(safetensors(tmp_path / "odd.safetensors", {"model_format": "../x"}))) == "facelift"
    assert declared_format("no-such-name") == "facelift"


def test_the_bundled_weights_and_no_torch() -> None:
    if not (resources.path("checkpoints") / "mouse-256" / "model.safetensors").is_file():
        pytest.skip("the bundled weights are not here")
    program = (
        "import sys; from mouseview.inference.declared import declared_format; "
        "print(declared_format('mouse-256'), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["mouse-256", "False"]
