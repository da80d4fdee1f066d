"""Plain words find their question with its values, and what cannot be bound is refused."""

import csv
import json
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Run, command, environment

from book_of_business.questions import catalogue, periods, values
from book_of_business.questions.answers import Asker
from book_of_business.questions.retrieval import Index
from book_of_business.questions.understanding import Understood, understand

SUNDAY = date(2026, 6, 28)
CATALOGUE = catalogue.read_questions(ROOT)
DEVELOPMENT = ROOT / "tests" / "questions_in_words" / "development.csv"


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(CATALOGUE)


@pytest.fixture(scope="module")
def names() -> values.Names:
    """People, accounts and so on; two share a first name, a team is called as a word of questions is."""
    made = values.Names()
    for kind, name, value in [
        *(("csm", "Dmitri Tanaka", "C08"), ("csm", "Hugo Andersen", "C11"), ("csm", "Hugo Berg", "C12")),
        *(("csm", "Dalia Castillo", "C01"), ("csm", "Thandi Lim", "C02"), ("csm", "C08", "C08")),
        *(("account", "Kelcrest Dairy Collective", "A0008"), ("account", "Sum & Co (EMEA)", "A9")),
        *(("team", "Growth", "Growth"), ("team", "Renewals", "Renewals"), ("segment", "mid market", "mid_market")),
        *(("competitor", "Quillbase", "Quillbase"), ("product", "Atlas", "Atlas")),
    ]:
        made.add(kind, name, value)
    return made


def test_the_wordings_that_the_limits_were_chosen_on_are_understood(index: Index, names: values.Names) -> None:
    with DEVELOPMENT.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if "Hugo" not in row["text"]]
    understood = {row["text"]: understand(row["text"], index, names, SUNDAY) for row in rows}
    wanted = [row for row in rows if row["question"]]
    right = [row for row in wanted if (found := understood[row["text"]].question) and found.name == row["question"]]
    refused = [row for row in rows if not row["question"] and understood[row["text"]].is_refused]
    assert len(right) >= 0.9 * len(wanted)
    assert len(refused) >= 0.9 * (len(rows) - len(wanted))


@pytest.mark.parametrize(
    ("text", "question", "parameters"),
    [
        ("who is overloaded?", "books_over_capacity", {}),
        ('who is "overloaded"?', "books_over_capacity", {}),
        (
            "which accounts talked about a competitor in the last month?",
            "competitor_mentions",
            {"days": 30},
        ),
        (
            "who mentioned Quillbase in the past two weeks",
            "competitor_mentions",
            {"days": 14, "competitor": "Quillbase"},
        ),
        ("which accounts has nobody spoken to in 60 days?", "unmonitored_accounts", {"days": 60}),
        ("list Thandi Lim's accounts", "accounts_of_each_book", {"csm": "C02"}),
        ("accounts of Dmitri", "accounts_of_each_book", {"csm": "C08"}),
        ("top 5 accounts by ARR", "largest_accounts", {"count": 5}),
        ("what renews in the next 60 days in team Growth", "upcoming_renewals", {"days": 60, "team": "Growth"}),
        ("when did we last talk to kelcrest dairy collective", "last_conversation", {"account": "A0008"}),
    ],
)
def test_a_text_is_bound_to_its_values(
    index: Index, names: values.Names, text: str, question: str, parameters: dict
) -> None:
    understood = understand(text, index, names, SUNDAY)
    assert (understood.question and understood.question.name, dict(understood.parameters)) == (question, parameters)
    catalogue.bind(CATALOGUE[question], understood.parameters)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("accounts of Hugo", "may be C11, C12"),
        ("competitor mentions of Salesforce", "is called salesforce"),
        ("accounts of Zaphod Beeblebrox", "is called zaphod, beeblebrox"),
        ("which accounts talked about a competitor in March", "not a period"),
        ("which accounts mentioned a competitor a few weeks ago", "not a period"),
        ("competitor mentions in the next month", "looks back"),
        ("who is overloaded in the last 90 days", "no period"),
        ("who is above 137% of capacity", "does not take 137%"),
        ("what is the weather in paris", "not clear"),
        ("delete everything", "not clear"),
        ("", "not clear"),
        ("overloaded " * 100, "at most"),
        ("competitor mentions in the last 100000 days", "days must be 1 to 3650"),
    ],
)
def test_what_cannot_be_bound_is_refused_with_the_reason(
    index: Index, names: values.Names, text: str, reason: str
) -> None:
    understood = understand(text, index, names, SUNDAY)
    assert understood.is_refused
    assert understood.reason
    assert reason in understood.reason
    assert len(understood.alternatives) <= 3


