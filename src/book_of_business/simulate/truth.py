"""What was planted, written beside the data for tests. Never part of the raw contract."""

import json
from pathlib import Path

import numpy as np
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import STORIES, Book
from book_of_business.simulate.effort import Load
from book_of_business.simulate.emit import Keys
from book_of_business.simulate.episodes import OUTCOMES, Episodes
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.sink import Sink
from book_of_business.simulate.tables import dates, take
from book_of_business.simulate.team import ROLES, Team


class Truth:
    """Writer of the truth tables into a folder of their own.

    `truth_account_weeks` and `truth_csm_weeks` hold, per Sunday, the levels that drove the minutes of
    that week, the expected minutes worked, and loads by reference and by true weights.
    """

    def __init__(self, settings: Settings, keys: Keys, folder: Path, file_format: str) -> None:
        self.settings, self.keys, self.folder = settings, keys, folder
        self.sink = Sink(folder, file_format, by_domain=False)
        self.sink.__enter__()

    def week(self, week: int, team: Team, book: Book, load: Load, minutes: np.ndarray) -> None:
        """The truth of one week."""
        monday = self.settings.monday(week)
        here = np.flatnonzero(book.active_on(monday + 6) & (book.stage >= 0))
        columns = {
            "account_id": take(self.keys.account, here),
            "week_start_date": dates(np.full(len(here), monday)),
            "csm_id": take(self.keys.csm, book.csm[here]),
            "segment": take(words.SEGMENTS, book.segment[here]),
        }
        for factor in words.FACTORS:
            columns[f"{factor}_level"] = take((*words.FACTOR_LEVELS[factor], "unknown"), book.levels[factor][here])
        columns["reference_hours"] = pl.Series(load.reference_hours[here]).round(6)
        columns["true_hours"] = pl.Series(load.true_hours[here]).round(6)
        columns["expected_minutes"] = pl.Series(minutes[here]).round(6)
        self.sink.write("truth_account_weeks", pl.DataFrame(columns), monday)
        staff = np.flatnonzero((team.hired_on <= monday + 6) & (team.left_on > monday))
        self.sink.write("truth_csm_weeks", pl.DataFrame({
            "csm_id": take(self.keys.csm, staff), "week_start_date": dates(np.full(len(staff), monday)),
            "target_capacity_hours": pl.Series(team.capacity[staff, week]).round(6),
            "reference_load_ratio": pl.Series(load.reference_load[staff]).round(6),
            "true_load_ratio": pl.Series(load.true_load[staff]).round(6),
        }), monday)  # fmt: skip

    def finish(self, team: Team, book: Book, episodes: Episodes) -> None:
        """The tables that do not go by week, and the parameters."""
        settings, keys, world = self.settings, self.keys, self.settings.world
        rows = [
            (factor, level, world.multipliers[factor][place], words.REFERENCE_WEIGHTS[factor][place])
            for factor, levels in words.FACTOR_LEVELS.items()
            for place, level in enumerate(levels)
        ]
        multipliers = pl.DataFrame(
            rows, orient="row", schema=["factor", "level", "true_multiplier", "reference_weight"]
        )
        ceilings = pl.DataFrame({
            "role_tier": words.ROLE_TIERS, "true_ceiling_per_week": world.true_ceilings,
            "reference_ceiling_per_week": words.REFERENCE_CEILINGS,
            "quality_points_per_interaction_above": [world.quality_decline] * 3,
        })  # fmt: skip
        found = episodes.ledger
        signals = [
            ";".join(name for bit, name in enumerate(words.SIGNALS) if mask >> bit & 1)
            for mask in found["signals"].tolist()
        ]
        episode_rows = pl.DataFrame({
            "episode_number": np.arange(1, found.count + 1), "account_id": take(keys.account, found["account"]),
            "csm_id": take(keys.csm, found["csm"]), "onset_on": dates(found["onset_on"]),
            "signals": pl.Series(signals, dtype=pl.String),
            "usage_drop_share": pl.Series(np.asarray(found["usage_drop"], dtype=float)).round(2),
            "detected_on": dates(found["detected_on"]), "ended_on": dates(found["ended_on"]),
            "outcome": take(OUTCOMES, found["outcome"]),
            "story": take(STORIES, book.story[found["account"]]).replace("", None),
        })  # fmt: skip
        accounts = pl.DataFrame({
            "account_id": keys.account, "first_csm_id": take(keys.csm, book.first_csm),
            "story": take(STORIES, book.story).replace("", None), "silent_from_on": dates(book.silent_from),
            "account_effect": book.account_effect,
            "sentiment_base": pl.Series(book.sentiment_base.astype(float)).round(4),
            "follow_up_base": pl.Series(book.follow_up_base.astype(float)).round(4),
            "health_base": pl.Series(book.health_base.astype(float)).round(3),
        })  # fmt: skip
        csms = pl.DataFrame({
            "csm_id": keys.csm, "story_role": take(ROLES, team.role), "first_book_share": team.target_load.round(4),
            "effort_effect": team.effort_effect, "quality_base": team.quality_base, "survey_bias": team.survey_bias,
            "logs_time": team.logs_time & world.has_time_entries,
            "reporting_ratio": [world.reporting_ratio] * team.count,
        })  # fmt: skip
        for table, frame in (
            ("truth_effort_multipliers", multipliers), ("truth_ceilings", ceilings), ("truth_episodes", episode_rows),
            ("truth_accounts", accounts), ("truth_csms", csms),
        ):  # fmt: skip
            self.sink.write(table, frame)
        self.sink.__exit__()
        facts = {
            "accounts": settings.accounts, "csms": settings.csms, "weeks": settings.weeks, "seed": settings.seed,
            "as_of": settings.as_of.isoformat(), "has_story": settings.tells_story,
            "usage": "daily" if settings.has_daily_usage else "light", "world": world.parameters(),
        }  # fmt: skip
        (self.folder / "world.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
