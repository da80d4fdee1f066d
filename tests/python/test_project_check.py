"""Each check of the project finds the fault it is for, planted in a small project that otherwise has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from book_of_business.errors import UserError
from book_of_business.proof.project_check import (
    allowances,
    columns,
    model_files,
    reference,
    references,
    repository,
    rooms,
    sql_rules,
    use,
    yaml_keys,
)
from book_of_business.proof.project_check import cli as command
from book_of_business.proof.project_check.project import Problem, Project, SqlFile, literal_numbers

MART = "models/marts/capacity/fct_loads"
RULES = "models/intermediate/effort/int_loads__summed"
GOOD_SQL = """\
-- Grain: one row per csm_id.
-- Why: a load that nobody knows is carried by one person.
with

loads as (

    select * from {{ ref('int_loads__summed') }}

),

final as (

    select
        loads.csm_id,
        loads.load_ratio
    from loads
    where loads.load_ratio > {{ threshold('target_load_ratio') }}

)

select * from final
"""
GOOD_YAML = """\
version: 2

models:
  - name: fct_loads
    description: "One row per CSM: the load."
    config: {meta: {grain: [csm_id]}}
    data_tests:
      - unique_grain: {arguments: {columns: [csm_id]}}
    columns:
      - {name: csm_id, data_type: varchar, description: "Id of the CSM."}
      - {name: load_ratio, data_type: double, description: "Load, ratio; null at no capacity.",
         config: {meta: {formula: "see `target_load_ratio`", numerator: hours, denominator: capacity}}}
"""
SOURCES = """\
version: 2

sources:
  - name: crm
    schema: raw
    description: "Who carries what."
    tables:
      - name: loads
        description: "One row per CSM."
        config: {meta: {grain: [csm_id], is_required: true}}
        columns:
          - {name: csm_id, data_type: varchar, description: "Id of the CSM."}
