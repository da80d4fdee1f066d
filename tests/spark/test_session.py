"""Which settings a local Spark gets. Spark itself is not needed."""

from pathlib import Path

import pytest

from book_of_business.spark.session import LARGE_BYTES, PARQUET_WEIGHT, is_large


def write(path: Path, size: int) -> None:
    """A file of that size that takes no room on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as handle:
        handle.truncate(size)


@pytest.mark.parametrize(("beyond", "expected"), [(-1, False), (0, False), (1, True)])
def test_a_book_of_text_is_large_by_its_bytes(tmp_path: Path, beyond: int, expected: bool) -> None:
    write(tmp_path / "crm" / "accounts.csv", LARGE_BYTES + beyond)
    assert is_large(tmp_path) is expected


@pytest.mark.parametrize(("beyond", "expected"), [(-1, False), (0, False), (1, True)])
def test_parquet_weighs_as_much_as_the_text_that_it_packs(tmp_path: Path, beyond: int, expected: bool) -> None:
    write(tmp_path / "accounts.csv", LARGE_BYTES // 2)
    write(
        tmp_path / "product_usage" / "week=2026-06-22" / "part-0.parquet", LARGE_BYTES // 2 // PARQUET_WEIGHT + beyond
    )
    assert is_large(tmp_path) is expected
