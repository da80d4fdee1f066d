"""What the look at the raw files tells before a build: forms that are read, and all that is the matter at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Run, rows, run_build, simulate

from book_of_business import settings
from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.receiving.contract import read_contract
from book_of_business.receiving.raw_columns import (
    COMMON_NAMES,
    column_notes,
    column_problems,
    fold,
    match_columns,
    required,
)
from book_of_business.receiving.raw_files import RawFiles, check_raw_files, hint_of, unread_files
from book_of_business.receiving.raw_forms import HEAD_BYTES, Form, fault_of_csv, read_csv_file
from book_of_business.receiving.raw_tables import form_of_view, path_of_csv
from book_of_business.receiving.vendor_files import vendors_of

CONTRACT = {table.name: table for table in read_contract(ROOT)}
FIELD_CASES = ROOT / "tests" / "field_cases"
SUBSCRIPTIONS = "subscription_id,account_id,product,arr_usd,starts_on,ends_on"
REQUIRED = {
    "csms": "csm_id,csm_name,role_tier,hired_on\nC1,Ada,enterprise_csm,2024-01-01\n",
    "accounts": "account_id,account_name,segment,customer_since\nA1,Ask,enterprise,2024-01-01\n",
    "account_assignments": "account_id,assigned_on,csm_id\nA1,2024-01-01,C1\n",
    "subscriptions": f"{SUBSCRIPTIONS}\nS1,A1,Atlas,1200.5,2024-01-01,2025-01-01\n",
    "interactions": (
        "interaction_id,csm_id,started_at,interaction_type,status\nI1,C1,2024-02-01T09:00:00Z,qbr,completed\n"
    ),
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The five required tables with a row each."""
    folder = tmp_path / "book"
    folder.mkdir()
    for table, text in REQUIRED.items():
        (folder / f"{table}.csv").write_text(text)
    return folder


def look(raw_data: Path) -> RawFiles:
    return check_raw_files(settings.from_environment({"RAW_DATA": str(raw_data)}))


def fault(raw_data: Path) -> str:
    with pytest.raises(UserError) as raised:
        look(raw_data)
    return str(raised.value)


def forms(raw_data: Path) -> dict:
    return json.loads(look(raw_data).as_json)


def give_headers(folder: Path, headers: dict[str, str]) -> Path:
    for name, header in headers.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{header}\n")
    return folder


def subscriptions_with(arr: list[str], delim: str = ";") -> str:
    lines = [SUBSCRIPTIONS.replace(",", delim)]
    lines += [delim.join([f"S{i}", "A1", "Atlas", value, "2024-01-01", ""]) for i, value in enumerate(arr)]
    return "\n".join(lines) + "\n"


def test_a_plain_book_is_read_as_it_is_without_a_word(book: Path) -> None:
    assert look(book).notes == []
    assert forms(book) == {}


def test_column_names_of_one_table_differ_by_letters_and_digits() -> None:
    for table in CONTRACT.values():
        assert len({fold(column.name) for column in table.columns}) == len(table.columns)


@pytest.mark.parametrize("name", ["Ends On", "endsOn", " ENDS_ON ", "ends-on", "Ends on:", "\ufeffends on"])
def test_a_column_is_known_by_its_letters(name: str) -> None:
    columns = match_columns(CONTRACT["subscriptions"], [*SUBSCRIPTIONS.split(",")[:-1], name])
    assert columns.is_complete
    assert fold(columns.read_as["ends_on"]) == "endson"


@pytest.mark.parametrize("names", [["Ends On", "endsOn"], ["ends-on", "ENDS ON"], ["ends.on", "ends on", "EndsOn"]])
def test_of_two_that_fit_neither_is_read_and_both_are_named(names: list[str]) -> None:
    columns = match_columns(CONTRACT["subscriptions"], [*SUBSCRIPTIONS.split(",")[:-1], *names])
    assert "ends_on" not in columns.read_as
    assert columns.is_complete
    [note] = column_notes(columns)
    for name in names:
        assert f"`{name}`" in note


