"""A column that the contract calls a label is read by no model that keeps weeks, nor by what these are made from.

A label that changes leaves kept weeks as they are (macro raw_weeks_of): in one of those models it would go stale.
"""

import re
from pathlib import Path

from book_of_business.receiving.contract import read_contract

from .books import BEGINS, DETAILS

ROOT = Path(__file__).resolve().parents[2]
MODELS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "models").rglob("*.sql")}
# These compare all that was received with what was received before.
BOOKKEEPING = {"int_raw_keys", "int_raw_weeks", "int_raw_faults", "int_rebuild"}


def made_from(names: set[str]) -> set[str]:
    """The models and all that they are made from."""
    found = names.union(*(refs(MODELS.get(name, "")) for name in names))
    return found if found == names else made_from(found)


def refs(sql: str) -> set[str]:
    """The models that one is made from, `int_<factor>__changed` being one for each factor of effort."""
    factors = {name for name in MODELS if name.endswith("__changed")} if "~ '__changed')" in sql else set()
    return set(re.findall(r"ref\('(\w+)'\)", sql)) | factors


def labels() -> set[str]:
    """Columns called a label in the contract."""
    columns = (column for table in read_contract(ROOT) for column in table.columns)
    return {column.name for column in columns if column.meta.get("is_label")}


def test_labels_are_read_by_no_model_behind_kept_weeks() -> None:
    kept = {name for name, sql in MODELS.items() if re.search(r"keeps_earlier_(weeks|means|spans)\(", sql)}
    behind = {name for name in made_from(kept) & set(MODELS) if not name.startswith(("stg_", "base_"))} - BOOKKEEPING
    reading = {(name, label) for name in behind for label in labels() if re.search(rf"\b{label}\b", MODELS[name])}
    assert {"account_name", "csm_name"} <= labels()
    assert len(kept) > 10
    assert len(behind) > 2 * len(kept)
    assert not reading


def test_every_table_of_the_contract_arrives_in_the_histories() -> None:
    """A table without a date of arrival would be in no history, and nothing would compare its increments."""
    assert sorted([*BEGINS, *DETAILS]) == sorted(table.name for table in read_contract(ROOT))
