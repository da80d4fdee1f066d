"""References from one file to another: whoever names a file sends a reader there, so it has to exist."""

from __future__ import annotations

import ast
import io
import posixpath
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from book_of_business.proof.project_check.allowances import ABSENT_FILES
from book_of_business.proof.project_check.project import Problem, Project
from book_of_business.proof.project_check.repository import LARGEST_TEXT_BYTES
from book_of_business.proof.project_check.use import allows

# A path with an extension, as prose, comments and links write it.
PATH = re.compile(
    r"(?<![\w./*<>{}$~\\%-])((?:\.\.?/)*(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.(?:md|py|sql|ya?ml|csv|ipynb|sh|j2|png|svg))(?![\w*(/]|\.\w)"
)
MARKDOWN = re.compile(r"(?<![\w./*<>{}$~-])[\w./-]*\w\.md\b")
# Addresses and the pages of dbt (#!/model/...) are none of ours.
LINK = re.compile(r"\]\((?!\w+:|#!)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
URL = re.compile(r"\b\w+://\S+")
SQL_COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
READ = (".md", ".py", ".sql", ".yml", ".yaml", ".csv", ".ipynb", ".sh", ".toml", ".j2", ".in")
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
# Written by commands, not by people.
OUTPUTS = ("build/", "target/", "logs/")
# Names of data files are the user's own unless they begin in a folder of this repository.
DATA = (".csv", ".png", ".svg")


def absent_files(project: Project) -> Iterator[Problem]:
    """Files that another file names and that are not in the repository."""
    paths = set(project.files)
    folders = {path.split("/", 1)[0] for path in paths if "/" in path}
    names = {PurePosixPath(path).name for path in paths}
    for path in project.files:
        is_read = path.endswith(READ) or path == "Makefile"
        # of data, only reference tables have sentences in them
        is_data = path.endswith(".csv") and "/reference/" not in path
        if not is_read or is_data or (project.root / path).stat().st_size > LARGEST_TEXT_BYTES:
            continue
        for line, name in named_files(path, project.read(path)):
            if name.startswith(OUTPUTS) or resolves(name, path, paths, names, folders):
                continue
            if allows(project, ABSENT_FILES, path, name):
                continue
            to_do = "name a file that is there, or say it without a file; an allowance if it is the reader's own file"
            yield Problem(path, f"line {line} names {name}, which is not in the repository", to_do)


def broken_links(project: Project) -> Iterator[Problem]:
    """Links of Markdown that lead nowhere: to no file or folder, or to no heading of a page."""
    paths = set(project.files)
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    headings = cache(lambda page: anchors(project.read(page)))
    for path in project.files:
        if not path.endswith(".md"):
            continue
        text = without_code_blocks(project.read(path))
        for match in LINK.finditer(text):
            target, anchor = match.groups()
            place = f"line {text.count(chr(10), 0, match.start()) + 1} links to"
            page = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            if page not in paths | folders:
                yield Problem(path, f"{place} {target}, which is not in the repository", "correct the link")
            elif anchor and page.endswith(".md") and anchor not in headings(page):
                yield Problem(path, f"{place} #{anchor}, which {page} has no heading for", "correct the link")


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page of Markdown, as GitHub makes them."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(without_code_blocks(text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found[anchor] = found.get(anchor, -1) + 1
    again = {f"{name}-{number}" for name, last in found.items() for number in range(1, last + 1)}
    return again | set(found)


def without_code_blocks(text: str) -> str:
    """The text with its blocks of code blanked out; lines keep their numbers."""
    return CODE_BLOCK.sub(lambda match: "\n" * match.group().count("\n"), text)


def resolves(name: str, path: str, paths: set[str], names: set[str], folders: set[str]) -> bool:
    """Whether a name leads to a file: from the file that has it, the root, the package, or a folder of pages."""
    if "/" not in name:
        return name.endswith(DATA) or name in names
    if name.endswith(DATA) and name.lstrip("./").split("/", 1)[0] not in folders:
        return True
    starts = (posixpath.dirname(path), "", "docs", "docs/evidence", "src/book_of_business")
    return any(posixpath.normpath(posixpath.join(start, name)) in paths for start in starts)


def named_files(path: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, file) for each file that a text names; of code only what people read: comments and docstrings."""
    for first_line, part in readable_parts(path, text):
        part = URL.sub(lambda match: " " * len(match.group()), part)
        for match in PATH.finditer(part):
            yield first_line + part.count("\n", 0, match.start()), match.group(1)


def readable_parts(path: str, text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of what is prose in a file."""
    if path.endswith(".sql"):
        for match in SQL_COMMENT.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, match.group()
    elif path.endswith(".py"):
        yield from prose_of_python(text, with_texts=path.startswith("src/"))
    else:
        yield 1, text


def prose_of_python(text: str, *, with_texts: bool) -> Iterator[tuple[int, str]]:
    """(first line, text) of the comments and docstrings of a module; nothing of what is not Python.

    `with_texts` adds the Markdown files in its other strings: messages and pages are made of them.
    """
    try:
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            docstrings.add(node.body[0].value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node in docstrings:
                yield node.lineno, node.value
            elif with_texts:
                yield from ((node.lineno, name) for name in MARKDOWN.findall(node.value))