@pytest.mark.parametrize("others", [["Ends On"], ["endsOn", "Ends On"], ["ends-on"]])
def test_an_exact_name_wins(others: list[str]) -> None:
    columns = match_columns(CONTRACT["subscriptions"], [*SUBSCRIPTIONS.split(","), *others])
    assert columns.read_as["ends_on"] == "ends_on"
    assert columns.unread == others


@pytest.mark.parametrize(
    "names", [["Account ID", "accountId"], ["ACCOUNT-ID", "Account Id"], ["accountid", "Account_Id "]]
)
def test_two_that_fit_a_required_column_are_a_problem(names: list[str]) -> None:
    header = ["subscription_id", "product", "arr_usd", "starts_on", *names]
    columns = match_columns(CONTRACT["subscriptions"], header)
    if "account_id" in columns.read_as:
        # `Account_Id ` is exact but for its case
        assert columns.read_as["account_id"] == "Account_Id"
        return
    [problem] = column_problems(columns, "subscriptions.csv")
    assert all(f"`{name}`" in problem for name in names)
    assert "account_id" in problem


def test_columns_that_are_not_read_are_named_with_what_may_be_meant() -> None:
    others = [f"custom_{number}" for number in range(20)]
    columns = match_columns(CONTRACT["subscriptions"], [*SUBSCRIPTIONS.split(",")[:-1], *others, "end_on"])
    [note] = column_notes(columns)
    assert note.startswith("subscriptions: not read: `end_on` (did you mean `ends_on`?), `custom_0`")
    assert note.endswith("and 13 more")


@pytest.mark.parametrize(
    ("table", "received", "meant"),
    [
        ("subscriptions", "end_date", "ends_on"),
        ("accounts", "Churn Date", "churned_on"),
        ("interactions", "duration", "duration_minutes"),
        ("opportunities", "closed_at", "closed_on"),
    ],
)
def test_what_other_systems_call_a_column_is_suggested_and_not_read(table: str, received: str, meant: str) -> None:
    columns = match_columns(CONTRACT[table], [*required(CONTRACT[table]), received])
    assert meant not in columns.read_as
    assert column_notes(columns) == [f"{table}: not read: `{received}` (did you mean `{meant}`?)"]


def test_what_other_systems_call_a_column_is_one_of_the_contract() -> None:
    known = {fold(column.name) for table in CONTRACT.values() for column in table.columns}
    assert set(COMMON_NAMES.values()) <= known
    assert not known & set(COMMON_NAMES)


def test_a_missing_required_column_is_told_with_the_header_and_what_may_be_meant(book: Path) -> None:
    (book / "accounts.csv").write_text("Id,Name,segment,customer_sinse\n")
    told = fault(book)
    assert "lacks the required columns account_id, account_name and customer_since" in told
    assert "(it has: Id, Name, segment, customer_sinse)" in told
    assert "`Id` for account_id, `Name` for account_name and `customer_sinse` for customer_since" in told


@pytest.mark.parametrize(("delim", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "pipes")])
def test_another_separator_is_read_where_it_makes_the_header(book: Path, delim: str, word: str) -> None:
    (book / "accounts.csv").write_text(REQUIRED["accounts"].replace(",", delim))
    assert forms(book) == {"accounts": {"delim": delim}}
    assert look(book).notes == [f"accounts.csv is read with {word} between its columns"]


@pytest.mark.parametrize(
    ("first", "delim"), [("sep=,", ","), ("sep=;", ";"), ('"sep=;"', ";"), ("SEP=|", "|"), ("sep=\t", "\t")]
)
def test_a_line_that_declares_the_separator_is_obeyed(book: Path, first: str, delim: str) -> None:
    text = REQUIRED["accounts"].replace(",", delim)
    (book / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + f"{first}\n{text}".encode())
    expected = {"skip": 1} if delim == "," else {"delim": delim, "skip": 1}
    assert forms(book) == {"accounts": expected}


def test_a_declared_separator_that_the_header_contradicts_is_a_problem(book: Path) -> None:
    (book / "accounts.csv").write_text("sep=;\n" + REQUIRED["accounts"])
    assert "accounts lacks the required columns" in fault(book)


