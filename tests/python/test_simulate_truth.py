"""The simulated worlds: the demo tells its story, and what is planted can be found again."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from simulate_contract import faults, read_tables

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.run import Simulation, simulate
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.worlds import TRUE_MULTIPLIERS, WORLDS

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("crm", "usage", "support", "interactions", "outcomes")
MAXIMUM_DEMO_BYTES = 8_000_000
MAXIMUM_FILE_BYTES = 1_500_000
LAST_SUNDAY = dt.date(2026, 6, 28)
BASE_LEVEL = {"lifecycle": "steady", "health_trajectory": "stable", "sentiment": "neutral", "follow_up": "normal"}
COUNTED = [item.name for item in words.INTERACTION_TYPES if item.is_meaningful]


@dataclass(frozen=True)
class Demo:
    folder: Path
    tables: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]

    def who(self, role: str) -> str:
        """The CSM with a role in the story."""
        return self.truth["csms"].filter(pl.col("story_role") == role)["csm_id"].to_list()[0]

    def loads(self, csm_id: str, weeks: int) -> pl.Series:
        """Load by the reference weights in the last weeks with capacity."""
        rows = self.truth["csm_weeks"].filter((pl.col("csm_id") == csm_id) & (pl.col("target_capacity_hours") > 0))
        return rows.sort("week_start_date")["reference_load_ratio"].tail(weeks)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, made anew by the default command, with its truth."""
    folder = tmp_path_factory.mktemp("demo")
    simulate(Settings(), folder / "book", by_domain=True, truth_folder=folder / "truth")
    truth = {
        path.stem.removeprefix("truth_"): pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        for path in (folder / "truth").glob("*.csv")
    }
    return Demo(folder / "book", read_tables(folder / "book"), truth)


def test_the_committed_demo_is_what_the_default_command_makes(demo: Demo) -> None:
    made = {path.relative_to(demo.folder): path for path in demo.folder.rglob("*.csv")}
    kept = {
        path.relative_to(ROOT / "seeds"): path for name in DOMAINS for path in (ROOT / "seeds" / name).glob("*.csv")
    }
    people = Path("crm") / "csms.csv"
    if kept[people].read_bytes() != made[people].read_bytes():
        pytest.skip("seeds/ holds another book than the bundled one")
    assert made.keys() == kept.keys()
    assert [str(name) for name in made if made[name].read_bytes() != kept[name].read_bytes()] == []
    sizes = [path.stat().st_size for path in kept.values()]
    assert sum(sizes) < MAXIMUM_DEMO_BYTES
    assert max(sizes) < MAXIMUM_FILE_BYTES


def test_the_demo_keeps_the_contract(demo: Demo) -> None:
    assert faults(demo.tables) == []


def test_the_vocabulary_is_that_of_the_reference_seeds() -> None:
    reference = ROOT / "seeds" / "reference"
    ours = sorted(words.INTERACTION_TYPES)
    kinds = pl.read_csv(reference / "interaction_types.csv").sort("interaction_type")
    kinds = kinds.filter(pl.col("interaction_type").is_in([item.name for item in ours]))
    assert kinds["interaction_type"].to_list() == [item.name for item in ours]
    assert kinds["interaction_category"].to_list() == [item.category for item in ours]
    assert kinds["is_meaningful"].to_list() == [item.is_meaningful for item in ours]
    assert kinds["counts_toward_ceiling"].to_list() == [item.is_meaningful for item in ours]
    longest = kinds.filter("is_meaningful")["minimum_minutes"].max()
    assert longest <= words.SHORTEST_LONG_MINUTES
    stages = pl.read_csv(reference / "pipeline_stages.csv").sort("stage_order")
    assert tuple(stages["stage"]) == words.PIPELINE_STAGES
    assert stages["expansion_level"].to_list().index("active") == words.FIRST_ACTIVE_STAGE
    tiers = pl.read_csv(reference / "role_tiers.csv")
    assert set(tiers["role_tier"]) >= set(words.ROLE_TIERS)
    assert set(pl.read_csv(reference / "touch_cadences.csv")["segment"]) >= set(words.SEGMENTS)


def test_one_csm_drowns_and_one_coasts(demo: Demo) -> None:
    drowning, coasting = demo.loads(demo.who("drowning"), 26), demo.loads(demo.who("coasting"), 26)
    assert (drowning > 1).sum() >= 20
    assert 1.15 <= drowning.mean() <= 1.5
    assert 0.35 <= coasting.mean() <= 0.6
    others = demo.truth["csms"].filter(pl.col("story_role").is_in(["ordinary", "cliff", "pool"]))["csm_id"]
    usual = [demo.loads(csm_id, 52).mean() for csm_id in others]
    assert min(usual) >= 0.5
    # some had a hard year; none as hard, and in the last week nobody else is over
    assert max(usual) < drowning.mean() - 0.1
    assert max(demo.loads(csm_id, 1)[0] for csm_id in others) <= 1.0


