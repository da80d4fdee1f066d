"""The generated pages of docs/: current, complete, and quick to make; and what is found when a definition is wrong."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from book_of_business.definitions.faults import faults
from book_of_business.definitions.lineage import Lineage
from book_of_business.definitions.measures import Catalogue
from book_of_business.definitions.pages import COMMAND, Pages, stale_pages

ROOT = Path(__file__).resolve().parents[2]
MART = """\
version: 2

models:
  - name: fct_loads
    description: "One row per CSM: the load."
    config: {meta: {grain: [csm_id]}}
    columns:
      - {name: csm_id, data_type: varchar, description: "Id of the CSM."}
      - {name: effort_hours, data_type: double, description: "Work, hours; null: no accounts.",
         config: {meta: {formula: "sum of minutes / 60, up to `longest_entry_minutes`"}}}
      - {name: capacity_hours, data_type: double, description: "{{ doc('capacity_hours') }}",
         config: {meta: {formula: "hours of `role_tiers`"}}}
      - {name: load_ratio, data_type: double, description: "Load; null at no capacity.",
         config: {meta: {numerator: effort_hours, denominator: capacity_hours}}}
      - {name: is_over, data_type: boolean, description: "Whether it is too much; null at no capacity.",
         config: {meta: {formula: "load_ratio > `target_load_ratio`"}}}
      - {name: ranked_weeks, data_type: bigint, description: "Weeks.", config: {meta: {is_attribute: true}}}
"""
TEAM = """\
version: 2

models:
  - name: fct_team_loads
    description: "One row per team."
    config: {meta: {grain: [team]}}
    columns:
      - {name: capacity_hours, data_type: double, description: "{{ doc('capacity_hours') }}"}
"""
SOURCES = """\
version: 2

sources:
  - name: crm
    description: "Who works on what."
    tables:
      - name: entries
        description: "One row per entry."
        config: {meta: {grain: [entry_id], is_required: true}}
        columns:
          - {name: entry_id, data_type: varchar, description: "Id of the entry."}