@pytest.mark.parametrize(
    ("above", "skip"),
    [
        ("Accounts of all teams\n", 1),
        ('"Accounts, as of 2026-06-28"\n\n', 2),
        ("\n\n", 2),
        ("Report: accounts\r\n\r\nFilter, none\r\n", 3),
        ("a\n" * 10, 10),
    ],
)
def test_lines_above_the_header_are_skipped(book: Path, above: str, skip: int) -> None:
    text = REQUIRED["accounts"].replace("\n", "\r\n") if "\r" in above else REQUIRED["accounts"]
    (book / "accounts.csv").write_bytes((above + text).encode())
    assert forms(book) == {"accounts": {"skip": skip}}


@pytest.mark.parametrize("above", ["a\n" * 11, '"Accounts,\nas of 2026"\n'])
def test_a_header_too_far_down_or_below_a_broken_title_is_not_looked_for(book: Path, above: str) -> None:
    (book / "accounts.csv").write_text(above + REQUIRED["accounts"])
    assert "accounts lacks the required columns" in fault(book)


@pytest.mark.parametrize(
    "arr",
    [
        ["140400,0", "43100,0"],
        ["1200", "1,5", "+3,25"],
        ["140400,123"],
        ["0,125", "7"],
        ["12,5", "", "N/A", "-"],
        ["1,234", "1,2"],
    ],
)
@pytest.mark.parametrize("delim", [";", "\t", "|"])
def test_decimal_commas_are_read_where_nothing_else_is_possible(book: Path, arr: list[str], delim: str) -> None:
    (book / "subscriptions.csv").write_text(subscriptions_with(arr, delim))
    assert forms(book)["subscriptions"] == {"delim": delim, "decimal_commas": ["arr_usd"]}


@pytest.mark.parametrize(
    ("arr", "why"),
    [
        (["1,234", "2,500"], "1,234 may be a thousand times more or less"),
        (["1.234,56", "12,5"], "1.234,56 has both"),
        (["1,5", "2.5"], "1,5 has a comma and 2.5 a point"),
        (["1,5", "about 2"], "1,5 has a comma and about 2 is no number"),
    ],
)
def test_commas_that_may_mean_two_things_stop_and_say_why(book: Path, arr: list[str], why: str) -> None:
    (book / "subscriptions.csv").write_text(subscriptions_with(arr))
    told = fault(book)
    for word in ("subscriptions.csv", "`arr_usd`", why):
        assert word in told


def test_a_comma_in_few_of_many_numbers_is_a_fault_of_its_row(book: Path) -> None:
    (book / "subscriptions.csv").write_text(subscriptions_with(["12.5"] * 9 + ["12,5"]))
    looked = look(book)
    assert json.loads(looked.as_json)["subscriptions"] == {"delim": ";"}
    assert any("12,5 has a comma and 12.5 a point" in note for note in looked.notes)


def test_the_commas_of_a_long_file_are_looked_for_at_its_end_once_all_else_is_well(book: Path) -> None:
    long = subscriptions_with(["1,234"] * 40_000 + ["1,5"])
    (book / "subscriptions.csv").write_text(long)
    assert len(long) > HEAD_BYTES
    assert forms(book)["subscriptions"] == {"delim": ";", "decimal_commas": ["arr_usd"]}
    (book / "subscriptions.csv").write_text(long.replace("1,5", "1,500"))
    assert "1,234 may be a thousand times more or less" in fault(book)
    (book / "accounts.csv").unlink()
    assert "1,234" not in fault(book)


def test_numbers_between_commas_are_left_alone(book: Path) -> None:
    text = REQUIRED["subscriptions"].replace("1200.5", '"1200,5"')
    (book / "subscriptions.csv").write_text(text)
    assert forms(book) == {}


SALESFORCE = {
    "Account.csv": "Id,Name,OwnerId,Type,IsDeleted",
    "Opportunity.csv": "Id,AccountId,StageName,Amount",
    "User.csv": "Id,Name,UserRoleId",
    "Event.csv": "Id,AccountId,OwnerId,StartDateTime",
    "Task.csv": "Id,WhoId,WhatId",
    "Contract.csv": "Id,AccountId,StartDate,ContractTerm",
}
HUBSPOT = {
    "companies.csv": "id,properties_name",
    "deals.csv": "id,dealname,dealstage",
    "owners.csv": "id,email",
    "engagements.csv": "id,type",
}
ZENDESK = {
    "tickets.csv": "id,subject,requester_id,organization_id",
    "users.csv": "id,name,email",
    "organizations.csv": "id,name,domain_names",
}