def test_the_drowning_csm_is_above_the_ceiling_for_three_weeks_now(demo: Demo) -> None:
    held = demo.tables["interactions"].filter(
        (pl.col("csm_id") == demo.who("drowning"))
        & (pl.col("status") == "completed")
        & pl.col("interaction_type").is_in(COUNTED)
    )
    weekly = held.group_by(pl.col("started_at").dt.date().dt.truncate("1w").alias("week")).len().sort("week")
    assert (weekly["len"].tail(3) > words.REFERENCE_CEILINGS[0]).all()


def test_a_leavers_book_went_to_a_loaded_team_and_a_new_hire_is_on_ramp(demo: Demo) -> None:
    csms = demo.tables["csms"]
    leaver = csms.filter(pl.col("csm_id") == demo.who("leaver")).row(0, named=True)
    assert leaver["left_on"] < LAST_SUNDAY
    spans = demo.tables["account_assignments"]
    left = spans.filter((pl.col("csm_id") == leaver["csm_id"]) & (pl.col("unassigned_on") == leaver["left_on"]))
    after = spans.filter(pl.col("assigned_on") >= leaver["left_on"]).join(left, on="account_id", how="semi")
    assert len(left) >= 4
    assert demo.who("drowning") in after["csm_id"]
    assert after["csm_id"].n_unique() >= 3
    new = csms.filter(pl.col("csm_id") == demo.who("new_hire")).row(0, named=True)
    assert 14 < (LAST_SUNDAY - new["hired_on"]).days < words.RAMP_DAYS
    pool = csms.filter(pl.col("csm_id") == demo.who("pool")).row(0, named=True)
    assert pool["fte"] > 1
    assert pool["role_tier"] == "pooled_csm"


def test_one_book_renews_over_40_percent_in_a_quarter(demo: Demo) -> None:
    ours = demo.tables["account_assignments"].filter(
        (pl.col("csm_id") == demo.who("cliff")) & pl.col("unassigned_on").is_null()
    )
    book = demo.tables["subscriptions"].join(ours, on="account_id", how="semi")
    book = book.filter(
        (pl.col("starts_on") <= LAST_SUNDAY)
        & (pl.col("ends_on").is_null() | (pl.col("ends_on") > LAST_SUNDAY))
        & pl.col("cancelled_on").is_null()
    )
    autumn = book.filter(pl.col("ends_on").is_between(dt.date(2026, 10, 1), dt.date(2026, 12, 31)))
    assert autumn["arr_usd"].sum() > 0.40 * book["arr_usd"].sum()


def test_some_accounts_are_silent_and_champions_go(demo: Demo) -> None:
    stories = demo.truth["accounts"].filter(pl.col("story").is_not_null())
    talks = demo.tables["interactions"].filter(
        (pl.col("status") == "completed") & pl.col("interaction_type").is_in(COUNTED)
    )
    for row in stories.filter(pl.col("story") == "silent").iter_rows(named=True):
        last = talks.filter(pl.col("account_id") == row["account_id"])["started_at"].max()
        assert last.date() <= row["silent_from_on"] + dt.timedelta(days=6)
        assert (LAST_SUNDAY - row["silent_from_on"]).days > 90
    quiet = stories.filter(pl.col("story") == "champion_quiet")["account_id"].to_list()[0]
    champion = demo.tables["contacts"].filter((pl.col("account_id") == quiet) & (pl.col("contact_role") == "champion"))
    met = demo.tables["interaction_participants"].join(talks.filter(pl.col("account_id") == quiet), on="interaction_id")
    with_champion = met.filter(pl.col("contact_id") == champion["contact_id"].to_list()[0])["started_at"].max()
    assert met.filter(pl.col("started_at") > with_champion)["interaction_id"].n_unique() >= 3
    left = stories.filter(pl.col("story") == "champion_left")["account_id"].to_list()[0]
    gone = demo.tables["contacts"].filter((pl.col("account_id") == left) & (pl.col("contact_role") == "champion"))
    assert gone["left_on"].to_list()[0] is not None


def test_renewals_follow_on_and_their_amounts_add_up(demo: Demo) -> None:
    terms = demo.tables["subscriptions"].sort("account_id", "product", "starts_on")
    for row in demo.tables["renewals"].iter_rows(named=True):
        day = row["renewed_on"]
        owned = terms.filter(pl.col("account_id") == row["account_id"])
        before = owned.filter(
            (pl.col("starts_on") < day)
            & (pl.col("ends_on").is_null() | (pl.col("ends_on") >= day))
            & (pl.col("cancelled_on").is_null() | (pl.col("cancelled_on") >= day))
        )
        after = owned.filter(pl.col("starts_on") == day)
        assert before["arr_usd"].sum() == pytest.approx(row["arr_before_usd"])
        if row["outcome"] == "churned":
            assert row["arr_after_usd"] == 0
        else:
            assert after["arr_usd"].sum() == pytest.approx(row["arr_after_usd"])


