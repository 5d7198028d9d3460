"""What a pass is said to cost, against hand numbers, torch's own count of parameters, and laws."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mouseview.geometry.rays import RayEncoding
from mouseview.inference import hardware, passes
from mouseview.inference.config import GSLRMConfig
from mouseview.inference.cost import cost, parameters
from mouseview.inference.declared import RELEASED_CONFIG, declared_config
from mouseview.inference.hardware import CPU, CUDA, Processor
from mouseview.inference.passes import Pass, expected, known_passes, remember

BUNDLED = GSLRMConfig(RayEncoding.NEAREST, d=256, d_head=64, n_layer=8)
HERE = Processor(CPU, "Some CPU", 16 << 30)

configs = st.builds(
    GSLRMConfig,
    encoding=st.sampled_from(list(RayEncoding)),
    d=st.sampled_from([64, 128, 512]),
    d_head=st.just(32),
    n_layer=st.integers(1, 30),
    patch_size=st.sampled_from([4, 8, 16]),
    n_gaussians=st.integers(0, 9),
    sh_degree=st.integers(0, 3),
    add_refsrc_marker=st.booleans(),
)
devices = st.sampled_from([CPU, CUDA])


def test_the_released_model_has_the_sizes_that_its_authors_publish() -> None:
    spent = cost(RELEASED_CONFIG, 512, 6)
    assert parameters(RELEASED_CONFIG) == pytest.approx(303.6e6, rel=2e-4)
    assert spent.tokens == 24_578
    assert spent.gaussians == 6 * 512 * 512 + 2
    tokens, d = 24_578, 1024
    assert spent.attention_flop == 24 * 4 * tokens**2 * d
    assert spent.linear_flop == pytest.approx(24 * 24 * tokens * d * d, rel=0.01)  # the ends are under 1 %


@settings(max_examples=10)
@given(configs)
def test_parameters_are_those_that_torch_counts(config: GSLRMConfig) -> None:
    torch = pytest.importorskip("torch")
    from mouseview.inference.gslrm import GSLRM

    with torch.device("meta"):
        network = GSLRM(config)
    assert parameters(config) == sum(parameter.numel() for parameter in network.parameters())


@given(configs, st.integers(1, 30), devices)
def test_what_one_more_view_adds(config: GSLRMConfig, views: int, device: str) -> None:
    few, one_more, two_more = (cost(config, 256, views + extra, device) for extra in range(3))
    per_view = (256 // config.patch_size) ** 2
    assert one_more.tokens - few.tokens == per_view
    assert one_more.gaussians - few.gaussians == 256 * 256
    # linear in the views
    assert two_more.linear_flop - one_more.linear_flop == pytest.approx(one_more.linear_flop - few.linear_flop)
    assert one_more.memory_bytes > few.memory_bytes
    # quadratic: its second difference is the same everywhere
    second = two_more.attention_flop - 2 * one_more.attention_flop + few.attention_flop
    assert second == pytest.approx(8 * config.n_layer * config.d * per_view**2)


@given(configs, st.integers(1, 30))
def test_half_precision_takes_less_than_full_for_the_same_numbers(config: GSLRMConfig, views: int) -> None:
    def per_view(device: str) -> float:
        return cost(config, 256, views + 1, device).memory_bytes - cost(config, 256, views, device).memory_bytes

    assert per_view(CUDA) < per_view(CPU)


@pytest.mark.parametrize(
    ("config", "size", "views", "allocated"),
    [
        # the peak of torch's allocator on an H200 in bf16, see docs/views.md
        (RELEASED_CONFIG, 512, 2, 1_539_380_224),
        (RELEASED_CONFIG, 512, 12, 2_996_901_888),
        (BUNDLED, 256, 2, 92_774_400),
        (BUNDLED, 256, 12, 249_013_760),
    ],
)
def test_memory_is_what_was_measured_on_a_gpu(config: GSLRMConfig, size: int, views: int, allocated: int) -> None:
    context = 690e6
    assert cost(config, size, views, CUDA).memory_bytes - context == pytest.approx(allocated, rel=0.03)


@pytest.mark.parametrize(("views", "held"), [(2, 363e6), (4, 420e6), (6, 503e6), (8, 530e6)])
def test_memory_is_what_was_measured_of_a_worker(views: int, held: float) -> None:
    assert cost(BUNDLED, 256, views, CPU).memory_bytes == pytest.approx(held, rel=0.15)


def test_the_sizes_of_known_weights_are_known_without_opening_them() -> None:
    assert declared_config("openfacelift") == RELEASED_CONFIG
    assert declared_config("hf:wlyu/OpenFaceLift/gslrm/ckpt_0000000000021125.pt") == RELEASED_CONFIG
    assert declared_config("hf:someone/else/weights.pt") is None


# ---- seconds -----------------------------------------------------------------------------------------------------


def ran(**changes: object) -> Pass:
    return dataclasses.replace(Pass(CPU, "Some CPU, 2 threads", BUNDLED.sizes, 6146, 4e11, 4.0), **changes)


def test_time_follows_the_work_of_the_nearest_pass() -> None:
    done = (ran(), ran(tokens=2050, flop=6e10, seconds=0.3))
    guess = expected(8e11, BUNDLED.sizes, HERE, done)
    assert guess is not None
    assert guess.seconds == pytest.approx(8.0)
    assert guess.same_network
    small = expected(6e10, BUNDLED.sizes, HERE, done)
    assert small is not None
    assert small.seconds == pytest.approx(0.3)


def test_nothing_is_guessed_from_another_machine_or_for_another_network_on_a_gpu() -> None:
    assert expected(4e11, BUNDLED.sizes, HERE, ()) is None
    assert expected(4e11, BUNDLED.sizes, HERE, (ran(machine="Other CPU, 8 threads"),)) is None
    gpu = Processor(CUDA, "NVIDIA H200", None)
    on_gpu = ran(device=CUDA, machine="NVIDIA H200")
    assert expected(4e11, BUNDLED.sizes, gpu, (on_gpu,)) is not None
    assert expected(4e11, RELEASED_CONFIG.sizes, gpu, (on_gpu,)) is None
    other = expected(4e11, RELEASED_CONFIG.sizes, HERE, (ran(),))
    assert other is not None
    assert not other.same_network


def test_a_busy_moment_and_a_cold_start_do_not_count_for_much() -> None:
    done = [ran(seconds=4.0), ran(seconds=40.0), ran(seconds=4.2), ran(seconds=90.0, cold=True)]
    guess = expected(4e11, BUNDLED.sizes, HERE, done)
    assert guess is not None
    assert guess.seconds == pytest.approx(4.2)


def test_passes_are_kept_and_the_oldest_of_a_kind_go(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path))
    assert known_passes() == ()
    for seconds in (1.0, 2.0, 3.0, 4.0):
        remember(ran(seconds=seconds))
    remember(ran(tokens=9, memory_bytes=5_000_000))
    assert [each.seconds for each in known_passes() if each.tokens == 6146] == [2.0, 3.0, 4.0]
    assert known_passes()[-1] == ran(tokens=9, memory_bytes=5_000_000)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1, 2",
        "[]",
        '{"version": 2, "passes": []}',
        '{"version": 1, "passes": 3}',
        json.dumps({"version": 1, "passes": [None, {"device": "cpu"}, {**dataclasses.asdict(ran()), "flop": -1}]}),
        json.dumps({"version": 1, "passes": [{**dataclasses.asdict(ran()), "seconds": float("nan")}]}),
        json.dumps({"version": 1, "passes": [{**dataclasses.asdict(ran()), "machine": "x" * 300}]}),
    ],
)
def test_a_damaged_memory_is_an_empty_one(monkeypatch: pytest.MonkeyPatch, tmp_path: object, content: str) -> None:
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path))
    remember(ran())
    passes._path().write_text(content, encoding="utf-8")
    assert known_passes() == ()
    remember(ran())
    assert known_passes() == (ran(),)


# ---- hardware ----------------------------------------------------------------------------------------------------


def test_automatic_means_a_gpu_where_torch_is_built_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    card = hardware.Gpu("NVIDIA H200", "580.65", "143771 MiB")
    monkeypatch.setattr(hardware, "gpus", lambda: (card,))
    monkeypatch.setattr(hardware, "torch_build", lambda: hardware.TorchBuild("2.13.0+cu130", "13.0"))
    assert hardware.processor("auto") == Processor(CUDA, "NVIDIA H200", 143771 << 20)
    assert hardware.processor("cpu").device == CPU
    monkeypatch.setattr(hardware, "torch_build", lambda: hardware.TorchBuild("2.13.0+cpu", None))
    assert hardware.processor("auto").device == CPU
    monkeypatch.setattr(hardware, "gpus", tuple)
    assert hardware.processor("cuda") == Processor(CUDA, "", None)