@pytest.mark.parametrize(
    ("files", "vendor"),
    [
        (SALESFORCE, "Salesforce"),
        ({f"salesforce/{name.lower()}": "id" for name in SALESFORCE}, "Salesforce"),
        ({"sf_user.csv": "id,_dlt_id", "account.csv": "id,owner_id", "opportunity_history.csv": "id"}, "Salesforce"),
        ({"report.csv": "Account Owner,Opportunity Owner,Stage"}, "Salesforce"),
        (HUBSPOT, "HubSpot"),
        ({"hubspot__company.csv": "id", "hubspot__deal.csv": "id"}, "HubSpot"),
        ({"engagements_meetings.csv": "id", "companies_property_history.csv": "companyId,property"}, "HubSpot"),
        ({"export-companies.csv": "Record ID,Company name,Company owner,Lifecycle Stage"}, "HubSpot"),
        (ZENDESK, "Zendesk"),
        ({"ticket_field_history.csv": "ticket_id,field_name", "organization.csv": "id"}, "Zendesk"),
        ({"_airbyte_raw_zendesk_tickets.csv": "_airbyte_data"}, "Zendesk"),
        ({"calls.csv": "id,primaryUserId,meetingUrl", "users.csv": "id,emailAddress"}, "Gong"),
        ({"gong/call.csv": "id"}, "Gong"),
        ({"call_transcripts.csv": "callId", "answered_scorecards.csv": "callId"}, "Gong"),
        ({"company.csv": "gsid,arr", "call_to_action.csv": "gsid"}, "Gainsight"),
        ({"activity_timeline.csv": "id", "nps_survey_response.csv": "id"}, "Gainsight"),
        ({"gainsight_company.csv": "id"}, "Gainsight"),
        ({"event.csv": "visitor_id,num_events"}, "Pendo"),
        ({"pendo__event.csv": "id"}, "Pendo"),
        ({"page_event.csv": "id", "feature_event.csv": "id"}, "Pendo"),
    ],
)
def test_a_folder_of_a_vendor_is_told_as_such(tmp_path: Path, files: dict[str, str], vendor: str) -> None:
    give_headers(tmp_path, files)
    told = fault(tmp_path)
    [line] = [line for line in told.splitlines() if "own:" in line]
    assert f"{vendor}'s own" in line
    assert all(name in line for name in files)
    assert "csms, accounts, account_assignments, subscriptions and interactions are required" in told
    assert "did you mean accounts.csv" not in told
    assert "README" in told


def test_files_of_two_vendors_are_told_apart() -> None:
    files = {**SALESFORCE, **{name: header for name, header in ZENDESK.items() if name != "users.csv"}}
    found = vendors_of({name: header.split(",") for name, header in files.items()})
    assert {evidence.vendor.name: set(evidence.files) for evidence in found} == {
        "Salesforce": set(SALESFORCE),
        "Zendesk": {"tickets.csv", "organizations.csv"},
    }


def test_vendors_files_beside_some_required_tables_are_told(book: Path) -> None:
    (book / "subscriptions.csv").unlink()
    give_headers(book, {"Opportunity.csv": SALESFORCE["Opportunity.csv"], "Contract.csv": SALESFORCE["Contract.csv"]})
    told = fault(book)
    assert "Contract.csv, Opportunity.csv look like Salesforce's own" in told
    assert "table subscriptions is required" in told