def account_weeks(settings: Settings) -> pl.DataFrame:
    """Per account-week: levels, expected minutes, logged minutes."""
    run = Simulation(settings)
    frames = []
    for week in range(settings.weeks):
        _, events, expected = run.step(week)
        logged = events["time_entries"].filter(pl.col("account") >= 0).group_by("account").agg(pl.col("minutes").sum())
        here = np.flatnonzero(expected > 0)
        levels = {
            factor: pl.Series((*words.FACTOR_LEVELS[factor], "unknown")).gather(run.book.levels[factor][here])
            for factor in words.FACTORS
        }
        levels["base"] = pl.Series(words.SEGMENTS).gather(run.book.segment[here])
        levels["account"] = pl.Series(here.astype(np.int32))
        levels["expected"] = pl.Series(expected[here])
        levels["there"] = pl.Series(run.team.availability[run.book.csm[here], week])
        frames.append(pl.DataFrame(levels).join(logged, on="account", how="left").fill_null(0))
    return pl.concat(frames)


def fit(rows: pl.DataFrame) -> dict[tuple[str, str], float]:
    """Multipliers by quasi-likelihood with a log link (variance as mean^1.5), levels as dummies."""
    cells = rows.group_by(*words.FACTOR_LEVELS, "there").agg(pl.len().alias("n"), pl.col("minutes").mean()).sort("n")
    names, columns = [], []
    for factor in words.FACTOR_LEVELS:
        levels = words.FACTOR_LEVELS[factor] if factor == "base" else (*words.FACTOR_LEVELS[factor], "unknown")
        for level in levels:
            usual = BASE_LEVEL.get(factor, words.FACTOR_LEVELS[factor][0])
            column = (cells[factor] == level).to_numpy().astype(float)
            if (factor == "base" or level != usual) and column.any():
                names.append((factor, level))
                columns.append(column)
    design, count = np.stack(columns, axis=1), cells["n"].to_numpy()
    minutes, there = cells["minutes"].to_numpy(), np.log(cells["there"].to_numpy())
    beta = np.array(
        [np.log(60 * TRUE_MULTIPLIERS["base"][words.SEGMENTS.index(n[1])]) if n[0] == "base" else 0 for n in names]
    )
    for _ in range(25):
        mean = np.exp(design @ beta + there)
        weight = count * np.sqrt(mean)
        gram = (design * weight[:, None]).T @ design + 1e-6 * np.eye(len(names))
        beta = beta + np.linalg.solve(gram, (design * weight[:, None]).T @ ((minutes - mean) / mean))
    return dict(zip(names, np.exp(beta), strict=True))


@pytest.fixture(scope="module")
def standard_weeks() -> pl.DataFrame:
    return account_weeks(Settings(accounts=1600, csms=48, weeks=26, seed=3))


def test_planted_multipliers_are_found_again(standard_weeks: pl.DataFrame) -> None:
    assert standard_weeks["minutes"].sum() == pytest.approx(standard_weeks["expected"].sum(), rel=0.02)
    found = fit(standard_weeks)
    errors = [
        abs(np.log(found[factor, level] / true))
        for factor in words.FACTORS
        for level, true in zip(words.FACTOR_LEVELS[factor], TRUE_MULTIPLIERS[factor], strict=True)
        if (factor, level) in found
    ]
    assert len(errors) == 17
    assert np.mean(errors) < 0.06


def test_logged_minutes_spread_more_than_counts_would(standard_weeks: pl.DataFrame) -> None:
    spread = standard_weeks.with_columns(((pl.col("minutes") - pl.col("expected")) ** 2).alias("square"))
    assert spread["square"].mean() > 2 * spread["expected"].mean()
    assert (standard_weeks["minutes"] == 0).mean() > 0.2


def test_the_null_world_has_no_effects(tmp_path: Path) -> None:
    world = WORLDS["null"]
    assert all(set(world.multipliers[factor]) == {1.0} for factor in words.FACTORS)
    asked = Settings(accounts=1000, csms=30, weeks=18, seed=8, world_name="null")
    assert not asked.tells_story
    found = fit(account_weeks(asked))
    others = [np.log(value) for (factor, _), value in found.items() if factor != "base"]
    assert abs(np.mean(others)) < 0.05
    assert np.mean(np.abs(others)) < 0.08
    simulate(Settings(accounts=80, csms=6, weeks=16, world_name="null"), tmp_path / "book", truth_folder=tmp_path / "t")
    assert pl.read_csv(tmp_path / "t" / "truth_episodes.csv").is_empty()
    planted = json.loads((tmp_path / "t" / "world.json").read_text())["world"]
    effects = ("quality_decline", "churn_load_effect", "churn_risk_effect", "detection_load_effect", "squeeze_effect")
    assert [planted[name] for name in effects] == [0.0] * 5


