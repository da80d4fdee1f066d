"""Run the notebooks on the published marts and write them as HTML pages that need no network.

The kernel is this very interpreter, found through a kernel description under the build directory, so that neither a
kernel of the machine nor one of the user can take its place; everything Jupyter writes goes there too.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from book_of_business.console import ProgressCallback, one_line, step
from book_of_business.errors import UserError
from book_of_business.settings import Settings

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL = "book_of_business"
CELL_SECONDS = 600
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Where nbconvert would load from: an address that is empty is not asked for.
ADDRESSES = (
    "mathjax_url",
    "require_js_url",
    "jquery_url",
    "mermaid_js_url",
    "mermaid_layout_elk_js_url",
    "jupyter_widgets_base_url",
    "widget_renderer_url",
)
# A reader of the page came for the answer: the code is there, folded.
TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock html_head_js -%}
{%- block html_head_js_mathjax -%}{%- endblock html_head_js_mathjax -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}
{%- block footer_js -%}{%- endblock footer_js -%}
{%- block input_group -%}
<details class="code"><summary>code</summary>{{ super() }}</details>
{%- endblock input_group -%}
{%- block data_svg scoped -%}
<div class="jp-RenderedSVG jp-OutputArea-output" data-mime-type="image/svg+xml">
<img alt="{{ output.data['image/svg+xml'] | chart_title | escape_html }}"
 src="data:image/svg+xml;base64,{{ output.data['image/svg+xml'] | text_base64 | escape_html }}">
</div>
{%- endblock data_svg -%}
{%- block html_head_css -%}
{{ super() }}
<style>
body { max-width: 1080px; margin: 0 auto; padding: 16px 24px; }
details.code > summary { color: #5f6b7a; cursor: pointer; font-size: 12px; margin: 4px 0; }
.jp-OutputArea-output img { max-width: 100%; height: auto; }
@media print { details.code { display: none; } }
</style>
{%- endblock html_head_css -%}
"""


def run(settings: Settings, names: Sequence[str] | None = None) -> list[Path]:
    """Run notebooks from top to bottom and write `BUILD_DIR/notebooks/<name>.html`; all where no names are given.

    A page is replaced only by a run that went through.

    Raises:
        UserError: if nothing is published, a name is unknown, or a cell fails (with notebook, cell and line).
    """
    if not settings.published_file.is_file():
        raise UserError(f"{settings.published_file} does not exist yet: run `make build` first")
    paths = chosen(settings.project_dir / "notebooks", names)
    pages_dir = settings.build_dir / "notebooks"
    pages_dir.mkdir(parents=True, exist_ok=True)
    pages = []
    for path in paths:
        notebook = read(path)
        with step(f"Running {path.name}") as progress, jupyter_environment(settings):
            execute(notebook, path, settings.build_dir / "jupyter" / "kernel.log", progress)
        pages.append(write_page(notebook, pages_dir / f"{path.stem}.html"))
    return pages


def chosen(folder: Path, names: Sequence[str] | None) -> list[Path]:
    """The notebooks of those names (with or without .ipynb), or all, in order."""
    found = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not found:
        raise UserError(f"there are no notebooks in {folder}")
    if names is None:
        return list(found.values())
    wanted = [name.removesuffix(".ipynb") for name in names]
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise UserError(f"there is no notebook {', '.join(unknown)} in {folder}; there are: {', '.join(found)}")
    return [found[name] for name in wanted]