def test_vendors_files_beside_a_whole_book_are_only_named(book: Path) -> None:
    give_headers(book, {"Opportunity.csv": SALESFORCE["Opportunity.csv"]})
    assert look(book).notes == ["not read, since no table is called so: Opportunity.csv"]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("Accounts.CSV", "did you mean accounts.csv?"),
        ("account.csv", "did you mean accounts.csv?"),
        ("acounts.csv", "did you mean accounts.csv?"),
        ("accounts_2026-06-28.csv", "did you mean accounts.csv?"),
        ("accounts.PARQUET", "did you mean accounts.parquet?"),
        ("accounts.xlsx", "save it as accounts.csv"),
        ("accounts.csv.gz", "unpack it as accounts.csv"),
    ],
)
def test_a_file_nearly_named_like_a_required_table_is_named(book: Path, file: str, told: str) -> None:
    (book / "accounts.csv").rename(book / file)
    said = fault(book)
    assert f"table accounts is required; there is {file}" in said
    assert told in said


@pytest.mark.parametrize(
    ("file", "table"), [("Contract.csv", "contacts"), ("notes.csv", "csms"), ("event.csv", "contacts")]
)
def test_a_file_of_another_name_is_not_taken_for_a_table(file: str, table: str) -> None:
    assert hint_of(file, table) is None


def test_files_beside_the_tables_are_named_with_what_may_be_meant(book: Path) -> None:
    for name in ("Notes.xlsx", "ticket.csv", ".hidden"):
        (book / name).write_text("x")
    assert look(book).notes == [
        "not read, since no table is called so: ticket.csv (did you mean tickets.csv?), Notes.xlsx"
    ]
    assert unread_files(book, set(CONTRACT)) == ["Notes.xlsx", "ticket.csv"]


def test_tables_one_folder_down_are_found_for_the_user(book: Path) -> None:
    assert f"give RAW_DATA={book}" in fault(book.parent)


def test_all_faulty_files_are_told_at_once(book: Path) -> None:
    (book / "csms.csv").write_text(REQUIRED["csms"] + "C2,Bo,enterprise_csm,2024-01-01,x,y\n")
    (book / "accounts.csv").write_text(REQUIRED["accounts"], encoding="utf-16")
    (book / "account_assignments.csv").write_bytes(b"")
    (book / "subscriptions.csv").write_text(REQUIRED["subscriptions"].replace("Atlas", '"Atlas'))
    (book / "interactions.csv").unlink()
    (book / "tickets.csv").write_bytes(b"ticket_id,account_id,opened_at,priority\nQ1,A1,2024-01-01,n\xf6rmal\n")
    (book / "contacts.parquet").write_bytes(b"no parquet at all")
    (book / "renewals.csv").write_text("a\n")
    (book / "renewals.parquet").write_bytes(b"")
    (book / "health_scores.csv").write_bytes(
        b"account_id,scored_on,health_score\r\nA1,2024-01-01,3\nA1,2024-01-02,4\r\n"
    )
    told = fault(book)
    for words in (
        f"{book}/csms.csv has more fields than the header in line 3 (6 for 4): is a comma not quoted?",
        f"{book}/accounts.csv is UTF-16, not UTF-8",
        f"{book}/account_assignments.csv is empty",
        f"{book}/subscriptions.csv has a quote that is not closed",
        "table interactions is required; looked for interactions.csv, interactions.parquet",
        f"{book}/tickets.csv is not UTF-8",
        f"{book}/contacts.parquet is no Parquet that can be read",
        f"renewals is there more than once: {book}/renewals.csv, {book}/renewals.parquet; keep one",
        f"{book}/health_scores.csv ends some lines in the Windows way and others not",
    ):
        assert words in told
    assert told.count("\n  - ") == 9


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_called_by_its_name(book: Path, encoding: str) -> None:
    (book / "accounts.csv").write_bytes(REQUIRED["accounts"].encode(encoding))
    assert "accounts.csv is UTF-16, not UTF-8: save it as UTF-8" in fault(book)


@pytest.mark.parametrize(
    "text",
    [
        REQUIRED["accounts"].replace("\n", "\r\n"),
        REQUIRED["accounts"] + 'A2,"two\nlines",enterprise,2024-01-01\n',
        REQUIRED["accounts"].replace("\n", "\r\n") + 'A2,"two\nlines",enterprise,2024-01-01\r\n',
        REQUIRED["accounts"] + 'A2,"a ""quoted"" one" ,enterprise,2024-01-01\n',
        REQUIRED["accounts"] + "A2,short\n\n",
        REQUIRED["accounts"] + "A2,Ask,enterprise,2024-01-01,\n",
        REQUIRED["accounts"] + f"A2,{'x' * 200_000},enterprise,2024-01-01\n",
        "\ufeff" + REQUIRED["accounts"],
        REQUIRED["accounts"].rstrip("\n"),
    ],
)
def test_what_duckdb_reads_is_no_fault(book: Path, text: str) -> None:
    (book / "accounts.csv").write_bytes(text.encode())
    assert forms(book) == {}