def test_worlds_log_time_as_they_say(tmp_path: Path) -> None:
    size = {"accounts": 300, "csms": 9, "weeks": 8, "seed": 6}
    full = account_weeks(Settings(**size))
    less = account_weeks(Settings(**size, world_name="under_reported"))
    ratio = WORLDS["under_reported"].reporting_ratio
    assert less["minutes"].sum() / less["expected"].sum() == pytest.approx(ratio, rel=0.06)
    assert full["minutes"].sum() / full["expected"].sum() == pytest.approx(1, rel=0.06)
    simulate(Settings(**size, world_name="friday_logging"), tmp_path / "friday")
    assert set(read_tables(tmp_path / "friday")["time_entries"]["worked_on"].dt.weekday()) == {5}
    simulate(Settings(**size, world_name="no_time_entries"), tmp_path / "none")
    assert "time_entries" not in read_tables(tmp_path / "none")
    simulate(Settings(**size, world_name="missing_time"), tmp_path / "missing")
    entries = read_tables(tmp_path / "missing")["time_entries"]
    assert entries["csm_id"].n_unique() == 6
    working = entries.filter(pl.col("activity").is_in(words.ACTIVITIES))
    assert working["account_id"].null_count() / len(working) == pytest.approx(1 / 3, abs=0.05)


def test_overloaded_csms_squeeze_steady_accounts_where_the_world_says_so() -> None:
    squeezed = account_weeks(Settings(accounts=500, csms=15, weeks=13, seed=2, world_name="overload_squeeze"))
    free = account_weeks(Settings(accounts=500, csms=15, weeks=13, seed=2))
    share = [
        rows.filter(pl.col("lifecycle") == "steady")["expected"].sum() / rows["expected"].sum()
        for rows in (squeezed, free)
    ]
    assert share[0] < share[1] - 0.02


def test_quality_falls_above_the_true_ceiling_and_not_below() -> None:
    asked = Settings(accounts=420, csms=12, weeks=36, seed=2, world_name="busy", has_story=False)
    run = Simulation(asked)
    rows = []
    for week in range(asked.weeks):
        touches, _, _ = run.step(week)
        done = (touches.status == words.COMPLETED) & np.isin(touches.kind, [words.TYPE_CODE[name] for name in COUNTED])
        held = np.bincount(touches.csm[done], minlength=run.team.count)
        room = np.asarray(asked.world.true_ceilings)[run.team.tier] * run.team.fte * run.team.availability[:, week]
        scored = np.flatnonzero(~np.isnan(touches.quality))
        csm = touches.csm[scored]
        rows.append(np.column_stack([held[csm] - room[csm], touches.quality[scored] - run.team.quality_base[csm]]))
    above, quality = np.concatenate(rows).T
    assert abs(quality[above <= 0].mean()) < 0.5
    slope = np.polyfit(above[above > 0], quality[above > 0], 1)[0]
    assert slope == pytest.approx(-asked.world.quality_decline, abs=0.5)


def test_load_thirteen_weeks_before_renewal_makes_churn_likelier() -> None:
    """The planted logit slope of churn on lagged load, found by a plain logistic fit."""
    asked = Settings(accounts=14000, csms=420, weeks=40, seed=5, has_story=False)
    run = Simulation(asked)
    found = []
    for week in range(asked.weeks):
        if week >= 14:
            monday = asked.monday(week)
            book = run.book
            due = (book.churned_on > monday + 6) & (book.customer_since < monday) & (book.csm >= 0)
            due = np.flatnonzero(due & (book.term_end >= monday) & (book.term_end < monday + 7))
            load = run._book_load(week - 13)[due]
            trouble, segment, end = run.episodes.in_trouble[due], run.book.segment[due], run.book.term_end[due]
        run.step(week)
        if week >= 14:
            found.append(np.column_stack([run.book.churned_on[due] == end, load, trouble, *np.eye(3)[segment].T]))
    rows = np.concatenate(found)
    churned, design = rows[:, 0], rows[:, 1:]
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta))
        weight = chance * (1 - chance)
        information = (design * weight[:, None]).T @ design
        beta = beta + np.linalg.solve(information, design.T @ (churned - chance))
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    assert abs(beta[0] - asked.world.churn_load_effect) < 3 * error[0]
    assert beta[0] > 2 * error[0]
