"""Checkpoints: every layout opens, everything hostile or half-matching is refused with its name."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from mouseview.geometry.rays import RayEncoding  # noqa: E402
from mouseview.inference import checkpoint as checkpoints  # noqa: E402
from mouseview.inference.checkpoint import build_network, converted, open_checkpoint  # noqa: E402
from mouseview.inference.config import GSLRMConfig  # noqa: E402
from mouseview.inference.engine import load_engine  # noqa: E402
from mouseview.inference.weights_file import read_weights, write_weights  # noqa: E402
from mouseview.model.errors import CheckpointError, MouseViewError  # noqa: E402
from tests.inference import tiny  # noqa: E402

# the head size that shapes do not tell is taken from the released weights
RELEASED_LIKE = GSLRMConfig("nearest", d=64, d_head=64, n_layer=2, patch_size=4)


def _prefixed(state: dict[str, Any]) -> dict[str, Any]:
    return {f"module.{name}": value for name, value in state.items()}


LAYOUTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "FaceLift": lambda state: {"model": state, "optimizer": {"state": {}}, "fwdbwd_pass_step": 3},
    "state_dict": lambda state: {"state_dict": state, "epoch": 1},
    "model_state_dict": lambda state: {"model_state_dict": _prefixed(state)},
    "bare": lambda state: state,
    "distributed": _prefixed,
    "with the loss's weights": lambda state: {
        "model": _prefixed(state | {"loss_calculator.perceptual.conv1.bias": torch.ones(4)})
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_opens(layout: str, tmp_path: Path) -> None:
    state = tiny.state()
    opened = open_checkpoint(tiny.save_checkpoint(tmp_path / "w.pt", LAYOUTS[layout](state)), tiny.CONFIG)
    assert opened.tensors.keys() == state.keys()
    network = build_network(opened, torch.device("cpu"))
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_the_format_before_torch_1_6_opens(tmp_path: Path) -> None:
    torch.save(tiny.state(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert open_checkpoint(tmp_path / "old.pt", tiny.CONFIG).parameters == sum(v.numel() for v in tiny.state().values())


def test_a_run_folder_gives_its_newest_checkpoint_and_its_configuration(tmp_path: Path) -> None:
    run = tiny.save_run(tmp_path / "run", step=900)
    for step in (20, 1000):
        tiny.save_checkpoint(run / f"ckpt_{step:016d}.pt")
    # written last, yet of a lower step
    tiny.save_checkpoint(run / f"ckpt_{30:016d}.pt")
    opened = open_checkpoint(run)
    assert opened.source.name == "ckpt_0000000000001000.pt"
    assert opened.config == tiny.CONFIG
    assert opened.model_format.name == "facelift"
    assert any("facelift" in line for line in opened.assumptions)


def test_our_own_file_carries_everything(tmp_path: Path) -> None:
    recipe = {"steps": 5, "seed": 1}
    config = GSLRMConfig("plucker", d=32, d_head=16, n_layer=2, patch_size=4)
    write_weights(tmp_path / "model.safetensors", tiny.state(config), config, model_format="mouse-256", recipe=recipe)
    opened = open_checkpoint(tmp_path)
    assert (opened.config, opened.recipe, opened.assumptions) == (config, recipe, ())
    assert opened.model_format.name == "mouse-256"
    assert opened.model_format.encoding is RayEncoding.PLUCKER
    assert {value.dtype for value in opened.tensors.values()} == {torch.float16}
    (written,) = tmp_path.iterdir()
    (tmp_path / "plain").touch()
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode
    for name, value in tiny.state(config).items():
        torch.testing.assert_close(opened.tensors[name].float(), value, rtol=1e-3, atol=1e-6)


def test_a_weight_beyond_half_precision_is_not_made_infinite(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", {"a": torch.tensor([1e6]), "b": torch.tensor([1.0])}, None)
    tensors = read_weights(tmp_path / "w.safetensors").tensors
    assert tensors["a"].item() == 1e6
    assert tensors["b"].dtype == torch.float16


def test_an_explicit_configuration_wins(tmp_path: Path) -> None:
    run = tiny.save_run(tmp_path / "run")
    plucker = GSLRMConfig("plucker", d=32, d_head=8, n_layer=2, patch_size=4, n_gaussians=3)
    assert open_checkpoint(run, plucker).config == plucker
    (tmp_path / "other.yaml").write_text(yaml.safe_dump({"model": plucker.to_mapping(), "model_format": "mouse-256"}))
    opened = open_checkpoint(run, tmp_path / "other.yaml")
    assert (opened.config, opened.model_format.name) == (plucker, "mouse-256")


@pytest.mark.parametrize("marker", [False, True])
@pytest.mark.parametrize("encoding", RayEncoding)
@pytest.mark.parametrize("sh_degree", [0, 2])
def test_shapes_tell_the_configuration(encoding: RayEncoding, sh_degree: int, marker: bool, tmp_path: Path) -> None:
    config = GSLRMConfig(
        encoding, 64, 64, 3, patch_size=4, n_gaussians=1, sh_degree=sh_degree, add_refsrc_marker=marker
    )
    opened = open_checkpoint(tiny.save_checkpoint(tmp_path / "w.pt", tiny.state(config)))
    ambiguous = encoding is not RayEncoding.AUG
    expected = RayEncoding.NEAREST if ambiguous else RayEncoding.AUG
    assert opened.config == GSLRMConfig(expected, 64, 64, 3, 4, 1, sh_degree, marker)
    assert any("head size 64" in line for line in opened.assumptions)
    assert any("'nearest'" in line for line in opened.assumptions) == ambiguous


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in tiny.state().items() if key != name}


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (_without("transformer_layers.1.attn.fc.weight"), "missing: transformer_layers.1.attn.fc.weight"),
        (tiny.state() | {"extra.weight": torch.ones(2)}, "unexpected: extra.weight"),
        (
            tiny.state() | {"input_layer_norm.weight": torch.ones(8)},
            "of another shape: input_layer_norm.weight is (8,), not (32,)",
        ),
        (tiny.state(GSLRMConfig("nearest", 48, 16, 2, 4, 3)), "patch_embedder.1.weight is (48, 144), not (32, 144)"),
        (
            tiny.state() | {"input_layer_norm.weight": torch.ones(32, dtype=torch.int64)},
            "input_layer_norm.weight is torch.int64",
        ),
        (tiny.state() | {"input_layer_norm.weight": torch.ones(32).to_sparse()}, "not a dense tensor"),
        (tiny.state() | {"module.input_layer_norm.weight": torch.ones(32)}, "input_layer_norm.weight twice"),
    ],
)
def test_weights_that_match_by_half_are_refused_naming_the_keys(state: Any, named: str, tmp_path: Path) -> None:
    path = tiny.save_checkpoint(tmp_path / "w.pt", {"model": state})
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path, tiny.CONFIG)
    assert named in caught.value.message
    assert caught.value.place == str(path)


def test_weights_with_nan_are_refused_naming_the_key(tmp_path: Path) -> None:
    state = tiny.state()
    state["transformer_layers.1.mlp.mlp.0.weight"][3, 4] = float("nan")
    tiny.save_checkpoint(tmp_path / "w.pt", state)
    with pytest.raises(CheckpointError, match=r"transformer_layers\.1\.mlp\.mlp\.0\.weight holds NaN"):
        load_engine(tmp_path / "w.pt", "cpu", tiny.CONFIG)


class _RunsCode:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.victim),))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(legacy: bool, tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "w.pt"
    content = {"model": tiny.state(), "optimizer": _RunsCode(victim)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r"mkdir would have to run") as caught:
        open_checkpoint(path, tiny.CONFIG)
    assert not victim.exists()
    assert caught.value.remedy


def test_a_bare_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "w.pt"
    path.write_bytes(pickle.dumps(_RunsCode(victim), protocol=2))
    with pytest.raises(CheckpointError):
        open_checkpoint(path, tiny.CONFIG)
    assert not victim.exists()


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_truncated_files_are_refused(suffix: str, kept: float, tmp_path: Path) -> None:
    path = tmp_path / f"w{suffix}"
    if suffix == ".pt":
        tiny.save_checkpoint(path)
    else:
        write_weights(path, tiny.state(), tiny.CONFIG)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(path, tiny.CONFIG)
    assert "again" in caught.value.remedy


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04 no archive", b"\x80\x02N.", bytes(range(256)) * 9])
def test_files_that_are_something_else_are_refused(content: bytes, tmp_path: Path) -> None:
    for suffix in (".pt", ".safetensors"):
        path = tmp_path / f"w{suffix}"
        path.write_bytes(content)
        with pytest.raises(CheckpointError):
            open_checkpoint(path)


def test_an_archive_that_unfolds_is_refused(tmp_path: Path) -> None:
    tiny.save_checkpoint(tmp_path / "w.pt")
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(tmp_path / "w.pt") as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, source.read(entry))
    with pytest.raises(CheckpointError, match="compressed"):
        open_checkpoint(bomb, tiny.CONFIG)


@pytest.mark.parametrize("content", [{}, {"optimizer": {}}, [1, 2], {"model": None, "step": 3}])
def test_a_file_without_weights_says_what_it_holds(content: Any, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no weights"):
        open_checkpoint(tiny.save_checkpoint(tmp_path / "w.pt", content))


def test_other_weights_say_that_they_are_no_gslrm(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no weights of a GS-LRM"):
        open_checkpoint(tiny.save_checkpoint(tmp_path / "w.pt", {"conv1.weight": torch.ones(3, 3)}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: [", "no valid YAML"),
        ("training: {}", "no block 'model:'"),
        ("- 1", "no block 'model:'"),
        ("[" * 5000, "no valid YAML"),
        ("model: !!python/object/apply:os.mkdir [victim]", "no valid YAML"),
        ("model: {transformer: {d: 32}}", "model.image_tokenizer"),
    ],
)
def test_a_bad_configuration_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    run = tiny.save_run(tmp_path / "run")
    (run / "config.yaml").write_text(text)
    with pytest.raises(MouseViewError) as caught:
        open_checkpoint(run)
    assert expected in caught.value.message
    assert "config.yaml" in caught.value.place


@pytest.mark.parametrize("files", [[], ["a.pt", "b.pt"]])
def test_a_folder_without_one_checkpoint_is_refused(files: list[str], tmp_path: Path) -> None:
    for name in files:
        tiny.save_checkpoint(tmp_path / name)
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(tmp_path)
    assert caught.value.place == str(tmp_path)


def test_an_unknown_camera_format_is_refused(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", tiny.state(), tiny.CONFIG, model_format="elephant")
    with pytest.raises(CheckpointError, match="elephant"):
        open_checkpoint(tmp_path / "w.safetensors")


def test_damaged_metadata_is_refused(tmp_path: Path) -> None:
    for number, model in enumerate(("[]", "{", '{"transformer": 1}')):
        save_file(tiny.state(), tmp_path / f"{number}.safetensors", {"model": model})
        with pytest.raises(CheckpointError):
            open_checkpoint(tmp_path / f"{number}.safetensors")


def test_a_conversion_is_made_once_and_anew_when_the_file_changes(tmp_path: Path) -> None:
    source, cache = tiny.save_checkpoint(tmp_path / "ckpt_1.pt"), tmp_path / "cache"
    cache.mkdir()
    said: list[float] = []
    first = converted(open_checkpoint(source, tiny.CONFIG), lambda fraction, _: said.append(fraction), cache)
    assert said[-1] == 1.0
    assert said == sorted(said)
    assert {value.dtype for value in first.tensors.values()} == {torch.float16}
    (made,) = cache.iterdir()
    said.clear()
    converted(open_checkpoint(source, tiny.CONFIG), lambda fraction, _: said.append(fraction), cache)
    assert said == []
    tiny.save_checkpoint(source, {"model": tiny.state(seed=2), "more": 1})
    second = converted(open_checkpoint(source, tiny.CONFIG), None, cache)
    (remade,) = cache.iterdir()
    assert remade != made
    torch.testing.assert_close(
        second.tensors["patch_embedder.1.weight"].float(),
        tiny.state(seed=2)["patch_embedder.1.weight"],
        rtol=1e-3,
        atol=1e-5,
    )


def test_a_damaged_conversion_is_removed(tmp_path: Path) -> None:
    opened = open_checkpoint(tiny.save_checkpoint(tmp_path / "w.pt"), tiny.CONFIG)
    cache = tmp_path / "cache"
    cache.mkdir()
    converted(opened, None, cache)
    (made,) = cache.iterdir()
    made.write_bytes(made.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="removed"):
        converted(opened, None, cache)
    assert not list(cache.iterdir())
    converted(opened, None, cache)


def test_a_large_training_checkpoint_runs_from_its_conversion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path / "cache"))
    run = tiny.save_run(tmp_path / "run")
    direct = load_engine(run, "cpu").reconstruct(**tiny.posed_input())
    assert not (tmp_path / "cache").exists()
    monkeypatch.setattr(checkpoints, "CONVERT_ABOVE_BYTES", 1000)
    halved = load_engine(run, "cpu").reconstruct(**tiny.posed_input())
    assert len(list((tmp_path / "cache" / "checkpoints").iterdir())) == 1
    assert 0 < abs(halved.xyz - direct.xyz).max() < 5e-3
    assert sorted(file.name for file in run.iterdir()) == ["ckpt_0000000000000007.pt", "config.yaml"]
