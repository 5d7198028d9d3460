"""What follows from sample and project: findings, prepared views and runs, kept by what decides them."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mouseview.app import tasks
from mouseview.app.jobs import Failure, Jobs, Ticket
from mouseview.app.state import AppState
from mouseview.model.recipe import Mode

if TYPE_CHECKING:
    from mouseview.model.sample import Sample

_KEPT_RESULTS = 12
RUN_SLOT = "run"  # one reconstruction or comparison at a time
SAMPLE_SLOTS = ("check", "centres", "prepare")  # what is of no use once another sample is in view


class _Kept(OrderedDict[Any, Any]):
    """The most recent results by what decides them, so that undoing a choice finds its result again."""

    def keep(self, key: Any, value: Any) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > _KEPT_RESULTS:
            self.popitem(last=False)


class Results(QObject):
    """Works them out as jobs and puts them into the state, unless the state has moved on.

    ``failed(Failure)``; ``told(text)`` for notices.
    """

    failed = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        jobs: Jobs,
        engine: tasks.EngineRoom,
        state: Callable[[], AppState],
        put: Callable[..., None],
        parent: QObject,
    ) -> None:
        """state: what is shown now; put: replaces fields of it."""
        super().__init__(parent)
        self._jobs, self._engine, self._state, self._put = jobs, engine, state, put
        self._checked: tuple[int, str] | None = None
        self._prepared, self._runs, self._modes = _Kept(), _Kept(), _Kept()

    def forget(self) -> None:
        """The data are read under other decisions, of which the keys do not speak."""
        for kept in (self._prepared, self._runs, self._modes):
            kept.clear()

    def check_again(self) -> None:
        """The sample was read anew."""
        self._checked = None

    # ---- what is shown at once -----------------------------------------------------------------------------------

    def examine(self, sample: Sample) -> None:
        """Everything about a sample that was just read."""
        self.derive()
        self._jobs.submit("centres", "Finding the subject", lambda _t: tasks.find_centres(sample),
                          lambda centres: self._put(centres=centres), self._show_problem)  # fmt: skip

    def derive(self) -> None:
        """Bring prepared views and results up to the project; what is known already is shown at once."""
        sample, project = self._state().sample, self._state().project
        if sample is None or project is None:
            return
        self._check(sample, project.checkpoint)
        key = self._key()
        run, compared = self._runs.get(key, (None, ()))
        self._put(reconstruction=run, compared=compared, modes=self._modes.get(_of_all_modes(key), ()))
        if not sample.has_images:
            self._put(prepare_problem="There are no images to normalise, only cameras.", prepared=None, fed_textures=())
            return
        if key in self._prepared:
            prepared, textures = self._prepared[key]
            self._put(prepared=prepared, fed_textures=textures, prepare_problem="")
            return

        def done(got: tuple[Any, Any]) -> None:
            self._prepared.keep(key, got)
            self._put(prepared=got[0], fed_textures=got[1], prepare_problem="")

        self._jobs.submit("prepare", f"Normalising {sample.name}", lambda _t: tasks.prepare(sample, project), done,
                          self._show_problem)  # fmt: skip

    def _check(self, sample: Sample, checkpoint: str) -> None:
        """Findings depend on the format of the weights; a crop or another mode changes nothing about them."""
        if self._checked == (id(sample), checkpoint):
            return
        self._checked = (id(sample), checkpoint)
        self._jobs.submit("check", "Checking the sample", lambda _t: tasks.check(sample, checkpoint),
                          lambda findings: self._put(findings=findings), self.failed.emit)  # fmt: skip

    def _show_problem(self, failure: Failure) -> None:
        """A sample that cannot be normalised says so in its place; it is a property of the sample, not an accident."""
        text = "\n".join(part for part in (failure.message, f"→ {failure.remedy}" if failure.remedy else "") if part)
        self._put(prepare_problem=text, prepared=None, fed_textures=())

    # ---- what is asked for ---------------------------------------------------------------------------------------

    def run(self) -> None:
        sample, project = self._state().sample, self._state().project
        if sample is None or project is None:
            return
        key = self._key()

        def done(got: tuple[Any, Any]) -> None:
            self._runs.keep(key, got)
            if self._is_current(key):
                self._put(reconstruction=got[0], compared=got[1])
            note = " The render has gone white: see the findings." if got[0].white_collapse else ""
            self.told.emit(f"Reconstructed {sample.name} in {got[0].seconds:.1f} s on {got[0].device}.{note}")

        def work(ticket: Ticket) -> Any:
            return self._engine.reconstruct(sample, project, ticket)

        self._jobs.submit(RUN_SLOT, f"Reconstructing {sample.name}", work, done, self.failed.emit)

    def run_modes(self) -> None:
        sample, project = self._state().sample, self._state().project
        if sample is None or project is None:
            return
        key = self._key()

        def done(results: tuple[Any, ...]) -> None:
            self._modes.keep(_of_all_modes(key), results)
            if self._is_current(key):
                self._put(modes=results)
            self.told.emit(f"Compared {len(results)} modes on {sample.name}.")

        def work(ticket: Ticket) -> Any:
            return self._engine.compare_modes(sample, project, ticket)

        self._jobs.submit(RUN_SLOT, f"Comparing all modes on {sample.name}", work, done, self.failed.emit)

    # ---- keys ----------------------------------------------------------------------------------------------------

    def _key(self) -> tuple[Any, ...]:
        """What decides the results of this sample."""
        state = self._state()
        assert state.project is not None
        assert state.dataset is not None
        project = state.project
        recipe = project.recipe_for(state.sample.name) if state.sample is not None else project.recipe
        return (str(state.dataset.path), state.sample_index, recipe, project.held_out, project.checkpoint)

    def _is_current(self, key: tuple[Any, ...]) -> bool:
        state = self._state()
        return state.sample is not None and state.project is not None and self._key() == key


def _of_all_modes(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """A comparison runs every mode: which of them is chosen decides nothing."""
    return (*key[:2], dataclasses.replace(key[2], mode=Mode.EXACT_AIMED), *key[3:])
