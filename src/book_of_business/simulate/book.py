"""The accounts: who they are, what they own, who looks after them at first, and their state.

`Book` holds one entry per account. The first group of fields never changes; the second is the state
that the weekly steps move on. A million accounts take about 400 MB.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import team as teams
from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.days import NEVER, Days, add_months, quarter_start
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams, choose, choose_by_row, mean_one_lognormal
from book_of_business.simulate.team import Team

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]

MEAN_EFFORT_HOURS = np.array([1.98, 0.54, 0.0735])  # of a typical account, by segment
NEW_SHARE = 0.16  # of the accounts become customers inside the window
TYPICAL_ARR_USD = (255_000.0, 84_000.0, 19_000.0)
ARR_SPREAD = (0.40, 0.40, 0.50)
REGION_SHARE = (0.5, 0.35, 0.15)
STORIES = ("", "silent", "champion_quiet", "champion_left")


@dataclass
class Book:
    """One entry per account; days are counted from 1970-01-01, codes index the vocabulary."""

    segment: Codes
    industry: Codes
    region: Codes
    language: Codes
    first_csm: npt.NDArray[np.int32]
    customer_since: Days
    product_count: Codes
    first_arr_usd: npt.NDArray[np.float64]
    first_term_start: Days
    is_evergreen: npt.NDArray[np.bool_]
    contact_count: Codes
    account_effect: npt.NDArray[np.float64]
    sentiment_base: Floats
    follow_up_base: Floats
    health_base: Floats
    users: Floats
    phase: npt.NDArray[np.int16]  # where in its cadence the account stands
    story: Codes
    silent_from: Days
    # state
    csm: npt.NDArray[np.int32]  # -1: nobody
    churned_on: Days
    has_custom: npt.NDArray[np.bool_]
    products: npt.NDArray[np.uint8]  # bit per product in force
    term_end: Days
    stage: Codes  # lifecycle; -1 before it is a customer
    stage_since: Days
    health: Floats
    usage_level: Floats
    champion_silent_from: Days
    levels: dict[str, Codes] = field(default_factory=dict)  # of the last Sunday, per factor
    true_factor: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def count(self) -> int:
        """Number of accounts, past and future ones included."""
        return len(self.segment)

    def active_on(self, day: int) -> npt.NDArray[np.bool_]:
        """Accounts that are customers on the day."""
        return (self.customer_since <= day) & (self.churned_on > day)


HARD_CONTACT_COUNT = 8


def _segments(settings: Settings, team: Team) -> Codes:
    """Segment of each account: as many per segment as the planned loads of its tier can carry."""
    hours = np.bincount(team.tier, team.target_load * words.PRODUCTIVE_HOURS * team.fte, minlength=3)
    share = hours / MEAN_EFFORT_HOURS
    exact = np.round(share / share.sum() * settings.accounts, 6)
    counts = np.floor(exact).astype(np.int64)
    for segment in np.argsort(-(exact - counts), kind="stable")[: settings.accounts - counts.sum()]:
        counts[segment] += 1
    return np.repeat(np.arange(3, dtype=np.int8), counts)


def _owners(
    settings: Settings, team: Team, segment: Codes, region: Codes, intensity: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> npt.NDArray[np.int32]:  # fmt: skip
    """First CSM of each account. Books are cut by expected effort, not by number of accounts:
    the drowning get the hardest accounts of the tier, the coasting the easiest.
    """
    owner = np.zeros(len(segment), dtype=np.int32)
    for code in range(3):
        members = np.flatnonzero(segment == code)
        people = np.flatnonzero((team.tier == code) & (team.target_load > 0))
        if not len(members):
            continue
        if not len(people):
            people = np.flatnonzero(team.tier == code)
        wish = {teams.DROWNING: 0, teams.COASTING: 2}
        place = np.array([wish.get(int(role), 1) for role in team.role[people]])
        order = np.lexsort((team.region[people], place))
        people, place = people[order], place[order]
        quota = np.maximum(team.target_load[people] * team.fte[people], 0.05)
        members = members[np.argsort(-intensity[members] * rng.uniform(0.75, 1.25, len(members)), kind="stable")]
        share = np.array([quota[place == which].sum() for which in range(3)]) / quota.sum()
        # Ends of the list go to the drowning and the coasting, the middle goes by region.
        work = np.cumsum(intensity[members]) - intensity[members] / 2
        work /= intensity[members].sum()
        first, last = np.searchsorted(work, [share[0], 1 - share[2]])
        middle = members[first:last]
        middle = middle[rng.permutation(len(middle))]
        members[first:last] = middle[np.argsort(region[middle], kind="stable")]
        work = np.cumsum(intensity[members]) - intensity[members] / 2
        cuts = np.cumsum(quota)[:-1] / quota.sum() * intensity[members].sum()
        owner[members] = people[np.searchsorted(cuts, work, side="right")]
    return owner


def _few_but_hard(
    team: Team, owner: npt.NDArray[np.int32], handed_over_share: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Owners, with part of the drowning books handed to ordinary peers, and which accounts that were.

    What stays is made harder by the caller: a book that drowns its owner must not be the longest one, or counting
    accounts would see it too.
    """
    owner = owner.copy()
    handed_over = []
    for csm in np.flatnonzero(team.role == teams.DROWNING):
        peers = np.flatnonzero((team.role == teams.ORDINARY) & (team.tier == team.tier[csm]))
        accounts = np.flatnonzero(owner == csm)
        given = accounts[len(accounts) - int(len(accounts) * handed_over_share) :]
        if len(peers):
            owner[given] = peers[np.arange(len(given)) % len(peers)]
            handed_over.append(given)
    return owner, np.concatenate([np.empty(0, dtype=np.intp), *handed_over])


