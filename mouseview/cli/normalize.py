"""``mouseview normalize``: every sample of a path in the model's camera format, with its ledger."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mouseview.cli.job_options import add_job_options, backend_of, progress_line, resumable, words_of
from mouseview.cli.options import Subparsers, add_path, add_recipe, names, recipe_defaults, recipe_of, recipe_words
from mouseview.cli.outcome import FAILED, FINE, Outcome, Shell
from mouseview.cli.text import error_lines, number

if TYPE_CHECKING:  # a start must stay light
    from mouseview.model.recipe_book import RecipeBook
    from mouseview.workflow.project import Project

_MAX_LIST_BYTES = 64 << 20
_FIELDS = {  # of a recipe, by the option that decides them
    "mode": ("mode",),
    "centre": ("centre", "point"),
    "scale": ("scale", "session_scale"),
    "up": ("up", "up_vector"),
    "azimuth": ("azimuth", "azimuth_camera"),
}
_MEASURED = {"point": "centre", "scale": "scale", "up_vector": "up"}
_DEFAULT_WORDS = {"centre": "subject", "up": "file", "azimuth": "file"}  # given to say otherwise than a project


def add(subparsers: Subparsers) -> argparse.ArgumentParser:
    parser = subparsers.add_parser("normalize", aliases=["normalise"], help="write samples in a model's format")
    add_path(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="one folder a sample is written here")
    add_recipe(parser)
    parser.set_defaults(**dict.fromkeys(recipe_defaults()))  # what was given is told from what was not
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="a recipe file instead of these options; what belongs to another calibration is left out and named "
        "(a project brings its own recipe and held-out views)",
    )
    parser.add_argument(
        "--keep-numbers",
        action="store_true",
        help="with --recipe: points, scale, up and single samples hold here too, though measured elsewhere",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="model format (default: the recipe's or project's, or facelift)"
    )
    parser.add_argument("--only", metavar="A,B,…|@FILE", help="only these samples; @FILE holds one name a line")
    add_job_options(parser)
    parser.set_defaults(check=lambda arguments: _refuse_two_recipes(arguments, parser))
    return parser


def _refuse_two_recipes(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    given = _given(arguments)
    if arguments.recipe is not None and given:
        parser.error(
            f"--recipe and --{given[0]} both decide the recipe: leave one of them out, "
            f"or write the {given[0]} into the file"
        )


def run(arguments: argparse.Namespace, shell: Shell) -> Outcome:
    from mouseview.workflow.inspect import numbers
    from mouseview.workflow.normalise import normalise_dataset

    book, held_out, notes = _asked(arguments)
    for note in notes:
        shell.say(f"recipe: {note}")
    with resumable(shell, *_words(arguments)):
        document = normalise_dataset(
            arguments.path,
            arguments.out,
            book,
            resume=arguments.resume,
            watch=progress_line(shell, "normalising"),
            backend=backend_of(arguments),
            held_out=held_out,
            only=_only(arguments.only),
        )
    for failure in document["failed"]:
        shell.say("\n".join(error_lines(failure["name"], failure["error"])))
    failed = bool(document["failed"]) or not document["samples"]
    told = {**numbers(document), "left_out_of_recipe": list(notes)}
    return Outcome(told, _text(document, arguments.out), FAILED if failed else FINE)


def _asked(arguments: argparse.Namespace) -> tuple[RecipeBook, tuple[str, ...] | None, tuple[str, ...]]:
    """The book, the cameras held out (None: as the rig marks them) and what of a recipe file was left out."""
    from mouseview.model.recipe_book import RecipeBook
    from mouseview.workflow.project import SUFFIX, load_project

    project = load_project(arguments.path) if str(arguments.path).endswith(SUFFIX) else None
    notes: tuple[str, ...] = ()
    if arguments.recipe is not None:
        book, notes = _from_file(arguments)
    elif project is not None:
        book = _of_project(project, arguments)
    else:
        book = RecipeBook(recipe=recipe_of(_filled(arguments), "facelift"))
    if arguments.model is not None:
        book = book.replace(recipe=book.recipe.replace(model=arguments.model))
    return book, None if project is None else project.held_out, notes


def _from_file(arguments: argparse.Namespace) -> tuple[RecipeBook, tuple[str, ...]]:
    from mouseview.workflow.open import open_path, sample_named
    from mouseview.workflow.recipe_file import fitted_to, home_of, load_recipe

    saved = load_recipe(arguments.recipe)
    dataset = open_path(arguments.path)
    rig = sample_named(dataset, None).rig
    return fitted_to(saved, home_of(dataset, rig), dataset.names, arguments.keep_numbers)


def _of_project(project: Project, arguments: argparse.Namespace) -> RecipeBook:
    """As its window would, but for what the options say otherwise."""
    from mouseview.inference.declared import declared_format

    asked = recipe_of(_filled(arguments), "")
    fields = [field for option in _given(arguments) for field in _FIELDS[option]]
    recipe = project.recipe.replace(
        model=declared_format(project.checkpoint),
        **{field: getattr(asked, field) for field in fields},
        measured=tuple(entry for entry in project.recipe.measured if entry[0] not in fields),
    )
    return project.book.replace(recipe=recipe)


def _given(arguments: argparse.Namespace) -> list[str]:
    """Recipe options that stand on the command line."""
    return [name for name in recipe_defaults() if getattr(arguments, name) is not None]


def _filled(arguments: argparse.Namespace) -> argparse.Namespace:
    """With the defaults of recipe options that were not given."""
    given = {name: getattr(arguments, name) for name in _given(arguments)}
    return argparse.Namespace(**{**vars(arguments), **recipe_defaults(), **given})


def _only(text: str | None) -> tuple[str, ...]:
    from mouseview.formats.files import read_bytes

    if text is None:
        return ()
    if not text.startswith("@"):
        return names(text)
    lines = read_bytes(text[1:], _MAX_LIST_BYTES).decode("utf-8", "replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def _words(arguments: argparse.Namespace) -> list[str]:
    """The command line again, with everything that decides what is written."""
    recipe = recipe_words(_filled(arguments))
    words = words_of(
        out=arguments.out,
        recipe=arguments.recipe,
        keep_numbers=arguments.keep_numbers,
        **{name: recipe[name] or _DEFAULT_WORDS[name] for name in _given(arguments)},
        model=arguments.model,
        only=arguments.only,
        jobs=arguments.jobs if arguments.jobs > 1 else None,
        cluster=arguments.cluster,
    )
    return ["normalize", str(arguments.path), *words]


def _text(document: dict[str, Any], out: Path) -> str:
    lines = [f"{len(document['samples'])} sample(s) in {out}, {len(document['failed'])} failed"]
    own = len(document["book"]["samples"])
    lines += [f"{own} sample(s) with changes of their own"] if own else []
    similarity = document["similarity"]
    if similarity is not None:
        centre = ", ".join(number(float(value), 3) for value in similarity["centre"])
        lines.append(f"similarity of the first: scale {similarity['scale']:.8g}, centre ({centre})")
    lines += [f"{_MEASURED[field]}: {words}" for field, words in document["book"]["recipe"]["measured"].items()]
    return "\n".join(lines)
