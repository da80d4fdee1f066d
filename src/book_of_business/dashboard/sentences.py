"""Sentences of the monthly pack: each is written from the one row of its query, which the page shows beside it."""

from __future__ import annotations

import jinja2

from book_of_business import marts
from book_of_business.dashboard import formats
from book_of_business.dashboard.model import Finding
from book_of_business.dashboard.reading import Published, read_query

# {query: the sentence}. Filters are those of `formats`; a row that is not there gives no sentence.
SENTENCES = {
    "load_distribution": (
        "{% if not book_count %}Load is not observed."
        "{% else %}{{ over_count | count('book') }} of {{ book_count }} {{ over_count | verb('needs', 'need') }} more"
        " than capacity, {{ full_count }} between {{ room_ratio | percent }} and 100%, and {{ room_count }} less."
        " The organisation is at {{ load_ratio | percent }}"
        "{% if earlier_load_ratio is not none %}; four weeks ago it was at {{ earlier_load_ratio | percent }}"
        "{% endif %}."
        "{% endif %}"
    ),
    "longest_over": (
        "{{ csm_name | name(csm_id) }} has been above capacity for longest:"
        " {{ consecutive_weeks_over_target | count('week') }}, now at {{ load_ratio | percent }}."
    ),
    "throughput_month": (
        "{% if weekly_count is none %}Conversations are not observed."
        "{% else %}The team held {{ weekly_count | number }} conversations a week that count"
        "{% if earlier_weekly_count is not none %}, against {{ earlier_weekly_count | number }} in the quarter before"
        "{% endif %}. In {{ over_count }} of {{ csm_week_count | count('week of a CSM', 'weeks of CSMs') }} there were"
        " more than the ceiling.{% endif %}"
    ),
    "detection_month": (
        "{% if mean_days is none %}No risk was noticed in the last 30 days."
        "{% else %}{{ detected_count | count('risk') }} {{ detected_count | verb('was', 'were') }} noticed in the last"
        " 30 days, after {{ mean_days | number(1) }} days on average"
        "{% if earlier_mean_days is not none %} ({{ earlier_mean_days | number(1) }} four weeks ago){% endif %}."
        "{% endif %} {{ open_count | count('risk') }} {{ open_count | verb('has', 'have') }} been noticed by nobody"
        "{% if earlier_open_count is not none %} ({{ earlier_open_count | number }} four weeks ago){% endif %}."
    ),
    "retention_now": (
        "{% if net_ratio is none %}Retention is not observed yet: it needs a year of subscriptions."
        "{% else %}Net retention is {{ net_ratio | percent }}"
        "{% if earlier_net_ratio is not none %} ({{ earlier_net_ratio | percent }} four weeks ago){% endif %}, gross"
        " retention {{ gross_ratio | percent }}, and {{ logo_ratio | percent }} of customers stayed.{% endif %}"
    ),
    "arr_month": (
        "In four weeks {{ new_arr_usd | usd }} of ARR came with {{ new_account_count | count('new account') }},"
        " {{ expansion_arr_usd | usd }} with expansion; {{ contraction_arr_usd | usd }} went with contraction and"
        " {{ churned_arr_usd | usd }} with {{ churned_account_count | count('account') }} that left."
    ),
    "triggers_month": (
        "{{ standing_count | count('trigger') }} {{ standing_count | verb('stands', 'stand') }}; {{ new_count }}"
        " {{ new_count | verb('is', 'are') }} new since four weeks ago, and {{ ended_count }} no longer"
        " {{ ended_count | verb('stands', 'stand') }}."
    ),
    "people_month": (
        "{{ csm_count | count('CSM') }} {{ csm_count | verb('is', 'are') }} employed: {{ joined_count }} joined and"
        " {{ left_count }} left in four weeks, {{ ramp_count }} {{ ramp_count | verb('is', 'are') }} still in the ramp."
    ),
    "handovers_month": (
        "{{ arrived_count | count('account') }} came into a book in four weeks, and {{ departed_count | number }} left"
        " one."
    ),
    "coverage_now": (
        "{% if not observed_count %}Whether accounts were spoken to is not observed."
        "{% else %}With {{ unmonitored_count | number }} of {{ account_count | count('account') }}"
        " ({{ unmonitored_arr_usd | usd }} of {{ arr_usd | usd }} ARR) nobody has had a real conversation lately;"
        " {{ overdue_count | number }} {{ overdue_count | verb('is', 'are') }} past what the cadence allows.{% endif %}"
    ),
    "renewals_now": (
        "{% if highest_share is none %}No renewal is on file."
        "{% else %}{{ over_count | count('book') }} of {{ book_count }} {{ over_count | verb('renews', 'renew') }} more"
        " than the cap in one quarter, {{ avoidable_count }} of them more than chance explains; the highest share is"
        " {{ highest_share | percent }}.{% endif %}"
    ),
    "ratios_now": (
        "{% if not book_count %}Nobody owns an account."
        "{% else %}By heads, a CSM has {{ (account_count / book_count) | number(1) }} accounts and"
        " {{ (arr_usd / book_count) | usd }} of ARR on average; books have {{ fewest_count | number }} to"
        " {{ most_count | number }} accounts. {{ outside_account_count }} of {{ book_count }} are outside the published"
        " band of accounts, {{ outside_arr_count }} outside that of ARR.{% endif %}"
    ),
    "count_against_load": (
        "An account count misleads: {{ heavy_name | name(heavy_csm_id) }} has {{ heavy_count | count('account') }}"
        " and a load of {{ heavy_load_ratio | percent }}, {{ light_name | name(light_csm_id) }} has"
        " {{ light_count | count('account') }} and {{ light_load_ratio | percent }}."
    ),
    "data_now": (
        "{{ present_count }} of {{ table_count }} tables were read and {{ rejected_count | count('row') }} left out"
        "{% if absent_names %}; not there: {{ absent_names }}{% endif %}."
    ),
}


def verb(value: float | None, one: str, many: str) -> str:
    """The form of a verb for a number."""
    return one if value == 1 else many


def environment() -> jinja2.Environment:
    """Sentences with the formats of the page; names are escaped by the page that shows them."""
    made = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)
    made.filters |= {
        name: getattr(formats, name)
        for name in ("percent", "usd", "number", "signed", "days", "day", "count", "words", "name")
    }
    made.filters["verb"] = verb
    return made


def sentence(name: str, row: dict) -> str:
    """A sentence from the row of its query."""
    return environment().from_string(SENTENCES[name]).render(row)


def finding(published: Published, name: str) -> Finding | None:
    """A sentence with its query; null where the query has no row.

    Raises:
        UserError: if the published file lacks a mart.
    """
    query = read_query(f"sentences/{name}")
    rows = marts.query(published.connection, query.text)
    if rows.is_empty():
        return None
    return Finding(sentence(name, rows.row(0, named=True)), query)


def findings(published: Published, *names: str) -> list[Finding]:
    """Several of them, those without a row left out."""
    return [found for name in names if (found := finding(published, name)) is not None]
