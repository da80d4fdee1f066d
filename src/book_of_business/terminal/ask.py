"""`ask`: a question by name or in plain words, answered as a table, as CSV or as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.text import Text

from book_of_business.console import one_line, output_console
from book_of_business.errors import UserError
from book_of_business.questions import answers, catalogue
from book_of_business.questions.catalogue import Bound
from book_of_business.questions.understanding import Understood
from book_of_business.terminal import questions as shown


def run(project_dir: Path, published_file: Path, arguments: argparse.Namespace) -> int:
    """Answer what was asked, or list the catalogue.

    Raises:
        UserError: if there is no such question, it takes no such value, or a text is refused.
    """
    said = [part for part in arguments.question if part.strip()]
    if arguments.text is not None or is_text(project_dir, said):
        text = arguments.text if arguments.text is not None else " ".join(said)
        return answer_text(project_dir, published_file, text, arguments)
    known = catalogue.read_questions(project_dir)
    console = output_console()
    if not said:
        shown.print_catalogue(known, console)
        return 0
    bound = named(known, said)
    if arguments.json:
        print_json(answers.answer(published_file, bound).as_dict())
    elif arguments.csv:
        sys.stdout.write(catalogue.as_csv(catalogue.ask(published_file, bound)))
    else:
        shown.print_answer(published_file, bound, console)
    return 0


def is_text(project_dir: Path, said: list[str]) -> bool:
    """Whether what was typed is a sentence and not a name: it has blanks, and no question is called so."""
    typed = " ".join(said)
    if "=" in typed or len(typed.split()) < 2:
        return False
    try:
        catalogue.find(catalogue.read_questions(project_dir), typed)
    except UserError:
        return True
    return False


def named(known: dict[str, catalogue.Question], said: list[str]) -> Bound:
    """The question of a name with the values after it.

    Raises:
        UserError: if there is no such question or value.
    """
    name = " ".join(part for part in said if "=" not in part)
    values = dict(part.split("=", 1) for part in said if "=" in part)
    return catalogue.bind(catalogue.find(known, name), values)


def answer_text(project_dir: Path, published_file: Path, text: str, arguments: argparse.Namespace) -> int:
    """Say what was understood, and answer it.

    Raises:
        UserError: if it is refused and not asked as JSON.
    """
    understood, found = answers.Asker(project_dir, published_file).answer_text(text)
    if arguments.json:
        print_json(answers.as_json(understood, found))
        return 0
    if found is None:
        raise UserError(refusal(understood))
    if arguments.csv:
        sys.stdout.write(catalogue.as_csv(found.rows))
        return 0
    console = output_console()
    values = "".join(f", {one_line(phrase)}" for phrase in understood.said)
    console.print(Text(f"understood: {found.bound.question.name}{values}", style="dim"))
    shown.print_answer(published_file, found.bound, console)
    console.print(Text(f"as of {found.as_of_date}", style="dim"))
    return 0


def refusal(understood: Understood) -> str:
    """Why a text is not answered, and the nearest questions."""
    lines = [f"Not answered: {understood.reason}."]
    if understood.alternatives:
        lines.append("The nearest questions:")
        lines += [f"  {question.name}: {question.text}" for question in understood.alternatives]
    lines.append("`python -m book_of_business ask` lists all.")
    return "\n".join(lines)


def print_json(told: dict[str, object]) -> None:
    """One JSON document on standard output."""
    json.dump(told, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