"""
FILES = {
    f"{MART}.sql": GOOD_SQL,
    f"{MART}.yml": GOOD_YAML,
    f"{RULES}.sql": GOOD_SQL.replace("int_loads__summed", "stg_crm__loads"),
    f"{RULES}.yml": GOOD_YAML.replace("fct_loads", "int_loads__summed"),
    "models/staging/crm/stg_crm__loads.sql": GOOD_SQL.replace("int_loads__summed", "base_crm__loads"),
    "models/staging/crm/stg_crm__loads.yml": GOOD_YAML.replace("fct_loads", "stg_crm__loads"),
    "models/staging/crm/base/base_crm__loads.sql": (
        "-- Grain: one row per row read.\n-- Why: no row is lost.\n"
        "{{ checked_rows('crm', 'loads', accepted_from={'tier': ref('thresholds')}) }}\n"
    ),
    "models/staging/crm/base/base_crm__loads.yml": GOOD_YAML.replace("fct_loads", "base_crm__loads"),
    "models/staging/crm/_crm__sources.yml": SOURCES,
    "seeds/reference/thresholds.csv": "threshold,value,unit,rationale\ntarget_load_ratio,1,ratio,Above is over.\n",
    "seeds/reference/risk_signal_rules.csv": (
        "signal_type,parameter,value,unit,rationale\nescalation,severity,3,1-3,x\n"
        "escalation,intervention_window_days,3,days,x\n"
    ),
    "seeds/reference/risk_signal_rules.yml": GOOD_YAML.replace("models:", "seeds:").replace(
        "fct_loads", "risk_signal_rules"
    ),
    "seeds/reference/thresholds.yml": GOOD_YAML.replace("models:", "seeds:").replace("fct_loads", "thresholds"),
    "tests/dbt/assert_fct_loads__are_positive.sql": "select csm_id from {{ ref('fct_loads') }} where load_ratio < 0\n",
    "docs/templates/metrics.md.j2": "{{ constants('*') }}\n",
    "docs/templates/raw-contract.md.j2": "# Raw contract\n",
    "README.md": "# A project\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Project]:
    """Write the good project with some files replaced (None: left out), and read it."""

    def _write(changed: dict[str, str | None] | None = None) -> Project:
        for path, text in {**FILES, **(changed or {})}.items():
            if text is not None:
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / path).write_text(text, encoding="utf-8")
        return Project(tmp_path)

    return _write


def run_all(project: Project) -> list[Problem]:
    return [problem for check in command.CHECKS for problem in check(project)]


def test_a_project_without_a_fault_has_no_problem(write):
    assert run_all(write()) == []


def test_a_problem_says_where_what_and_what_to_do():
    assert str(Problem("a.sql", "it is late", "hurry")) == "a.sql: it is late: hurry"


YAML_FAULTS = {
    "the singular that dbt passes over": ("    data_tests:", "    data_test:", "`data_test` in model fct_loads"),
    "the old name": ("    data_tests:", "    tests:", "`tests` in model fct_loads"),
    "a misspelt config": ("config: {meta:", "config: {materialised: table, meta:", "`materialised` in config of"),
    "a misspelt grain": ("{grain: [csm_id]}", "{grains: [csm_id]}", "`grains` in config.meta of model"),
    "a misspelt column key": ("data_type: double", "datatype: double", "`datatype` in column load_ratio"),
    "arguments beside a test": ("{arguments: {columns: [csm_id]}}", "{columns: [csm_id]}", "`columns` in data test"),
    "a misspelt constraint": (
        'CSM."}',
        'CSM.", constraints: [{typ: not_null}]}',
        "`typ` in a constraint of column csm_id",
    ),
    "a misspelt top": ("models:", "model:", "`model` in the file"),
    "a key that stands twice": ("    config:", "    description: again\n    config:", "stands twice in line 6"),
    "no YAML": ("models:", "models: [", "in line"),
}


@pytest.mark.parametrize(("good", "bad", "found"), YAML_FAULTS.values(), ids=YAML_FAULTS)
def test_yaml_that_dbt_would_pass_over_is_found(write, good, bad, found):
    assert good in GOOD_YAML
    project = write({f"{MART}.yml": GOOD_YAML.replace(good, bad, 1)})
    [problem] = yaml_keys.check(project)
    assert problem.file == f"{MART}.yml"
    assert found in problem.what


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sources: [{name: crm, tables: [{name: csms, column: []}]}]", "`column` in table csms"),
        ("sources: [{name: crm, tables: [{name: csms, config: {meta: {is_requird: true}}}]}]", "`is_requird`"),
        ("sources: [{name: crm, tables: [{name: c, columns: [{name: a, config: {meta: {parnt: b}}}]}]}]", "`parnt`"),
        ("sources: [{name: crm, shema: raw}]", "`shema` in source crm"),
        ("unit_tests: [{name: a, model: b, givn: []}]", "`givn` in unit test a"),
        ("unit_tests: [{name: a, model: b, given: [{input: c, row: []}]}]", "`row` in an input of unit test a"),
        ("unit_tests: [{name: a, model: b, expect: {row: []}}]", "`row` in expect of unit test a"),
        ("unit_tests: [{name: a, model: b, overrides: {var: {}}}]", "`var` in overrides of unit test a"),
    ],
)
def test_unknown_keys_of_sources_and_unit_tests_are_found(write, text, found):
    [problem] = yaml_keys.check(write({"models/staging/crm/_crm__sources.yml": f"version: 2\n{text}\n"}))
    assert found in problem.what


def test_a_near_miss_is_told_what_was_meant(write):
    [problem] = yaml_keys.check(write({f"{MART}.yml": GOOD_YAML.replace("data_tests", "data_test")}))
    assert problem.to_do == "write data_tests"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({f"{MART}.yml": None}, "no YAML beside it"),
        ({f"{MART}_old.yml": GOOD_YAML}, "no model fct_loads_old beside it"),
        ({f"{MART}.yml": GOOD_YAML.replace("fct_loads", "fct_other")}, "does not describe fct_loads"),
        ({f"{MART}.yml": GOOD_YAML.replace("fct_loads", "fct_other")}, "it is also about fct_other"),
        ({f"{MART}.unit_tests.yml": "unit_tests: [{name: a, model: fct_other}]\n"}, "it is also about fct_other"),
        ({"models/marts/fct_a.unit_tests.yml": "unit_tests: [{name: a, model: fct_a}]\n"}, "no model fct_a beside it"),
    ],
)
def test_a_model_without_yaml_of_its_own_is_found(write, changed, found):
    assert found in " ".join(problem.what for problem in model_files.yaml_beside_each_model(write(changed)))


def test_unit_tests_may_have_a_file_of_their_own(write):
    project = write({f"{MART}.unit_tests.yml": "unit_tests: [{name: a, model: fct_loads, given: [], expect: {}}]\n"})
    assert list(model_files.yaml_beside_each_model(project)) == []


def test_yaml_may_have_its_most_lines_and_not_one_more(write):
    most = model_files.MOST_YAML_LINES
    filled = GOOD_YAML + "#\n" * (most - GOOD_YAML.count("\n"))
    assert list(model_files.lengths(write({f"{MART}.yml": filled}))) == []
    [problem] = model_files.lengths(write({f"{MART}.yml": filled + "#\n"}))
    assert problem.what == f"{most + 1} lines, {most} at most"


@pytest.mark.parametrize("end", ["{% endmacro %}", "{%- endmacro -%}"])
def test_a_macro_may_have_its_most_lines_and_not_one_more(write, end):
    most = model_files.MOST_MACRO_LINES
    filled = "{% macro short() %}{% endmacro %}\n{% macro long() -%}\n" + "select 1\n" * (most - 2)
    assert list(model_files.lengths(write({"macros/loads.sql": filled + end}))) == []
    [problem] = model_files.lengths(write({"macros/loads.sql": filled + "select 1\n" + end}))
    assert problem.what == f"macro long has {most + 1} lines, {most} at most"


def test_folders_that_read_each_other_are_found_also_by_way_of_a_third(write):
    reads = {"effort": "int_loads__owned", "ownership": "int_loads__dated", "clock": "int_loads__summed"}
    names = {"effort": "int_loads__summed", "ownership": "int_loads__owned", "clock": "int_loads__dated"}
    circle = {
        f"models/intermediate/{folder}/{names[folder]}.sql": GOOD_SQL.replace("int_loads__summed", read)
        for folder, read in reads.items()
    }
    [problem] = sql_rules.folders_read_one_way(write(circle))
    assert all(f"models/intermediate/{folder}" in f"{problem.file} {problem.what}" for folder in reads)
    broken = {"models/intermediate/clock/int_loads__dated.sql": FILES[f"{RULES}.sql"]}
    assert list(sql_rules.folders_read_one_way(write({**circle, **broken}))) == []


@pytest.mark.parametrize(
    ("good", "bad", "line"),
    [
        ("-- Grain: ", "-- grain: ", "line 1"),
        ("-- Why: ", "-- ", "line 2"),
        ("-- Why: a load", "-- Why:\n-- a load", "line 2"),
    ],
)
def test_a_model_that_does_not_open_with_grain_and_why_is_found(write, good, bad, line):
    [problem] = model_files.opening_comments(write({f"{MART}.sql": GOOD_SQL.replace(good, bad, 1)}))
    assert problem.what.startswith(line)


def test_an_empty_model_is_found_without_a_traceback(write):
    assert len(list(model_files.opening_comments(write({f"{MART}.sql": ""})))) == 2


@pytest.mark.parametrize(
    ("good", "bad", "found"),
    [
        ("One row per CSM", "The loads of each CSM", "does not start with `One row per`"),
        ('"Id of the CSM."', '""', "column csm_id of fct_loads has no description"),
    ],
)
def test_a_description_that_says_no_row_is_found(write, good, bad, found):
    [problem] = model_files.descriptions(write({f"{MART}.yml": GOOD_YAML.replace(good, bad)}))
    assert found in problem.what


@pytest.mark.parametrize(
    ("good", "bad", "found"),
    [
        ("    config: {meta: {grain: [csm_id]}}\n", "", "has no config.meta.grain"),
        ("grain: [csm_id]", "grain: []", "has no config.meta.grain"),
        ("      - unique_grain: {arguments: {columns: [csm_id]}}\n", "      - not_null\n", "is not tested"),
        ("columns: [csm_id]", "columns: [load_ratio]", "is not tested but on ['load_ratio']"),
        ("{name: csm_id,", "{name: csm,", "has csm_id, which is none of its columns"),
    ],
)
def test_a_grain_that_nothing_proves_is_found(write, good, bad, found):
    [problem] = model_files.grains(write({f"{MART}.yml": GOOD_YAML.replace(good, bad)}))
    assert found in problem.what


def test_rows_as_received_need_no_key_test(write):
    text = FILES["models/staging/crm/base/base_crm__loads.yml"].replace("unique_grain", "another")
    assert list(model_files.grains(write({"models/staging/crm/base/base_crm__loads.yml": text}))) == []


@pytest.mark.parametrize(
    ("name", "data_type"),
    [
        ("load", "double"),
        ("hours_of_load", "bigint"),
        ("effort_hours_total", "decimal(9,2)"),
        ("over_target", "boolean"),
        ("renewal", "date"),
        ("touched", "timestamp"),
    ],
)
def test_a_mart_column_that_hides_its_unit_is_found(write, name, data_type):
    column = f'      - {{name: {name}, data_type: "{data_type}", description: "x"}}\n'
    [problem] = columns.column_names(write({f"{MART}.yml": GOOD_YAML + column}))
    assert name in problem.what


@pytest.mark.parametrize(
    ("name", "data_type"),
    [("interaction_count_last_30_days", "bigint"), ("is_over", "boolean"), ("renewed_on", "date"), ("fte", "double")],
)
def test_a_mart_column_that_tells_its_unit_passes(write, name, data_type):
    column = f'      - {{name: {name}, data_type: {data_type}, description: "x"}}\n'
    assert list(columns.column_names(write({f"{MART}.yml": GOOD_YAML + column}))) == []


@pytest.mark.parametrize(
    ("path", "read", "found"),
    [
        (f"{MART}.sql", "ref('base_crm__loads')", "a mart model reads base_crm__loads"),
        (f"{RULES}.sql", "ref('base_crm__loads')", "a int model reads base_crm__loads"),
        (f"{RULES}.sql", "ref('fct_loads')", "a int model reads fct_loads"),
        (f"{RULES}.sql", "ref('fct_' ~ subject)", "a int model reads fct_"),
        (f"{RULES}.sql", "source('crm', 'loads')", "it reads a source"),
        ("models/staging/crm/stg_crm__loads.sql", "ref('int_loads__summed')", "a stg model reads int_loads__summed"),
        ("models/staging/crm/stg_crm__loads.sql", "source('crm', 'loads')", "it reads a source"),
        (f"{MART}.sql", "ref('csms')", "neither a model nor a reference seed"),
    ],
)
def test_data_that_moves_the_wrong_way_is_found(write, path, read, found):
    [problem] = sql_rules.layer_edges(write({path: FILES[path] + "{{ " + read + " }}\n"}))
    assert found in problem.what


def test_models_of_quality_may_read_rows_as_received(write):
    path = "models/intermediate/quality/int_raw_faults.sql"
    assert list(sql_rules.layer_edges(write({path: "{{ ref('base_crm__loads') }}"}))) == []


@pytest.mark.parametrize(
    "path",
    [
        "models/staging/crm/crm_loads.sql",
        "models/staging/crm/stg_loads.sql",
        "models/intermediate/effort/loads__summed.sql",
        "models/intermediate/effort/int_loads.sql",
        "models/marts/capacity/loads.sql",
        "tests/dbt/assert_fct_loads.sql",
        "tests/dbt/assert_fct_nothing__is_there.sql",
    ],
)
def test_a_name_that_does_not_tell_the_layer_is_found(write, path):
    assert path in {problem.file for problem in sql_rules.model_names(write({path: GOOD_SQL}))}


@pytest.mark.parametrize("folder", ["models/marts/", "macros/", "tests/dbt/", "analyses/"])
@pytest.mark.parametrize(
    "clock",
    [
        "current_date",
        "CURRENT_TIMESTAMP",
        "now()",
        "today()",
        "getdate()",
        "localtimestamp",
        "random()",
        "run_started_at",
    ],
)
def test_a_wall_clock_is_found(write, folder, clock):
    [problem] = sql_rules.wall_clock(write({f"{folder}fct_clock.sql": f"select 1 as one where day < {clock}\n"}))
    assert "line 1 reads" in problem.what


@pytest.mark.parametrize(
    "text", ["-- not now()\n", "{#- not random() -#}\n", "select 'now()' as word\n", "random_hour()\n"]
)
def test_a_clock_that_is_only_mentioned_passes(write, text):
    assert list(sql_rules.wall_clock(write({"macros/word.sql": text}))) == []


@pytest.mark.parametrize(
    "text",
    [
        "where gap_days >= 30",
        "where load_ratio > 0.85",
        "where hours > 1e3",
        "where arr_usd > -250000",
        "{{ days_after('loads.day', 45) }}",
        "{{ whole_numbers(0, 'count - 4') }}",
        "where day < cast('2026-01-01' as date)",
        "where day < {{ week_start(\"cast('2026-01-01' as date)\") }}",
        "where at < timestamp '2026-01-01 00:00:00'",
    ],
)
def test_a_business_number_in_a_model_is_found(write, text):
    problems = list(sql_rules.business_numbers(write({f"{MART}.sql": GOOD_SQL + text})))
    assert [problem.file for problem in problems] == [f"{MART}.sql"]


@pytest.mark.parametrize(
    "text",
    [
        "coalesce(hours, 0) * -1",
        "count_last_30_days",
        "-- 31 of 100",
        "'tier 3' as word",
        "cast('9999-12-31' as date)",
        "{{ week_start(\"cast('9999-12-31' as date)\") }}",
    ],
)
def test_what_only_looks_like_a_business_number_passes(write, text):
    assert list(sql_rules.business_numbers(write({f"{MART}.sql": GOOD_SQL + text}))) == []


def test_a_number_that_a_question_can_be_given_passes_there_alone(write):
    text = "where days > {{ parameter('days', 30) }}\n"
    assert list(sql_rules.business_numbers(write({"analyses/capacity/q.sql": "-- Question: x?\n" + text}))) == []
    assert list(sql_rules.business_numbers(write({f"{MART}.sql": GOOD_SQL + text})))


def test_a_number_of_the_calendar_passes_only_where_it_has_a_reason(write):
    project = write({"macros/engine/dates.sql": "{{ day }} / 7\n", "macros/rules.sql": "{{ day }} / 7\n"})
    assert [problem.file for problem in sql_rules.business_numbers(project)] == ["macros/rules.sql"]


@pytest.mark.parametrize(
    "text",
    ["{% if var('with_usage') %}", "{%- if env_var('X', '') == 'y' -%}", "{% if a %}{% elif target.name == 'dev' %}"],
)
def test_a_switch_in_a_model_is_found(write, text):
    [problem] = sql_rules.feature_flags(write({f"{MART}.sql": GOOD_SQL + text}))
    assert problem.file == f"{MART}.sql"


@pytest.mark.parametrize(
    "text", ["sum(hours) as h", "from loads l", "join loads as l on true", "from {{ ref('int_loads__summed') }} l"]
)
def test_a_one_letter_alias_is_found(write, text):
    [problem] = sql_rules.one_letter_aliases(write({f"{MART}.sql": GOOD_SQL + text}))
    assert "calls something" in problem.what


def test_exists_may_ask_a_model_and_no_cte(write):
    [problem] = sql_rules.hanging_exists(write({f"{MART}.sql": GOOD_SQL + "exists(select 1 from loads)"}))
    assert "loads, a CTE" in problem.what
    asks_the_model = GOOD_SQL + "exists(select 1 from {{ ref('int_loads__summed') }})"
    assert not list(sql_rules.hanging_exists(write({f"{MART}.sql": asks_the_model})))


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (f"{MART}.sql", "{{ threshold('no_such_days') }}", "uses the threshold no_such_days"),
        ("macros/rules.sql", '{{ threshold("no_such_days") }}', "uses the threshold no_such_days"),
        (f"{MART}.sql", "{{ renewal_flag('shares', 'no_such_share') }}", "uses the threshold no_such_share"),
        (reference.THRESHOLDS, "threshold,value,unit,rationale\ntarget_load_ratio,1,ratio,\n", "has no rationale"),
        (reference.THRESHOLDS, "threshold,value,unit,rationale\ntarget_load_ratio,1,,x\n", "has no unit"),
        (reference.THRESHOLDS, "threshold,value,unit,rationale\ntarget_load_ratio,one,ratio,x\n", "is not a number"),
        (
            reference.THRESHOLDS,
            "threshold,value,unit,rationale\ntarget_load_ratio,1,ratio,x\nMaxLoad,1,ratio,x\n",
            "is not a name like_this",
        ),
    ],
)
def test_a_threshold_without_its_row_or_reason_is_found(write, path, text, found):
    [problem] = reference.thresholds(write({path: text}))
    assert found in problem.what


RULES_HEAD = "signal_type,parameter,value,unit,rationale\n"
GRADED = "quiet,severity,3,1-3,x\nquiet,intervention_window_days,3,days,x\n"


@pytest.mark.parametrize(
    ("sql", "rows", "found"),
    [
        ("{{ signal_rule('quiet', 'days') }}", GRADED, "uses the signal rule quiet days"),
        ("", GRADED + "quiet,days,3,days,x\n", "no SQL uses quiet days"),
        ("", "quiet,severity,3,1-3,x\n", "quiet has no intervention_window_days"),
        ("", "quiet,severity,3,1-3,\nquiet,intervention_window_days,3,days,x\n", "has no rationale"),
        ("", "quiet,severity,3,,x\nquiet,intervention_window_days,3,days,x\n", "has no unit"),
        ("", "quiet,severity,three,1-3,x\nquiet,intervention_window_days,3,days,x\n", "is not a number"),
        ("", "Quiet,severity,3,1-3,x\nQuiet,intervention_window_days,3,days,x\n", "is not a name like_this"),
    ],
)
def test_a_signal_rule_without_its_row_use_or_reason_is_found(write, sql, rows, found):
    project = write({f"{MART}.sql": GOOD_SQL + sql, reference.SIGNAL_RULES: RULES_HEAD + rows})
    assert found in next(reference.signal_rules(project)).what


def test_missing_signal_rules_are_one_problem(write):
    [problem] = reference.signal_rules(write({reference.SIGNAL_RULES: None}))
    assert problem.what == "it is missing"


def test_missing_thresholds_are_one_problem(write):
    [problem] = reference.thresholds(write({reference.THRESHOLDS: None}))
    assert problem.what == "it is missing"


@pytest.mark.parametrize("path", ["uv.lock", "requirements/base.txt", "README.md", "Makefile", "src/package/a.py"])
def test_a_registry_host_is_found(write, path):
    [problem] = repository.registry_hosts(write({path: f"https://{repository.REGISTRY_HOSTS[1]}/simple\n"}))
    assert problem.file == path


def test_an_index_option_in_the_requirements_is_found(write):
    [problem] = repository.registry_hosts(write({"requirements/base.txt": "--index-url http://mirror/simple\n"}))
    assert "--index-url" in problem.what


def test_environments_and_builds_are_not_the_projects_files(write):
    paths = (".venv/a.sql", "target/b.sql", "build/c.sql", "logs/d.sql")
    assert not set(write(dict.fromkeys(paths, "x")).files) & set(paths)


def notebook(code_cells: int, **cell: object) -> str:
    code = {"cell_type": "code", "outputs": [], "execution_count": None, "source": [], "metadata": {}}
    return json.dumps({"cells": [{"cell_type": "markdown"}, *({**code, **cell} for _ in range(code_cells))]})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (notebook(1, outputs=[{"output_type": "stream"}]), "1 cells have outputs"),
        (notebook(2, execution_count=3), "2 cells have outputs"),
        (notebook(repository.MOST_CODE_CELLS + 1), "21 code cells, 20 at most"),
        ("{", "it is not a notebook"),
        ("[]", "it is not a notebook"),
    ],
)
def test_a_notebook_that_ran_or_is_too_long_is_found(write, text, found):
    [problem] = repository.notebooks(write({"notebooks/01_who.ipynb": text}))
    assert problem.what == found


def test_a_notebook_as_it_was_written_passes(write):
    assert list(repository.notebooks(write({"notebooks/01_who.ipynb": notebook(repository.MOST_CODE_CELLS)}))) == []


BUILD = f"{rooms.PACKAGE}building/build.py"
ENTRY_LINES = (
    'import sys\n\nfrom book_of_business.proof.bench import main\n\nif __name__ == "__main__":\n    sys.exit(main())\n'
)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (BUILD, "from book_of_business.proof.bench import plan\n", "it imports proof"),
        (BUILD, "def build():\n    import book_of_business.proof.parity\n", "it imports proof"),
        (BUILD, "from book_of_business import proof\n", "it imports proof"),
        (f"{rooms.PACKAGE}marts.py", "from book_of_business.building import build\n", "it imports building"),
        (BUILD, "from book_of_business.terminal import report\n", "building imports terminal, which imports building"),
        (f"{rooms.PACKAGE}bench.py", ENTRY_LINES + "\n" * rooms.MOST_ENTRY_LINES, "it imports proof"),
    ],
)
def test_an_import_against_the_order_of_the_folders_is_found(write, path, text, found):
    files = {
        f"{rooms.PACKAGE}proof/bench.py": "from book_of_business.building import build\n",
        f"{rooms.PACKAGE}terminal/report.py": "from book_of_business.building import build\n",
        BUILD: "",
    }
    problems = list(rooms.imports_between_folders(write({**files, path: text})))
    assert len(problems) == 1
    assert found in problems[0].what


@pytest.mark.parametrize("path", ["bench.py", "__main__.py", "spark/__main__.py"])
def test_a_command_may_start_a_proof(write, path):
    files = {f"{rooms.PACKAGE}proof/bench.py": "", rooms.PACKAGE + path: ENTRY_LINES}
    assert list(rooms.imports_between_folders(write(files))) == []


@pytest.fixture
def working_file(tmp_path: Path) -> Path:
    """A built file with the relations of the good project."""
    path = tmp_path / "working.duckdb"
    with duckdb.connect(str(path)) as connection:
        for schema, relation in (
            ("marts", "fct_loads"),
            ("intermediate", "int_loads__summed"),
            ("staging", "stg_crm__loads"),
            ("staging", "base_crm__loads"),
        ):
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {schema}.{relation} (csm_id varchar, load_ratio double)")
    return path


def test_columns_as_built_pass(write, working_file):
    assert list(columns.columns_built(write(), working_file)) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("alter table marts.fct_loads drop column load_ratio", "fct_loads has no column load_ratio"),
        ("alter table marts.fct_loads add column fte double", "column fte of fct_loads is not described"),
        ("alter table marts.fct_loads alter load_ratio type float", "load_ratio of fct_loads is float, not double"),
        ("drop table intermediate.int_loads__summed", "int_loads__summed was not built"),
    ],
)
def test_columns_that_differ_from_those_built_are_found(write, working_file, change, found):
    with duckdb.connect(str(working_file)) as connection:
        connection.execute(change)
    [problem] = columns.columns_built(write(), working_file)
    assert found in problem.what


def test_columns_of_rows_as_received_need_not_all_be_described(write, working_file):
    with duckdb.connect(str(working_file)) as connection:
        connection.execute("alter table staging.base_crm__loads add column load_ratio_fault varchar")
    assert list(columns.columns_built(write(), working_file)) == []


def test_an_allowance_that_nothing_needs_is_found(write):
    project = write()
    allowance = allowances.Allowance("models/*.sql", "7", "days in a week")
    [problem] = use.unneeded(project, [allowance])
    assert "7 in models/*.sql" in problem.what
    assert use.allows(project, [allowance], f"{MART}.sql", "7")
    assert list(use.unneeded(project, [allowance])) == []


def test_a_working_file_that_is_not_there_or_no_database_is_said(write, tmp_path):
    with pytest.raises(UserError, match="there is no working file"):
        command.problems(write(), tmp_path / "nothing.duckdb")
    (tmp_path / "text.duckdb").write_text("no database, whatever its name says " * 500)
    with pytest.raises(UserError, match="cannot be read"):
        command.problems(write(), tmp_path / "text.duckdb")


def test_the_command_prints_each_problem_and_fails(write, tmp_path, monkeypatch, capsys):
    write(
        {
            f"{MART}.sql": GOOD_SQL + "where gap_days >= 30\n",
            "dbt_project.yml": "name: book_of_business\n",
            "profiles.yml": "",
        }
    )
    monkeypatch.chdir(tmp_path)
    assert command.main([]) == 1
    captured = capsys.readouterr()
    assert f"{MART}.sql: line 22 has the number 30: make it a row of" in captured.out
    assert command.main(["--working-file", "nothing.duckdb"]) == 1
    assert "there is no working file" in capsys.readouterr().err


def test_this_project_has_no_problem():
    assert command.problems(Project(Path(__file__).resolve().parents[2])) == []


def test_numbers_are_found_with_their_place_and_names_are_not():
    assert [number for number, _ in literal_numbers("last_30 + 7 * 0.5 - 1e3 + x2 + t.1")] == ["7", "0.5", "1e3"]


def test_comments_are_blanked_and_lines_keep_their_numbers():
    file = SqlFile("models/a.sql", "-- 1\n{#- 2\n3 -#}\nselect 'a--b' as word, 4 as four\n")
    assert file.code.count("\n") == file.text.count("\n")
    assert file.line_of(file.code.index("select")) == 4


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("README.md", "See docs/methods.md.\n", "line 1 names docs/methods.md"),
        ("README.md", "# A\n\nSee `methods.md`.\n", "line 3 names methods.md"),
        ("docs/weekly.md", "Read `../seeds/reference/tiers.csv`.\n", "../seeds/reference/tiers.csv"),
        (f"{MART}.yml", GOOD_YAML + "# as methods.md has it\n", "methods.md"),
        (f"{MART}.sql", GOOD_SQL + "-- as int_other.sql has it\n", "int_other.sql"),
        ("seeds/reference/thresholds.csv", FILES["seeds/reference/thresholds.csv"].replace("over.", "(a.md)"), "a.md"),
        ("src/book_of_business/a.py", '"""As b.py does."""\n', "b.py"),
        ("src/book_of_business/a.py", "A = 1  # as methods.md has it\n", "methods.md"),
        ("src/book_of_business/a.py", 'A = f"{1} (methods.md)"\n', "methods.md"),
        ("Makefile", "all:\n\tsh scripts/none.sh\n", "line 2 names scripts/none.sh"),
    ],
)
def test_a_file_that_is_named_and_not_there_is_found(write, path, text, found):
    [problem] = references.absent_files(write({path: text}))
    assert problem.file == path
    assert found in problem.what


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "See README.md, seeds/reference/thresholds.csv, fct_loads.yml and models/marts/**/fct_*.sql.\n"),
        (
            "README.md",
            "Export `a.csv` to `~/exports/b.csv`; it writes build/page.md and `_<domain>.yml`.\n",
        ),
        ("README.md", "https://example.org/docs/none.md\n"),
        ("docs/a.md", "[this](a.md), [up](../README.md), docs/a.md\n"),
        ("src/book_of_business/a.py", 'NAME = "planted.sql"\n'),
        ("tests/python/test_a.py", 'NAME = "planted.md"\n'),
        (f"{MART}.sql", GOOD_SQL.replace("select\n", "select 'a.md' as name,\n", 1)),
    ],
)
def test_files_that_are_there_and_files_of_others_may_be_named(write, path, text):
    assert list(references.absent_files(write({path: text}))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](none.md)\n", "links to none.md"),
        ("# A\n\n[a](docs/a.md#thresholds)\n", "line 3 links to #thresholds, which docs/a.md has no heading for"),
        ("# A\n[b](#b)\n", "links to #b"),
        ("```\n# b\n```\n[b](#b)\n", "line 4 links to #b"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(write, text, found):
    [problem] = references.broken_links(write({"README.md": text, "docs/a.md": "# A page\n"}))
    assert found in problem.what


def test_links_to_headings_as_github_names_them_lead_somewhere(write):
    page = "# A `page` of [links](b.md)\n## load_ratio (fct_books)\n## Twice\n## Twice\n"
    anchors = ("a-page-of-links", "load_ratio-fct_books", "twice", "twice-1")
    text = "".join(f"[a](docs/a.md#{anchor})\n" for anchor in anchors) + "[models](models/) [site](https://a.b/c.md)\n"
    text += "[a page of dbt](#!/model/model.book_of_business.fct_loads)\n"
    project = write({"README.md": text, "docs/a.md": page, "docs/b.md": "# B\n"})
    assert list(references.broken_links(project)) == []