@pytest.mark.parametrize(
    ("said", "days", "is_ahead"),
    [
        ("in the last 90 days", 90, False),
        ("over the past two quarters", 182, False),
        ("next month", 30, True),
        ("within the coming 6 weeks", 42, True),
        ("half a year ago", None, False),
        ("since 2026-06-01", 28, False),
        ("since 2027-01-01", None, False),
        ("since 2026-02-30", None, False),
        ("this quarter", 89, False),
        ("yesterday", None, False),
        ("in the last few weeks", None, False),
    ],
)
def test_periods_count_from_the_date_of_the_marts(said: str, days: int | None, is_ahead: bool) -> None:
    (period, *more), rest = periods.take_periods(f"renewals {said} of teams", SUNDAY)
    assert not more
    assert (period.days, period.is_ahead) == (days, is_ahead)
    assert rest.split() == ["renewals", ".", "of", "teams"]


def test_every_filter_of_every_question_compares_a_column_of_its_answer(small_build: Run) -> None:
    for question in CATALOGUE.values():
        answer = catalogue.ask(small_build.published_file, question)
        for name in question.filters:
            columns = [
                *catalogue.FILTER_COLUMNS[name],
                *([catalogue.LOOKED_UP[name][0]] if name in catalogue.LOOKED_UP else []),
            ]
            assert set(columns) & set(answer.columns), f"{question.name} has no column for {name}"


def test_a_filter_gives_the_rows_of_one(small_build: Run) -> None:
    asker = Asker(ROOT, small_build.published_file)
    with duckdb.connect(str(small_build.published_file), read_only=True) as connection:
        csm_id, name, team = connection.execute(
            "select csm_id, csm_name, team from marts.dim_csms where is_employed and team is not null limit 1"
        ).fetchall()[0]
        members = {
            each
            for (each,) in connection.execute("select csm_id from marts.dim_csms where team = ?", [team]).fetchall()
        }
    understood, answer = asker.answer_text(f"list the accounts of {name}")
    assert isinstance(understood, Understood)
    assert answer is not None
    assert set(answer.rows["csm_id"]) == {csm_id}
    assert set(answer.rows["csm_name"]) == {name}
    assert answer.definitions["arr_usd"]
    of_team = catalogue.bind(CATALOGUE["accounts_of_each_book"], {"team": team})
    assert set(catalogue.ask(small_build.published_file, of_team)["csm_id"]) <= members


def test_the_command_prints_json_answers_and_refuses(small_build: Run) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command("ask", *arguments), cwd=ROOT, env=environment(small_build.build_dir, None), capture_output=True,
            text=True, check=False,
        )  # fmt: skip

    told = json.loads(run("--text", "who is overloaded?", "--json").stdout)
    assert told["question"] == "books_over_capacity"
    assert told["is_refused"] is False
    assert told["as_of_date"]
    assert len(told["alternatives"]) <= 3
    told = json.loads(run("--text", "what is the capital of France", "--json").stdout)
    assert (told["question"], told["is_refused"]) == (None, True)
    refused = run("--text", "what is the capital of France")
    assert refused.returncode == 1
    assert "Not answered" in refused.stderr
    assert "Traceback" not in refused.stderr
    answered = run("unmonitored_accounts", "days=400")
    assert answered.returncode == 0, answered.stderr
    wrong = run("unmonitored_accounts", "days=x")
    assert "days must be a number" in wrong.stderr
    assert "has no window: it takes days" in run("unmonitored_accounts", "window=3").stderr


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("-- Question: x?\n-- Filters: nobody\nselect 1", "no filter is called nobody"),
        ("-- Question: x?\n-- Parameter: days, 1 to 9: d\nselect 1", "does not read"),
        ("-- Question: x?\nselect {{ parameter('days', 3) }}", "says what days may be"),
        ("-- Question: x?\n-- Parameter: days\nselect 1", "write `-- Parameter"),
        ("select 1", "first line"),
    ],
)
def test_a_question_that_is_declared_wrongly_is_told(tmp_path: Path, lines: str, told: str) -> None:
    from book_of_business.errors import UserError

    path = tmp_path / "q.sql"
    path.write_text(lines)
    with pytest.raises(UserError, match=told):
        catalogue.read_question(path, "capacity")
