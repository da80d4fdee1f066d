"""The worlds: what is true in each, by name.

A world changes effects and how time is logged, never the shape of the data. `demo` is the bundled book; the others
exist to prove that calibration, alarms and outcome models see what is there and nothing else.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.story import DEMO, STANDARD, Story

TRUE_MULTIPLIERS: dict[str, tuple[float, ...]] = {
    "base": (1.45, 0.40, 0.060),  # hours a week
    "lifecycle": (2.4, 1.3, 1.0, 1.3, 2.1),
    "stakeholders": (1.0, 1.25, 1.6),
    "footprint": (1.0, 1.1, 1.5),
    "custom_configuration": (1.0, 1.45),
    "health_trajectory": (1.4, 1.0, 0.9),
    "expansion": (1.0, 1.05, 1.35),
    "sentiment": (1.3, 1.0, 0.9),
    "follow_up": (0.9, 1.0, 1.3),
}
NO_EFFECT: dict[str, tuple[float, ...]] = {
    factor: TRUE_MULTIPLIERS["base"] if factor == "base" else (1.0,) * len(levels)
    for factor, levels in words.FACTOR_LEVELS.items()
}


@dataclass(frozen=True)
class World:
    """Everything that a world plants. Ratios are 0 to 1 unless said otherwise."""

    name: str
    description: str
    multipliers: dict[str, tuple[float, ...]] = field(default_factory=lambda: TRUE_MULTIPLIERS)
    demand: float = 1.0  # scales true base hours (2.0 = twice the work)
    csm_effect_sd: float = 0.10  # spread of a CSM's own pace (lognormal, mean 1)
    account_effect_sd: float = 0.10  # spread of an account's own demand (lognormal, mean 1)
    block_shape: float = 4.0  # gamma shape of the weekly number of work blocks: less = more spread
    interaction_rate: float = 1.0  # scales counted interactions
    true_ceilings: tuple[float, float, float] = (11.0, 14.0, 18.0)
    quality_decline: float = 3.0  # quality points lost per counted interaction above the ceiling
    episode_rate_per_week: float = 0.0035  # hazard of a deterioration per account-week
    churn_load_effect: float = 1.2  # logit of churn per unit of load 13 weeks before renewal
    churn_risk_effect: float = 1.6  # logit of churn when a deterioration is under way
    detection_load_effect: float = 0.6  # share of detection hazard lost per unit of load above 0.8
    attention_load_effect: float = 0.35  # share of touches steady accounts lose per unit of overload
    reporting_ratio: float = 1.0  # logged minutes / worked minutes
    squeeze_effect: float = 0.0  # share of steady accounts' minutes lost per unit of overload
    silent_csm_share: float = 0.0  # share of CSMs who log no time at all
    ownerless_share: float = 0.0  # share of time entries whose account is missing
    is_logged_on_friday: bool = False
    has_time_entries: bool = True
    story: Story | None = STANDARD  # what happens to its people; None: nothing

    def parameters(self) -> dict[str, Any]:
        """The planted parameters as plain JSON values."""
        return asdict(self)


_STANDARD = World("standard", "true multipliers, ceilings, deteriorations, and one CSM over capacity throughout")

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        _STANDARD,
        World(
            "null",
            "no effects at all: multipliers 1, no kink, no deterioration, load changes nothing",
            multipliers=NO_EFFECT,
            quality_decline=0.0,
            episode_rate_per_week=0.0,
            churn_load_effect=0.0,
            churn_risk_effect=0.0,
            detection_load_effect=0.0,
            attention_load_effect=0.0,
            story=None,
        ),
        replace(
            _STANDARD,
            name="demo",
            description="the bundled book: leave, growth, new customers, a leaver, a new hire, a renewal peak ahead",
            attention_load_effect=2.0,
            story=DEMO,
        ),
        replace(
            _STANDARD,
            name="under_reported",
            description="everyone logs 65 % of the minutes worked",
            reporting_ratio=0.65,
        ),
        replace(
            _STANDARD,
            name="overload_squeeze",
            description="half the team is overloaded and takes the time out of steady accounts",
            demand=1.2,
            squeeze_effect=0.5,
        ),
        replace(
            _STANDARD,
            name="missing_time",
            description="a third of the CSMs log nothing; a third of the other entries name no account",
            silent_csm_share=1 / 3,
            ownerless_share=1 / 3,
        ),
        replace(
            _STANDARD,
            name="friday_logging",
            description="all time of a week is logged on its Friday",
            is_logged_on_friday=True,
        ),
        replace(
            _STANDARD,
            name="no_time_entries",
            description="nobody logs time: the table is absent",
            has_time_entries=False,
        ),
        replace(
            _STANDARD,
            name="busy",
            description="volumes around the ceilings for everyone, to learn ceilings from",
            interaction_rate=1.6,
        ),
    )
}
