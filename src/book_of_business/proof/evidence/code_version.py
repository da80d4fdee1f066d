"""What a replicate is made of, as a short hash: the code that its module reaches, and the reference tables."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import book_of_business
from book_of_business.receiving.reference_files import records, reference_folder

PACKAGE = Path(book_of_business.__file__).parent
LENGTH = 12


def code_version(module: Path, package: Path = PACKAGE, reference: Path | None = None) -> str:
    """Hash of a module, of all modules of the package that it imports, transitively, and of the reference tables.

    A file counts as a whole: a change of how a claim is judged makes its replicates anew, too. Of `thresholds.csv` the
    rows count that one of the modules may read.

    Args:
        module: file of the module that makes the replicate.
        package: folder of the package.
        reference: folder of the reference tables; null: that of the checkout.
    """
    found, waiting = {module}, [module]
    while waiting:
        new = imported_files(waiting.pop(), package) - found
        found |= new
        waiting += new
    told = hashlib.sha256()
    words = {word for file in found for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))}
    for file in (*sorted(found), *sorted((reference or reference_folder()).glob("*.csv"))):
        content = thresholds_named(file, words) if file.name == "thresholds.csv" else file.read_bytes()
        told.update(file.name.encode() + b"\0" + content + b"\0")
    return told.hexdigest()[:LENGTH]


def thresholds_named(file: Path, words: set[str]) -> bytes:
    """Rows of `thresholds.csv` whose name is one of the words, whole or without its first word.

    Without the first: classes of limits name their fields without the prefix that their rows share.
    """
    rows = records(file.read_text(encoding="utf-8"))
    return "".join(raw for raw, (name, *_) in rows if words & {name, name.partition("_")[2]}).encode()


def imported_files(module: Path, package: Path) -> set[Path]:
    """Files of the package that a module imports anywhere, in functions too; `from a import b` may mean a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    own = [name.split(".") for name in names if name.split(".")[0] == package.name]
    # importing a.b.c runs the packages a and a.b as well
    places = {package.parent.joinpath(*parts[:end]) for parts in own for end in range(1, len(parts) + 1)}
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return {file for file in files if file.is_file()}