def test_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("Title\n\n" + REQUIRED["accounts"].replace(",", ";") + "A2;a;b;2024-01-01;x;y\n")
    told = "has more fields than the header in line 5 (6 for 4): is a semicolon not quoted?"
    assert fault_of_csv(path, Form(";", 2)) == told
    assert read_csv_file(path, CONTRACT["accounts"]).problems == [f"table accounts cannot be read: {path} {told}"]


@pytest.mark.parametrize("form", [Form(), Form(";", 2), Form("\t", 1), Form("|", 0, ("arr_usd",))])
def test_the_form_of_a_view_is_known_from_its_sql(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "it's [a] *book?.csv"
    path.write_text("x\n" * form.skip + f"a{form.delim}b\n1{form.delim}2\n")
    literal = str(path).replace("'", "''").replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    with duckdb.connect() as connection:
        connection.execute(
            f"create view rows as select a as b, b as a from (select * from read_csv('{literal}', header = true,"
            f" delim = '{form.delim}', skip = {form.skip}))"
        )
        [(sql,)] = connection.execute("select sql from duckdb_views() where view_name = 'rows'").fetchall()
    assert form_of_view(sql) == Form(form.delim, form.skip)
    assert path_of_csv(sql) == path


def write_parquet(path: Path, table: str, renames: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = REQUIRED[table].split("\n")[0].split(",")
    columns = ", ".join(f"'x' as \"{renames.get(name, name)}\"" for name in names if renames.get(name, name))
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {columns}) to '{path}' (format parquet)")


def test_the_schema_of_parquet_is_read(book: Path) -> None:
    for table in ("csms", "accounts", "subscriptions"):
        (book / f"{table}.csv").unlink()
    write_parquet(book / "csms.parquet", "csms", {"csm_id": "csmId"})
    write_parquet(book / "crm" / "accounts.parquet", "accounts", {"customer_since": "customer_sinse"})
    write_parquet(book / "subscriptions" / "week=2026-01-05" / "part-0.parquet", "subscriptions", {"ends_on": ""})
    write_parquet(
        book / "subscriptions" / "week=2026-01-12" / "part-0.parquet", "subscriptions", {"ends_on": "Ends On"}
    )
    told = fault(book)
    assert told.count("\n  - ") == 1
    assert "accounts lacks the required column customer_since" in told
    assert "did you mean `customer_sinse` for customer_since?" in told
    write_parquet(book / "crm" / "accounts.parquet", "accounts", {})
    assert look(book).notes == ["csms: `csmId` is read as csm_id", "subscriptions: `Ends On` is read as ends_on"]


def test_a_domain_s_folder_called_like_a_table_holds_the_tables_of_the_domain(book: Path) -> None:
    (book / "interactions").mkdir()
    (book / "interactions.csv").rename(book / "interactions" / "interactions.csv")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select 'I1' as interaction_id, 'P1' as contact_id)"
            f" to '{book}/interactions/interaction_participants.parquet' (format parquet)"
        )
    assert look(book).notes == []


def test_a_hostile_header_is_one_harmless_line(book: Path) -> None:
    header = "\x1b[31mred\u202e," + REQUIRED["accounts"]
    (book / "accounts.csv").write_text(header.replace("\nA1", "\nx,A1"))
    [note] = look(book).notes
    assert note == one_line(note, limit=500)


