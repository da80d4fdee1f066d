"""`calibrate` as a command: it names its book, and takes no other than the one that was built last."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Run, environment

from book_of_business.building import latest_build
from book_of_business.errors import UserError
from book_of_business.settings import Settings


def calibrate(build_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "book_of_business", "calibrate", *arguments],
        cwd=ROOT, env=environment(build_dir, None), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_command_names_its_book_before_it_says_anything_else(small_build: Run) -> None:
    done = calibrate(small_build.build_dir, "adopt", "v99", "--approved-by", "Ada")
    assert done.returncode == 1
    assert done.stdout.startswith(f"Book: {small_build.build_dir} (5 CSMs, 40 accounts, 16 weeks, the last begins on ")
    assert "there is no version v99" in done.stderr


def test_a_build_elsewhere_is_not_replaced_by_the_bundled_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_build: Run
) -> None:
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    checkout.mkdir()
    elsewhere.mkdir()
    (checkout / "dbt_project.yml").write_text("name: book_of_business\n")
    shutil.copyfile(small_build.published_file, elsewhere / "book_of_business.duckdb")
    monkeypatch.chdir(checkout)
    latest_build.check_folder({})  # nothing was built yet
    settings = Settings(checkout, ROOT / "seeds", elsewhere, None)
    monkeypatch.setenv("REMEMBER_BUILD", "0")
    latest_build.remember(settings)
    latest_build.check_folder({})
    monkeypatch.delenv("REMEMBER_BUILD")
    latest_build.remember(settings)
    with pytest.raises(UserError, match=rf"the latest build is in {elsewhere}, .* set BUILD_DIR={elsewhere} to use it"):
        latest_build.check_folder({})
    latest_build.check_folder({"BUILD_DIR": "build"})
    latest_build.remember(Settings(checkout, ROOT / "seeds", checkout / "build", None))
    latest_build.check_folder({})
    latest_build.remember(settings)
    (elsewhere / "book_of_business.duckdb").unlink()
    latest_build.check_folder({})  # a folder that is gone is nobody's book
