"""The page in a real browser: no error, no request, filters, drill-down, the state in the hash, and accessibility.

Skipped where there is no browser: `make browser` adds one.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run, rows
from test_dashboard import HOSTILE, hostile_file  # noqa: F401 - a fixture

from book_of_business.dashboard import pictures, writing
from book_of_business.dashboard.pack import write_pack
from book_of_business.errors import UserError

try:
    BROWSER = pictures.browser()
except UserError as error:
    pytest.skip(f"the page was not tried in a browser: {error}", allow_module_level=True)

from playwright.sync_api import Browser, Page, sync_playwright

SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=list(pictures.OPTIONS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def folder(small_build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browser")
    write_pack(small_build.published_file, made)
    return writing.write_dashboard(small_build.published_file, made).parent


@pytest.fixture
def open_page(browser: Browser) -> Iterator:
    """Open a page; what it logs or asks for fails the test."""
    troubles: list[str] = []

    def _open(path: Path, state: str = "", **options) -> Page:
        page = browser.new_context(**options).new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: troubles.append(request.url) if request.url[:5] not in ("file:",) else None)
        page.goto(path.as_uri() + state)
        if options.get("java_script_enabled", True) and path.name == "index.html":
            page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        return page

    yield _open
    assert troubles == []


def visible(page: Page, table: str) -> list[str]:
    return page.locator(f'table[data-name="{table}"] tbody tr:visible th').all_inner_texts()


def test_filters_narrow_every_table_and_the_hash_brings_them_back(open_page, folder: Path, small_build: Run) -> None:
    page = open_page(folder / "index.html")
    everybody = visible(page, "load")
    team, members = rows(
        small_build.published_file,
        "select team, count(*) from marts.dim_csms where is_employed group by team order by count(*), team limit 1",
    )[0]
    page.select_option("select[name=team]", team)
    assert len(visible(page, "load")) == members < len(everybody)
    assert "rows match" in page.inner_text("#told")
    again = open_page(folder / "index.html", page.url[page.url.index("#") :])
    assert visible(again, "load") == visible(page, "load")
    page.click("#reset")
    assert visible(page, "load") == everybody
    page.go_back()
    assert len(visible(page, "load")) == members


def test_a_csm_opens_to_accounts_and_an_account_to_the_factors_of_its_effort(
    open_page, folder: Path, small_build: Run
) -> None:
    page = open_page(folder / "index.html")
    page.locator('table[data-name="load"] tbody th button').first.click()
    assert "need" in page.inner_text("#detail caption")
    page.locator("#detail tbody th button").first.click()
    account_id = re.search(r"account=(\w+)", page.url).group(1)
    shown = page.locator("#detail tbody tr:last-child td").last.inner_text()
    ((effort,),) = rows(
        small_build.published_file,
        "select effort_hours from marts.fct_account_effort inner join marts.dim_weeks using (week_start_date)"
        f" where is_latest and account_id = '{account_id}'",
    )
    assert shown == f"{effort:.2f}"
    page.keyboard.press("Escape")
    assert not page.locator("#detail").is_visible()
    assert "account=" not in page.url


def test_the_charts_are_drawn_when_they_are_wanted(open_page, folder: Path) -> None:
    page = open_page(folder / "index.html")
    assert page.evaluate("window.vegaEmbed === undefined")
    page.click("#draw")
    page.wait_for_function("document.documentElement.dataset.charts === 'drawn'")
    assert page.locator(".chart svg").count() == page.locator(".chart").count() > 1


def test_the_page_can_be_read_without_scripts(open_page, folder: Path) -> None:
    page = open_page(folder / "index.html", java_script_enabled=False)
    assert len(visible(page, "metrics")) > 2
    assert page.locator("form.filters").is_hidden()


def test_hostile_names_are_shown_and_do_nothing(open_page, hostile_file: Path, tmp_path: Path) -> None:  # noqa: F811
    page = open_page(writing.write_dashboard(hostile_file, tmp_path))
    shown = " ".join(visible(page, "load"))
    assert sum(name[:30] in shown for name in HOSTILE) >= 3
    page.locator('table[data-name="load"] tbody th button').first.click()
    page.locator("#detail tbody th button").first.click()
    page.keyboard.press("Escape")
    page.click("#draw")
    page.wait_for_function("document.documentElement.dataset.charts === 'drawn'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "pack.html", "baseline.html"])
def test_nothing_serious_is_in_the_way_of_anybody(open_page, folder: Path, scheme: str, name: str) -> None:
    import axe_playwright_python

    page = open_page(folder / name, color_scheme=scheme)
    page.evaluate(next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_the_page_is_as_wide_as_the_window(open_page, folder: Path, width: int) -> None:
    page = open_page(folder / "index.html", viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
