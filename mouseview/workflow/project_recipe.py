"""Recipe files for an open project: what it says as a recipe, and what another recipe would change in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mouseview.inference.declared import declared_format
from mouseview.model.recipe_book import RecipeBook
from mouseview.model.sample import Dataset, Sample
from mouseview.model.scope import with_locks
from mouseview.workflow.project import Project
from mouseview.workflow.recipe_file import diff_books, fitted_to, home_of, load_recipe, save_recipe


@dataclass(frozen=True)
class Proposal:
    """What a recipe file would make of a project.

    name: of the file.  project: after it.  changes: in words, with their place ("" for the whole dataset).  left_out:
    what of the file does not fit here.  spared: locked views that it frames otherwise.
    """

    name: str
    project: Project
    changes: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]
    spared: tuple[str, ...]


@dataclass(frozen=True)
class Proposals:
    """fitted: with what belongs to this calibration alone.  whole: with numbers and samples of another one, too; None
    where that is the same."""

    fitted: Proposal
    whole: Proposal | None


def book_of(project: Project, names: tuple[str, ...]) -> RecipeBook:
    """The project's book, with the model format that its checkpoint declares, and the views that are fed where some
    are not. names: of all cameras.
    """
    fed = tuple(name for name in names if name not in project.held_out)
    views = () if len(fed) == len(names) else fed
    return project.book.replace(recipe=project.recipe.replace(views=views, model=declared_format(project.checkpoint)))


def with_book(project: Project, book: RecipeBook, names: tuple[str, ...]) -> Project:
    """The inverse: views that the book does not feed are held out; one that names none leaves that as it is."""
    fed = book.recipe.views
    held_out = tuple(name for name in names if name not in fed) if fed else project.held_out
    return project.with_book(book.replace(recipe=book.recipe.replace(views=()))).replace(held_out=held_out)


def save_project_recipe(project: Project, dataset: Dataset, sample: Sample, path: str | Path) -> Path:
    """Write the project's recipe; returns where. Raises ``FileFormatError`` as ``save_recipe``."""
    return save_recipe(book_of(project, sample.rig.names), path, home_of(dataset, sample.rig))


def propose(project: Project, dataset: Dataset, sample: Sample, path: str | Path) -> Proposals:
    """What the recipe at ``path`` would change; raises ``MouseViewError`` when nothing of it can be used here."""
    saved, home = load_recipe(path), home_of(dataset, sample.rig)

    def proposal(keep_numbers: bool) -> Proposal:
        book, left_out = fitted_to(saved, home, dataset.names, keep_numbers)
        before, names = book_of(project, sample.rig.names), sample.rig.names
        if not book.recipe.views:
            book = book.replace(recipe=book.recipe.replace(views=before.recipe.views))
        model = before.recipe.model
        if book.recipe.model != model:
            left_out = (*left_out, f"the format of {book.recipe.model}: the checkpoint here has that of {model}")
            book = book.replace(recipe=book.recipe.replace(model=model))
        after = with_locks(before, book, project.locked)
        changes = tuple(
            (change.place, change.words.removeprefix(f"{change.place}: ")) for change in diff_books(before, after)
        )
        spared = {change.view for change in diff_books(after, book) if change.view}
        return Proposal(Path(path).name, with_book(project, after, names), changes, left_out, tuple(sorted(spared)))

    fitted, whole = proposal(False), proposal(True)
    return Proposals(fitted, whole if whole.project != fitted.project else None)
