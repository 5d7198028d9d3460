"""The recipe desk: recipe files saved from the window, compared with what is chosen, and applied as one step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mouseview.app.controller import Controller

if TYPE_CHECKING:
    from mouseview.workflow.project_recipe import Proposal, Proposals

SLOT = "recipe"
SUFFIX = ".recipe.json"


class RecipeDesk(QObject):
    """``proposed(Proposals)``: what a file would change; nothing is changed before ``apply``."""

    proposed = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller

    def save(self, name: str, path: str) -> None:
        """Give the recipe a name and write it."""
        self._controller.edit(f"name “{name}”", recipe_name=name)
        state = self._controller.state
        if state.project is None or state.dataset is None or state.sample is None:
            return
        project, dataset, sample = state.project, state.dataset, state.sample

        def work(_ticket: object) -> Path:
            from mouseview.workflow.project_recipe import save_project_recipe

            return save_project_recipe(project, dataset, sample, path)

        self._controller.jobs.submit(SLOT, "Saving the recipe", work,
                                     lambda place: self._controller.told.emit(f"Saved {place.name}"),
                                     self._controller.failed.emit)  # fmt: skip

    def propose(self, path: str) -> None:
        """Read a recipe file and tell what it would change."""
        state = self._controller.state
        if state.project is None or state.dataset is None or state.sample is None:
            self._controller.told.emit("Open a dataset first: a recipe is applied to what is open.")
            return
        project, dataset, sample = state.project, state.dataset, state.sample

        def work(_ticket: object) -> Proposals:
            from mouseview.workflow.project_recipe import propose

            return propose(project, dataset, sample, path)

        self._controller.jobs.submit(SLOT, f"Reading {Path(path).name}", work, self.proposed.emit,
                                     self._controller.failed.emit)  # fmt: skip

    def apply(self, proposal: Proposal) -> None:
        """One undoable step, for the dataset that it was made for."""
        project, now = proposal.project, self._controller.state.project
        if now is None or now.dataset_path != project.dataset_path:
            return
        self._controller.edit(
            f"recipe {project.recipe_name or proposal.name}",
            recipe=project.recipe,
            recipe_name=project.recipe_name,
            samples=project.samples,
            held_out=project.held_out,
        )
        left = f" {len(proposal.left_out)} thing(s) did not fit and were left out." if proposal.left_out else ""
        self._controller.told.emit(f"Applied {proposal.name}.{left}")