def _fit_arr(team: Team, owner: npt.NDArray[np.int32], arr: npt.NDArray[np.float64],
             segment: Codes) -> npt.NDArray[np.float64]:  # fmt: skip
    """Scale each first book towards its motion's ARR band (by at most a factor of two)."""
    total = np.bincount(owner, arr, minlength=team.count)
    low, high = (np.asarray(words.ARR_BANDS_USD).T[side][team.tier] * team.fte for side in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(total > 0, np.clip(total, low * 1.18, high * 0.84) / total, 1.0)
    step = np.array([5000.0, 1000.0, 500.0])[segment]
    return np.maximum(np.round(arr * np.clip(factor, 0.5, 2.0)[owner] / step), 1) * step


def _term_starts(settings: Settings, team: Team, owner: npt.NDArray[np.int32],
                 arr: npt.NDArray[np.float64], rng: np.random.Generator) -> Days:  # fmt: skip
    """Start of the term in force when the window opens; yearly renewals follow from its date.

    Renewals of a book are spread evenly over the quarters, except in a `cliff` book, where over half
    of the ARR renews in one quarter, `cliff_quarter` after that of the last Sunday.
    """
    count = len(owner)
    order = np.lexsort((-arr, owner))
    rank = np.empty(count, dtype=np.int64)
    starts = np.searchsorted(owner[order], np.arange(team.count))
    rank[order] = np.arange(count) - starts[owner[order]]
    quarter = np.where(rank // 4 % 2 == 0, rank % 4, 3 - rank % 4)  # snake, so ARR is even
    quarter = (quarter + owner) % 4
    is_cliff = team.role[owner] == teams.CLIFF
    peak = settings.story.cliff_quarter
    calm = np.where(quarter == peak, rng.choice([other for other in range(4) if other != peak], count), quarter)
    quarter = np.where(is_cliff, np.where(rank % 3 < 2, peak, calm), quarter)
    edge = np.array([quarter_start(settings.end_day - 1, ahead) for ahead in range(5)])
    length = (edge[1:] - edge[:-1])[quarter]
    renewal = (edge[:-1][quarter] + np.floor(rng.random(count) ** 0.8 * length)).astype(np.int32)
    months = 12 * (settings.weeks * 7 // 365 + 3)
    start = add_months(renewal, -months)
    for _ in range(settings.weeks * 7 // 365 + 4):
        later = add_months(start, 12)
        start = np.where(later <= settings.start_day, later, start).astype(np.int32)
    return start


def build_book(settings: Settings, team: Team, streams: Streams) -> Book:
    """All accounts of the run, those that come later included."""
    rng = streams.get("book")
    world = settings.world
    segment = _segments(settings, team)
    count = len(segment)
    products = 1 + choose_by_row(rng, np.array([
        [0.15, 0.38, 0.28, 0.12, 0.05, 0.02], [0.42, 0.36, 0.16, 0.06, 0.0, 0.0], [0.58, 0.34, 0.08, 0, 0, 0],
    ]), segment)  # fmt: skip
    custom = rng.random(count) < np.array([0.23, 0.13, 0.05])[segment]
    contacts = np.array([2, 1, 1])[segment] + rng.binomial(np.array([7, 6, 2])[segment], 0.38)
    intensity = MEAN_EFFORT_HOURS[segment] * np.array([1, 1, 1.15, 1.15, 1.35, 1.35, 1.35])[products]
    intensity *= np.where(custom, 1.3, 1.0) * np.where(contacts >= 5, 1.4, np.where(contacts > 1, 1.15, 1.0))
    region = choose(rng, REGION_SHARE, count)
    owner = _owners(settings, team, segment, region, intensity, rng)
    if settings.tells_story:  # the coasting have simple accounts: one product, one contact
        easy = team.role[owner] == teams.COASTING
        products[easy], custom[easy], contacts[easy] = 1, False, 1
        owner, handed_over = _few_but_hard(team, owner, settings.story.handed_over_share)
        hard = team.role[owner] == teams.DROWNING
        products[hard], custom[hard], contacts[hard] = np.maximum(products[hard], 4), True, HARD_CONTACT_COUNT
        products[handed_over], custom[handed_over], contacts[handed_over] = 1, False, 2
    arr = np.asarray(TYPICAL_ARR_USD)[segment] * (0.55 + 0.2 * products)
    arr *= mean_one_lognormal(rng, 1.0, count) ** np.asarray(ARR_SPREAD)[segment]
    arr = _fit_arr(team, owner, np.round(arr, 2), segment)

    term_start = _term_starts(settings, team, owner, arr, rng)
    since = add_months(term_start, -12 * rng.integers(0, 5, count))
    is_new = rng.random(count) < NEW_SHARE
    is_new &= ~np.isin(team.role[owner], (teams.DROWNING, teams.COASTING)) | (rng.random(count) < 0.25)
    is_new &= settings.weeks > 2
    start_week = rng.integers(1, max(settings.weeks, 2), count)
    wave = settings.story.wave
    if wave and wave.starts_weeks_ago < settings.weeks:
        mine = np.flatnonzero(team.role[owner] == teams.ONBOARDING_WAVE)
        is_new[mine] = False
        chosen = mine[rng.permutation(len(mine))][: wave.accounts * max(1, settings.csms // 12)]
        is_new[chosen] = True
        start_week[chosen] = settings.weeks - wave.starts_weeks_ago + rng.integers(0, wave.weeks, len(chosen))
    joined = settings.start_day + 7 * start_week + rng.integers(0, 5, count)
    since = np.where(is_new, joined, since).astype(np.int32)
    term_start = np.where(is_new, joined, term_start).astype(np.int32)
    evergreen = rng.random(count) < np.array([0.0, 0.03, 0.08])[segment]
    health_base = np.clip(rng.normal(75, 8, count), 52, 95).astype(np.float32)
    sentiment = np.clip(rng.normal(0.12, 0.22, count), -0.5, 0.6)
    follow_up = np.round(rng.gamma(2.2, 0.75, count), 3)
    if settings.tells_story:
        sentiment[easy], follow_up[easy] = 0.42, 0.4
    book = Book(
        segment=segment, industry=choose(rng, np.ones(len(words.INDUSTRIES)), count), region=region,
        language=choose_by_row(rng, np.asarray(words.REGION_LANGUAGES), region), first_csm=owner,
        customer_since=since, product_count=products.astype(np.int8), first_arr_usd=arr,
        first_term_start=term_start, is_evergreen=evergreen, contact_count=contacts.astype(np.int8),
        account_effect=mean_one_lognormal(rng, world.account_effect_sd, count),
        sentiment_base=sentiment.astype(np.float32),
        follow_up_base=follow_up.astype(np.float32),
        health_base=health_base,
        users=np.round(rng.gamma(2.0, np.array([60.0, 18.0, 4.0])[segment]) + 3).astype(np.float32),
        phase=rng.integers(0, 364, count).astype(np.int16), story=np.zeros(count, dtype=np.int8),
        silent_from=np.full(count, NEVER, dtype=np.int32), csm=np.full(count, -1, dtype=np.int32),
        churned_on=np.full(count, NEVER, dtype=np.int32), has_custom=custom,
        products=np.zeros(count, dtype=np.uint8), term_end=np.full(count, NEVER, dtype=np.int32),
        stage=np.full(count, -1, dtype=np.int8), stage_since=since.copy(), health=health_base.copy(),
        usage_level=np.ones(count, dtype=np.float32),
        champion_silent_from=np.full(count, NEVER, dtype=np.int32), true_factor=np.ones(count),
    )  # fmt: skip
    if settings.tells_story:
        _plant_account_stories(settings, team, book, rng)
    return book


def _plant_account_stories(settings: Settings, team: Team, book: Book, rng: np.random.Generator) -> None:
    """Accounts gone silent (some in a drowning book), a champion gone quiet, one who left."""
    old = book.customer_since < settings.start_day - 60
    large = np.flatnonzero(old & (book.segment < 2))
    large = large[rng.permutation(len(large))]
    drowning = team.role[book.first_csm[large]] == teams.DROWNING
    sets = max(1, settings.csms // 12)
    silent = np.concatenate([large[drowning][:sets], large[~drowning][: 5 * sets]])
    book.story[silent] = 1
    book.silent_from[silent] = settings.end_day - rng.integers(100, 240, len(silent))
    eligible = large[(book.contact_count[large] >= 3) & (book.story[large] == 0)]
    eligible = eligible[team.role[book.first_csm[eligible]] != teams.LEAVER]
    eligible = eligible[np.argsort(book.segment[eligible], kind="stable")]
    book.story[eligible[:sets]] = 2
    book.champion_silent_from[eligible[:sets]] = settings.end_day - 80
    book.story[eligible[sets : 2 * sets]] = 3
