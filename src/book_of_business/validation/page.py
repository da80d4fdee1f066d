"""Validation as one small HTML page that needs nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from book_of_business.console import count_of
from book_of_business.validation.summary import Check, Failure, SuiteResult, ValidationSummary

MARKS = {"met": "✓", "not met": "✕", "not measured": "·"}
# What is not met and stops no build: another sign, word and colour than a failure.
WARNING = "⚠\ufe0e"
TITLES = {"edge": "Raw tables, as received", "marts": "Marts, for drift"}
STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --ground: #ffffff; --soft: #5c6470; --line: #d5d9df;
  --bad: #a8201a; --good: #1d6b3a; --warn: #805300; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --ground: #16181c; --soft: #a3abb6; --line: #3a3f47;
  --bad: #ff9089; --good: #7fd69b; --warn: #f0c060; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); margin: 2rem auto;
  max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.25rem; margin-top: 2.2rem; } h3 { font-size: 1rem; }
p { max-width: 46rem; } .soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.2rem; font-size: .92rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
.verdict, .name { white-space: nowrap; } .bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); }
.warn { color: var(--warn); font-weight: 600; }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
"""


def render_page(summaries: Iterable[ValidationSummary], path: Path) -> None:
    """Write the page of one or both phases, whole or not at all.

    It holds table and column names of the contract, expectations, shares and counts; no value of any row.
    """
    body = "".join(phase_section(summary) for summary in summaries)
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Validation: Book of Business</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        "<h1>Validation</h1>\n"
        '<p class="soft">What Great Expectations found: shares of whole tables, never single rows. The rows that break'
        " a rule of the raw contract are in the table marts.rejected_rows.</p>\n"
        f"{body}</main>\n</body>\n</html>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)


def phase_section(summary: ValidationSummary) -> str:
    """One phase: the verdict, what is not met, then every table."""
    counts = summary.counts
    if summary.is_stopping:
        verdict = '<span class="bad">✕ A required expectation is not met: the build stopped.</span>'
    elif counts["not met"]:
        verdict = (
            '<span class="good">✓ Every required expectation is met.</span>'
            f' <span class="warn">{WARNING} The warnings below do not stop the build.</span>'
        )
    else:
        verdict = '<span class="good">✓ Every expectation is met.</span>'
    parts = [
        f"<section>\n<h2>{escape(TITLES.get(summary.phase, summary.phase))}</h2>\n<p>{verdict}</p>\n",
        f'<p class="soft">From {escape(summary.source)}. Expectations met {counts["met"]}, not met {counts["not met"]},'
        f" not measured {counts['not measured']} (too few values).</p>\n",
    ]
    if summary.failures:
        parts.append(failures_table(summary.failures))
    parts.append(f"<h3>By table</h3>\n{''.join(suite_details(suite) for suite in summary.suites)}</section>\n")
    return "".join(parts)


def failures_table(failures: Sequence[Failure]) -> str:
    """What is not met, critical first."""
    rows = [
        [
            text_cell(
                f"{mark_of(failure.check)} {'stops the build' if is_failure(failure.check) else 'warning'}",
                style_of(failure.check),
            ),
            text_cell(failure.table, "name"),
            text_cell(failure.check.column or "(all)", "name"),
            text_cell(failure.check.words),
            text_cell(failure.check.observed),
            text_cell(failure.check.remedy),
        ]
        for failure in failures
    ]
    heads = ("Verdict", "Table", "Column", "Expected", "Observed", "What to do")
    return html_table("Expectations that are not met", heads, rows)


def suite_details(suite: SuiteResult) -> str:
    """One table, folded: its counts in the summary line, its expectations inside."""
    not_met = [check for check in suite.checks if check.verdict == "not met"]
    failed = sum(map(is_failure, not_met))
    warned = len(not_met) - failed
    told = [f"{suite.row_count:,} rows"] if suite.row_count is not None else []
    if suite.checks:
        told.append(f"{sum(check.verdict == 'met' for check in suite.checks)} met")
    if suite.note:
        told.append(suite.note)
    state = f'<span class="bad">✕ {failed} required not met</span> · ' if failed else ""
    state += f'<span class="warn">{WARNING} {count_of(warned, "warning")}</span> · ' if warned else ""
    line = f"<strong>{escape(suite.table)}</strong> · {state}{escape(' · '.join(told))}"
    if not suite.checks:
        return f'<p class="soft">{line}</p>\n'
    heads = ("Verdict", "Column", "Expected", "Observed")
    table = html_table(f"Expectations of {suite.table}", heads, [check_row(check) for check in suite.checks])
    return f"<details>\n<summary>{line}</summary>\n{table}</details>\n"


def check_row(check: Check) -> list[str]:
    """One expectation as ready cells."""
    return [
        text_cell(f"{mark_of(check)} {check.verdict}", style_of(check)),
        text_cell(check.column or "(all)", "name"),
        text_cell(check.words),
        text_cell(check.observed),
    ]


def is_failure(check: Check) -> bool:
    """Whether it stops the build: what is required and not met."""
    return check.verdict == "not met" and check.severity == "critical"


def mark_of(check: Check) -> str:
    """The sign of a verdict, which of a warning is another than of a failure."""
    return WARNING if check.verdict == "not met" and not is_failure(check) else MARKS[check.verdict]


def style_of(check: Check) -> str:
    """The classes of a cell with a verdict."""
    if check.verdict == "not met":
        return "verdict bad" if is_failure(check) else "verdict warn"
    return "verdict good" if check.verdict == "met" else "verdict soft"


def text_cell(text: str, style: str = "") -> str:
    """A cell of escaped text."""
    return f'<td class="{style}">{escape(text)}</td>' if style else f"<td>{escape(text)}</td>"


def html_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of ready cells with a caption and column heads."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>\n"
    )