def read(path: Path) -> NotebookNode:
    """A notebook from its file.

    Raises:
        UserError: if it is none.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise UserError(f"{path} is not a notebook: {one_line(str(error), 200)}") from None


@contextmanager
def jupyter_environment(settings: Settings) -> Iterator[None]:
    """Environment in which Jupyter finds our kernel and writes under the build directory; restored afterwards."""
    home = settings.build_dir / "jupyter"
    kernel_dir = home / "data" / "kernels" / KERNEL
    kernel_dir.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    (kernel_dir / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": KERNEL, "language": "python"}))
    package_root = str(Path(__file__).resolve().parents[2])
    changes = {
        "BUILD_DIR": str(settings.build_dir),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PATH": str(home / "data"),
        "JUPYTER_NO_CONFIG": "1",
        "PYTHONPATH": os.pathsep.join(part for part in (package_root, os.environ.get("PYTHONPATH", "")) if part),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONWARNINGS": "ignore",  # what a library warns of is no part of a page
        # small systems of equations: threads would only wait for one another
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def execute(notebook: NotebookNode, path: Path, log: Path, progress: ProgressCallback) -> None:
    """Run every cell in place, in the notebook's folder; what the kernel itself has to say goes to a log.

    Raises:
        UserError: naming notebook, cell and line, when one fails, takes too long or kills the kernel.
        KeyboardInterrupt: when interrupted; the kernel is gone by then.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    running = {"cell": 0}
    signals: list[int] = []
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

    def executed(cell_index: int, **_: Any) -> None:
        progress(code_cells.index(cell_index) + 1, len(code_cells), "cells")

    def take_signals(**_: Any) -> None:
        """In place of nbclient's own handlers, which end the kernel twice and then fail."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()

        def stop(number: int) -> None:
            signals.append(number)
            task.cancel()

        # Only the main thread gets signals.
        with contextlib.suppress(RuntimeError, ValueError, NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop, number)

    notebook.metadata["kernelspec"] = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name=KERNEL),
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": str(path.parent)}},
        on_notebook_start=take_signals,
        on_cell_start=lambda cell_index, **_: running.update(cell=cell_index),
        on_cell_executed=executed,
    )
    try:
        with log.open("wb") as kernel_output:
            client.execute(cleanup_kc=True, stdout=kernel_output, stderr=kernel_output)
    except (DeadKernelError, asyncio.CancelledError):
        if signal.SIGTERM in signals:
            raise SystemExit(128 + signal.SIGTERM) from None
        if signals:
            raise KeyboardInterrupt from None
        where = place(notebook, path, running["cell"])
        raise UserError(f"{where} ended the Python that ran it: out of memory? See {log}") from None
    except CellExecutionError as error:
        raise UserError(explain(notebook, path, running["cell"], error.ename, error.evalue)) from None
    except CellTimeoutError:
        raise UserError(f"{place(notebook, path, running['cell'])} took longer than {CELL_SECONDS} s") from None
    except RuntimeError as error:
        raise UserError(
            f"{path.name}: no Python kernel could be started: {one_line(str(error), 300)}; see {log}"
        ) from None


def place(notebook: NotebookNode, path: Path, index: int) -> str:
    """`notebooks/01_baseline.ipynb, code cell 3`, as a person counts the cells with code."""
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    return f"{path.parent.name}/{path.name}, code cell {number}"


def explain(notebook: NotebookNode, path: Path, index: int, name: str, message: str) -> str:
    """What went wrong in a cell, where, and in which line of it."""
    cell = notebook.cells[index]
    traceback = "\n".join(line for output in cell.get("outputs", []) for line in output.get("traceback", []))
    found = re.search(r"(?:Cell|Input) In\s*\[\d+\], line (\d+)", ANSI.sub("", traceback))
    text = f"{place(notebook, path, index)}"
    if found:
        number = int(found.group(1))
        lines = cell.source.splitlines()
        text += f", line {number}"
        if 1 <= number <= len(lines):
            text += f":\n    {one_line(lines[number - 1], 150)}"
    # What a person has to act on stands alone; the kind of any other error is part of what it says.
    said = one_line(ANSI.sub("", message), 400)
    return f"{text}\n{said if name == UserError.__name__ else f'{name}: {said}'.removesuffix(': ')}"


def write_page(notebook: NotebookNode, page: Path) -> Path:
    """Write an executed notebook as one HTML page, replacing the old one whole."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        filters={"chart_title": chart_title},
        raw_template=TEMPLATE,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
        **dict.fromkeys(ADDRESSES, ""),
    )
    body, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": page.stem}})
    new_page = page.with_name(f".{page.name}.{os.getpid()}")
    new_page.write_text(body, encoding="utf-8")
    os.replace(new_page, page)
    return page


def chart_title(svg: str) -> str:
    """What a chart is called, for whoever does not see it: its largest text."""
    texts = re.findall(r'<text[^>]*font-size="([\d.]+)px"[^>]*>([^<]+)</text>', svg)
    if not texts:
        return "Chart"
    _, title = max(texts, key=lambda text: float(text[0]))
    return f"Chart: {html.unescape(title)}"


class Page:
    """Text for a notebook: plain in a terminal, escaped in HTML."""

    def __init__(self, markup: str, text: str) -> None:
        self._markup = markup
        self._text = text

    def _repr_html_(self) -> str:
        return self._markup

    def __repr__(self) -> str:
        return self._text


def say(*sentences: str) -> Page:
    """Sentences as paragraphs. They hold names, so nothing in them is taken for markup."""
    kept = [sentence for sentence in sentences if sentence]
    return Page("".join(f"<p>{html.escape(sentence)}</p>" for sentence in kept), "\n".join(kept))


def table(frame: pl.DataFrame, if_empty: str = "No rows.") -> Page:
    """A frame as a table, its texts escaped: numbers to the right with at most two decimals, null as a dash."""
    if frame.is_empty():
        return say(if_empty)
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]

    def row(values: Sequence[object], tag: str) -> str:
        cells = (
            f'<{tag} style="text-align: {"right" if is_number else "left"}">{html.escape(words(value))}</{tag}>'
            for value, is_number in zip(values, numeric, strict=True)
        )
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(row(values, "td") for values in frame.iter_rows())
    return Page(f"<table><thead>{row(frame.columns, 'th')}</thead><tbody>{body}</tbody></table>", str(frame))


def words(value: object) -> str:
    """A value as a person writes it."""
    if value is None:
        return "\u2013"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
