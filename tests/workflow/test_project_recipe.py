"""Recipe files of an open project: what is saved leads to the same results elsewhere, what is read back changes it."""

from __future__ import annotations

from pathlib import Path

from mouseview.formats import open_dataset
from mouseview.model.recipe import Framing, Mode, Recipe
from mouseview.model.recipe_book import RecipeBook
from mouseview.workflow.project import Project
from mouseview.workflow.project_recipe import propose, save_project_recipe
from mouseview.workflow.recipe_file import load_recipe, save_recipe


def test_a_saved_recipe_says_the_format_and_the_fed_views_as_the_window_has_them(samples: Path, tmp_path: Path) -> None:
    dataset = open_dataset(samples)
    project = Project(str(samples), checkpoint="mouse-256", held_out=("cam0",))
    project = project.with_book(project.book.framed_everywhere({"cam2": Framing(roll_deg=4.0)}))
    path = save_project_recipe(project, dataset, dataset[0], tmp_path / "mine")
    recipe = load_recipe(path).book.recipe
    assert recipe.model == "mouse-256"
    assert recipe.views == ("cam1", "cam2", "cam3", "cam4", "cam5")
    fitted = propose(project, dataset, dataset[0], path).fitted
    assert (fitted.changes, fitted.left_out) == ((), ())
    after = propose(Project(str(samples)), dataset, dataset[0], path).fitted.project
    assert after.held_out == ("cam0",)
    assert after.recipe.framing("cam2").roll_deg == 4.0


def test_the_format_is_the_checkpoints(samples: Path, tmp_path: Path) -> None:
    dataset = open_dataset(samples)
    path = save_recipe(RecipeBook("", Recipe(mode=Mode.RAW, model="facelift")), tmp_path / "other")
    fitted = propose(Project(str(samples), checkpoint="mouse-256"), dataset, dataset[0], path).fitted
    assert [words for _, words in fitted.changes] == ["mode exact-aimed → raw"]
    assert fitted.left_out == ("the format of facelift: the checkpoint here has that of mouse-256",)
