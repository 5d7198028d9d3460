"""``mouseview recipe``: what a recipe file says, and what differs between two of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mouseview.cli.options import Subparsers
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell

if TYPE_CHECKING:  # a start must stay light
    from mouseview.workflow.recipe_file import RecipeFile

_MOST_LISTED = 200


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "recipe",
        help="show a recipe file, or compare two",
        description="Recipe files (.recipe.json) hold how a dataset is normalised: saved by the window, used by "
        "mouseview normalize --recipe. A project (.mouseview) is read as its recipe. diff ends with exit code 1 when "
        "the recipes differ.",
    )
    what = parser.add_subparsers(dest="recipe_command", metavar="WHAT", required=True)
    show = what.add_parser("show", help="what differs from the plain recipe, and what its numbers were measured with")
    show.add_argument("file", type=Path, metavar="FILE", help="a recipe file or a project")
    diff = what.add_parser("diff", help="what differs, one value a line; exit code 1 when something does")
    diff.add_argument("first", type=Path, metavar="A", help="a recipe file or a project")
    diff.add_argument("second", type=Path, metavar="B", help="another one")
    for each in (show, diff):
        # also behind the words of this command; the parser around it has set it already
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def run(arguments: argparse.Namespace, _shell: Shell) -> Outcome:
    if arguments.recipe_command == "show":
        return _show(arguments.file)
    return _diff(arguments.first, arguments.second)


def _show(path: Path) -> Outcome:
    from mouseview.model.recipe import Recipe
    from mouseview.model.recipe_book import RecipeBook
    from mouseview.workflow.recipe_file import diff_books
    from mouseview.workflow.recipe_json import book_to_json

    found = _load(path)
    book, home = found.book, found.home
    recipe = book.recipe
    plain = RecipeBook(book.name, Recipe(mode=recipe.mode, model=recipe.model, measured=recipe.measured))
    changes = diff_books(plain, book)
    lines = [
        book.name or path.name,
        f"{recipe.mode} for {recipe.model}: {recipe.mode.summary}",
        *(change.words for change in changes[:_MOST_LISTED]),
        *([f"… and {len(changes) - _MOST_LISTED} more"] if len(changes) > _MOST_LISTED else []),
        *(f"{field.replace('_', ' ')}: {words}" for field, words in recipe.measured),
    ]
    if not changes:
        lines.append("nothing else was changed")
    if home is not None:
        lines.append(f"made for {home.dataset}: {len(home.cameras)} cameras, {home.units}")
    made_for: dict[str, Any] | None = None
    if home is not None:
        made_for = {"dataset": home.dataset, "units": home.units, "cameras": dict(home.cameras)}
    document = {
        "book": book_to_json(book),
        "made_for": made_for,
        "changes": [_described(change) for change in changes],
    }
    return Outcome(document, "\n".join(lines))


def _diff(first: Path, second: Path) -> Outcome:
    from mouseview.workflow.recipe_file import diff_books

    before, after = _load(first), _load(second)
    changes = diff_books(before.book, after.book)
    lines = [change.words for change in changes] or ["the recipes are the same"]
    apart = before.home is not None and after.home is not None and not before.home.measures_like(after.home)
    if apart:
        lines.append("they were made for different calibrations: their points, scales and up vectors do not compare")
    document = {"changes": [_described(change) for change in changes], "same_calibration": not apart}
    return Outcome(document, "\n".join(lines), FAILED if changes else FINE)


def _load(path: Path) -> RecipeFile:
    from mouseview.inference.declared import declared_format
    from mouseview.workflow.project import SUFFIX, load_project
    from mouseview.workflow.recipe_file import RecipeFile, load_recipe

    if not path.name.endswith(SUFFIX):
        return load_recipe(path)
    project = load_project(path)
    recipe = project.recipe.replace(model=declared_format(project.checkpoint))
    return RecipeFile(project.book.replace(recipe=recipe), None)


def _described(change: Any) -> dict[str, Any]:
    return {
        "sample": change.sample,
        "view": change.view,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "words": change.words,
    }