"""
FILES = {
    "models/docs.md": "{% docs capacity_hours %}Hours to give, hours; null for `unassigned`.{% enddocs %}\n",
    "models/marts/capacity/fct_loads.yml": MART,
    "models/marts/capacity/fct_loads.sql": (
        "with\nsums as (\n    select * from {{ ref('int_loads__summed') }}\n)\n"
        "select sums.effort_hours, effort_hours / capacity_hours as load_ratio,\n"
        "load_ratio > {{ threshold('target_load_ratio') }} as is_over from sums\n"
    ),
    "models/marts/capacity/fct_team_loads.yml": TEAM,
    "models/marts/capacity/fct_team_loads.sql": "select capacity_hours from {{ ref('fct_loads') }}\n",
    "models/intermediate/effort/int_loads__summed.sql": (
        "-- threshold('not_code')\nselect sum(minutes) / 60 as effort_hours from {{ ref('stg_crm__entries') }}\n"
        "where minutes < {{ longest() }}\n"
    ),
    "models/staging/crm/stg_crm__entries.sql": "select 1\n",
    "models/staging/crm/_crm__sources.yml": SOURCES,
    "macros/rules.sql": (
        "{% macro threshold(name) %}(select value){% endmacro %}\n"
        "{% macro longest() -%}{{ threshold('longest_' ~ kind ~ '_minutes') }}{%- endmacro %}\n"
    ),
    "analyses/capacity/high_loads.sql": (
        "-- Question: Who has too much?\nwith\nloads as (\n    select * from {{ ref('fct_loads') }}\n)\n"
        "select loads.load_ratio from loads\n"
    ),
    "seeds/reference/thresholds.csv": (
        "threshold,value,unit,rationale\ntarget_load_ratio,1,ratio,Above is over (methods.md).\n"
        "longest_entry_minutes,720,minutes,Nobody works longer.\nunread_ratio,0.5,ratio,Read by Python.\n"
    ),
    "seeds/reference/role_tiers.csv": "role_tier,rationale\n",
    "seeds/reference/risk_signal_rules.csv": "signal_type,parameter,value,unit,rationale\n",
    "docs/templates/metrics.md.j2": (
        "{% for measure in measures %}\n{{ measure.heading }}: {{ measure.formula | formula }}\n{% endfor %}\n"
        "{{ constants('unread_*') }}\n"
    ),
    "docs/templates/raw-contract.md.j2": "{{ tables | length }} tables\n",
}


@pytest.fixture
def project(tmp_path):
    """Write a small project with some files changed ({path: (old, new)}), and give its folder."""

    def _project(changed: dict[str, tuple[str, str]] | None = None) -> Path:
        for path, text in FILES.items():
            old, new = (changed or {}).get(path, ("", ""))
            assert old in text
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        return tmp_path

    return _project


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(ROOT)


def test_the_generated_pages_are_current(pages: Pages) -> None:
    stale = [page for page, text in pages.texts.items() if (ROOT / page).read_text(encoding="utf-8") != text]
    assert not stale, f"{' and '.join(stale)} are not what the models say: run `{COMMAND}`"


def test_every_measure_of_the_project_is_defined_and_every_threshold_explained(pages: Pages) -> None:
    assert list(faults(pages)) == []


def test_every_threshold_is_in_a_page_with_its_value(pages: Pages) -> None:
    text = "".join(pages.texts.values())
    with (ROOT / "seeds/reference/thresholds.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    missing = [row["threshold"] for row in rows if not re.search(rf"`{row['threshold']}`.*{row['value']}", text)]
    assert rows
    assert missing == []


def test_the_overview_of_dbts_pages_names_every_mart(pages: Pages) -> None:
    overview = (ROOT / "models/overview.md").read_text(encoding="utf-8")
    linked = re.findall(r"\[(\w+)\]\(#!/model/model\.book_of_business\.(\w+)\)", overview)
    assert all(name == target for name, target in linked)
    assert sorted(name for name, _ in linked) == sorted(mart.name for mart in pages.catalogue.marts)


def test_a_project_without_a_fault_has_none(project) -> None:
    assert list(faults(Pages(project()))) == []


def test_a_measure_has_what_can_be_derived(project) -> None:
    measures = {measure.name: measure for measure in Catalogue(project()).measures}
    load, over, capacity = measures["load_ratio"], measures["is_over"], measures["capacity_hours"]
    assert list(measures) == ["effort_hours", "capacity_hours", "load_ratio", "is_over"]
    assert (load.formula, load.unit, load.null_means) == ("effort_hours / capacity_hours", "ratio", "at no capacity")
    assert [question.name for question in load.questions] == ["high_loads"]
    assert over.questions == ()
    assert [(threshold.name, threshold.value) for threshold in over.thresholds] == [("target_load_ratio", "1")]
    assert over.unit == "true or false"
    assert [column.mart for column in capacity.columns] == ["fct_loads", "fct_team_loads"]
    assert (capacity.sentence, capacity.null_means) == ("Hours to give, hours.", "for `unassigned`")
    assert measures["effort_hours"].rule_in == "int_loads__summed"
    assert load.rule_in == "fct_loads"


def test_a_page_is_stale_until_it_is_what_the_files_say(project) -> None:
    folder = project()
    assert stale_pages(folder) == ["docs/metrics.md", "docs/raw-contract.md"]
    for page, text in Pages(folder).texts.items():
        (folder / page).write_text(text, encoding="utf-8")
    assert stale_pages(folder) == []
    project({"models/marts/capacity/fct_loads.yml": ("sum of minutes / 60", "sum of hours")})
    assert stale_pages(folder) == ["docs/metrics.md"]


def test_names_in_a_formula_lead_to_their_entries(project) -> None:
    text = Pages(project()).texts["docs/metrics.md"]
    assert "load_ratio: [effort_hours](#effort_hours) / [capacity_hours](#capacity_hours)" in text
    assert "hours of [`role_tiers`](../seeds/reference/role_tiers.csv)" in text


YAML = "models/marts/capacity/fct_loads.yml"
FAULTS = {
    "no formula": (YAML, 'formula: "sum', 'unit: "sum', "has no formula"),
    "no numerator": (YAML, "{numerator: effort_hours, denominator", "{formula: a, denominator", "without numerator"),
    "another column": (YAML, "numerator: effort_hours", "numerator: other_hours", "which is no column beside it"),
    "no null": (YAML, "; null: no accounts", "", "does not say what null means"),
    "no unit": (YAML, "effort_hours, data_type", "effort, data_type", "has no unit"),
    "a misspelt name": (YAML, "`role_tiers`", "`role_tires`", "which is no threshold and no table"),
    "a threshold that nothing reads": (
        YAML,
        "hours of `role_tiers`",
        "hours of `role_tiers` x `unread_ratio`",
        "unread_ratio, which no model of it reads",
    ),
    "a rule elsewhere": (YAML, '{formula: "sum', '{rule_in: fct_team_loads, formula: "sum', "it is not built from"),
    "a second home": (
        "models/marts/capacity/fct_team_loads.yml",
        '"}\n',
        '", config: {meta: {formula: a}}}\n',
        "is defined in fct_loads and fct_team_loads",
    ),
    "a threshold that no measure names": (
        YAML,
        "load_ratio > `target_load_ratio`",
        "load_ratio > 1",
        "it reads the threshold target_load_ratio, which no measure",
    ),
    "a threshold in no definition": (
        "docs/templates/metrics.md.j2",
        "constants('unread_*')",
        "constants('none_*')",
        "unread_ratio is in no definition",
    ),
}


@pytest.mark.parametrize(("path", "old", "new", "found"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_definition_is_found(project, path, old, new, found) -> None:
    whats = [what for _, what, _ in faults(Pages(project({path: (old, new)})))]
    assert any(found in what for what in whats), whats


def test_thresholds_are_found_in_macros_and_where_names_are_put_together(project) -> None:
    lineage = Lineage(project())
    known = frozenset({"longest_entry_minutes", "target_load_ratio", "not_code"})
    assert lineage.thresholds("int_loads__summed", known) == {"longest_entry_minutes"}
    assert lineage.reach("fct_team_loads") == {
        "fct_team_loads",
        "fct_loads",
        "int_loads__summed",
        "stg_crm__entries",
    }