def test_what_is_wrong_is_told_before_anything_slow_is_imported(tmp_path: Path) -> None:
    give_headers(tmp_path, SALESFORCE)
    script = (
        "import sys\nfrom book_of_business.__main__ import main\n"
        "assert main(['build', '--fast']) == 1\n"
        "print([name for name in ('dbt', 'polars', 'great_expectations', 'pandas') if name in sys.modules])"
    )
    environment = {**os.environ, "RAW_DATA": str(tmp_path), "BUILD_DIR": str(tmp_path / "build")}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
    assert "Salesforce" in done.stderr
    assert not (tmp_path / "build").exists()


@pytest.fixture(scope="module")
def base_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    arguments = ("--accounts", "40", "--csms", "4", "--weeks", "26", "--seed", "5")
    return simulate(tmp_path_factory.mktemp("base") / "book", *arguments)


@pytest.fixture(scope="module")
def base_build(tmp_path_factory: pytest.TempPathFactory, base_book: Path) -> Run:
    done = run_build(tmp_path_factory.mktemp("base_build"), base_book, "--fast")
    assert done.code == 0, done.said
    return done


def test_a_book_in_other_forms_gives_the_same_marts(base_book: Path, base_build: Run, tmp_path: Path) -> None:
    """Both field cases at once: separators, titles, decimal commas, and labels for columns."""
    export = Path(shutil.copytree(base_book, tmp_path / "export"))
    for case in ("header_labels", "separators"):
        for path in (FIELD_CASES / case).glob("*.csv"):
            shutil.copy(path, export)
    labels = (FIELD_CASES / "header_labels" / "subscriptions.csv").read_text().split("\n")[0].replace(",", ";")
    subscriptions = (export / "subscriptions.csv").read_text().split("\n")
    (export / "subscriptions.csv").write_text("\n".join([labels, *subscriptions[1:]]))
    (export / "contacts.csv").write_text(
        (export / "contacts.csv").read_text().replace("left_on", "leftOn,", 1).replace("\n", ",\n")
    )
    # a folder of parts under other names is not read by the names of its files
    with duckdb.connect() as connection:
        path = export / "health_scores"
        path.mkdir()
        connection.execute(
            f'copy (select account_id as "Account ID", cast(scored_on as date) as scoredOn, health_score, 1 as extra'
            f" from read_csv('{export}/health_scores.csv')) to '{path}/part-0.parquet' (format parquet)"
        )
        (export / "health_scores.csv").unlink()
    done = run_build(tmp_path / "build", export, "--fast")
    assert done.code == 0, done.said
    assert "Traceback" not in done.said
    for said in (
        "csms.csv is read without its first line",
        "subscriptions.csv is read with semicolons between its columns, with decimal commas in arr_usd",
        "subscriptions: `Ends On` is read as ends_on, `Cancelled On` as cancelled_on",
        "account_assignments: `Account ID` is read as account_id, `Assigned On` as assigned_on",
        "health_scores: not read: `extra`",
    ):
        assert said in done.errors
    marts = {
        name
        for (name,) in rows(
            base_build.published_file, "select table_name from duckdb_tables() where schema_name = 'marts'"
        )
    }
    # forms and columns that are not read are counted there
    for mart in sorted(marts - {"data_coverage"}):
        pairs = list(zip(figures(done, mart), figures(base_build, mart), strict=True))
        assert [pair for pair in pairs if not is_close(*pair)] == [], mart
    registered = "select received_name, column_name, is_read, position from raw.registered_columns where table_name = "
    assert rows(done.build_dir / "working.duckdb", registered + "'health_scores' order by position") == [
        ("Account ID", "account_id", True, 1),
        ("scoredOn", "scored_on", True, 2),
        ("health_score", "health_score", True, 3),
        ("extra", "extra", False, 4),
    ]
    assert rows(done.build_dir / "working.duckdb", "select table_name from raw.registered_folders") == []


def figures(run: Run, mart: str) -> list[tuple]:
    """A mart's rows in the order of what is no float: the last digits of sums differ from build to build."""
    found = rows(run.published_file, f"select * from marts.{mart}")
    return sorted(found, key=lambda row: repr([value for value in row if not isinstance(value, float)]))


def is_close(values: tuple, others: tuple) -> bool:
    return all(
        value == pytest.approx(other, rel=1e-6, abs=1e-9) if isinstance(value, float) else value == other
        for value, other in zip(values, others, strict=True)
    )
