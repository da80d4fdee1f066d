"""What was said and agreed: participants, topics, action items, a few transcripts."""

import numpy as np
import numpy.typing as npt
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.contacts import CHAMPION, Contacts
from book_of_business.simulate.contracts import BITS
from book_of_business.simulate.episodes import Episodes
from book_of_business.simulate.pipeline import TALK_AHEAD_WEEKS, Pipeline
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.touchpoints import CODE, Touches

ATTENDS = np.array(  # by contact role: meetings, reviews, sessions, pings
    [[0.82, 0.85, 0.6, 0.65], [0.32, 0.75, 0.2, 0.08], [0.42, 0.5, 0.45, 0.12], [0.26, 0.15, 0.65, 0.14]]
)
_REVIEWS = (CODE["business_review"], CODE["executive_sponsor_call"])
_SESSIONS = (CODE["kickoff"], CODE["onboarding_session"], CODE["training"])
_PINGS = (CODE["email_ping"], CODE["status_update"])
_INSIDE = (CODE["internal_advocacy"], CODE["internal_deal_desk"], CODE["admin"])
FOLLOW_UP_SEGMENT = np.array([1.25, 1.0, 0.7])
EVALUATING_MENTIONS = 3
TOPIC_KINDS = ("product", "competitor", "risk", "renewal", "other")


def participants(book: Book, contacts: Contacts, touches: Touches, rng: np.random.Generator) -> pl.DataFrame:
    """Who took part in the completed interactions: interaction (row number), contact.

    Also notes in `contacts.last_seen` that they were there.
    """
    outside = (touches.account >= 0) & (touches.status == words.COMPLETED) & ~np.isin(touches.kind, _INSIDE)
    rows = np.flatnonzero(outside)
    size = contacts.size[touches.account[rows]]
    row = np.repeat(rows, size)
    begin = np.cumsum(size) - size
    contact = np.repeat(contacts.first[touches.account[rows]], size) + np.arange(len(row)) - np.repeat(begin, size)
    style = np.where(np.isin(touches.kind, _REVIEWS), 1, np.where(np.isin(touches.kind, _SESSIONS), 2,
                     np.where(np.isin(touches.kind, _PINGS), 3, 0)))  # fmt: skip
    role = contacts.role[contact]
    day = touches.day[row]
    here = (contacts.added_on[contact] <= day) & (contacts.left_on[contact] > day)
    quiet = (role == CHAMPION) & (book.champion_silent_from[touches.account[row]] <= day)
    there = here & ~quiet & (rng.random(len(row), dtype=np.float32) < ATTENDS[role, style[row]])
    row, contact = row[there], contact[there]
    contacts.last_seen[contact] = np.maximum(contacts.last_seen[contact], touches.day[row])
    return pl.DataFrame({"interaction": row, "contact": contact})


def topics(book: Book, episodes: Episodes, pipeline: Pipeline, touches: Touches, week: int,
           rng: np.random.Generator) -> pl.DataFrame:  # fmt: skip
    """What recorded conversations were about: interaction, kind, topic, product, mentions.

    At most one topic of a kind per interaction, so the key is unique. A product that an account does not
    own comes up in the weeks before an expansion opens.
    """
    rows = np.flatnonzero(touches.is_meaningful & (touches.sentiment > -1000))
    account = touches.account[rows]
    trouble = episodes.in_trouble[account]
    ahead = pipeline.opens_in[account] - week
    interest = (ahead >= 0) & (ahead <= TALK_AHEAD_WEEKS) & (pipeline.expansion[account] < 0)
    renewing = book.stage[account] == words.RENEWAL
    chance = np.stack([
        np.where(interest, 0.85, 0.42), np.where(trouble, 0.22, 0.03), np.where(trouble, 0.6, 0.04),
        np.where(renewing, 0.65, 0.05), np.full(len(rows), 0.28),
    ])  # fmt: skip
    chosen = rng.random(chance.shape, dtype=np.float32) < chance
    mentions = 1 + rng.poisson(1.2, chance.shape)
    owned = (book.products[account, None] & BITS) > 0
    pick = np.argmax(owned * rng.random(owned.shape, dtype=np.float32), axis=1)
    product = np.where(interest & ~owned.all(axis=1), pipeline.wanted_product(account), pick)
    frames = []
    names = (None, words.COMPETITORS, words.RISK_TOPICS, words.RENEWAL_TOPICS, words.OTHER_TOPICS)
    for kind, labels in enumerate(names):
        here = np.flatnonzero(chosen[kind])
        if labels is None:
            topic = pl.Series(words.PRODUCTS).gather(product[here])
            about = topic
        else:
            topic = pl.Series(labels).gather(rng.integers(0, len(labels), len(here)))
            about = pl.Series([None], dtype=pl.String).new_from_index(0, len(here))
        if labels is words.COMPETITORS:
            # who speaks of a competitor again and again is looking at its tool
            is_evaluating = pl.Series(mentions[kind][here] >= EVALUATING_MENTIONS)
            topic = pl.select(pl.when(is_evaluating).then("Evaluating " + topic).otherwise(topic)).to_series()
        frames.append(pl.DataFrame({
            "interaction": rows[here], "kind": np.full(len(here), kind, dtype=np.int8),
            "topic": topic, "product": about, "mentions": mentions[kind][here],
        }))  # fmt: skip
    return pl.concat(frames).sort("interaction", "kind")


def action_items(settings: Settings, book: Book, touches: Touches, rng: np.random.Generator) -> pl.DataFrame:
    """Agreed follow-ups: interaction, created (second), due (day), completed (second; -1: not yet)."""
    rows = np.flatnonzero(touches.is_meaningful)
    account = touches.account[rows]
    rate = book.follow_up_base[account] * FOLLOW_UP_SEGMENT[book.segment[account]]
    row = np.repeat(rows, np.minimum(rng.poisson(rate), 9))
    count = len(row)
    created = touches.second[row] + touches.minutes[row] * 60 + rng.integers(0, 12, count) * 300
    due = touches.day[row] + rng.choice((3, 7, 7, 14, 21), count)
    lag = np.round(rng.gamma(2.0, 3.5, count) * 86400).astype(np.int64) + 3600
    completed = np.where(rng.random(count) < 0.88, created + lag, -1)
    completed[completed >= settings.end_day * 86400] = -1
    return pl.DataFrame({"interaction": row, "created": created, "due": due.astype(np.int32), "completed": completed})


_OPENINGS = {
    "en": ("Thanks for making the time today.", "Good to see everyone again.", "Let us start with last week."),
    "de": ("Danke, dass Sie sich die Zeit nehmen.", "Schön, Sie wiederzusehen."),
    "fr": ("Merci d'avoir pris ce moment.", "Ravi de vous retrouver."),
    "es": ("Gracias por su tiempo hoy.", "Me alegra verles de nuevo."),
}
_CSM_LINES = {
    "en": ("I will send the summary and two next steps by Thursday.", "How is the rollout going on your side?",
           "Which of these matters most before the end of the quarter?",
           "I can bring our product team to the next call."),
    "de": ("Ich schicke die Zusammenfassung bis Donnerstag.", "Wie läuft die Einführung bei Ihnen?"),
    "fr": ("J'envoie le résumé d'ici jeudi.", "Comment avance le déploiement chez vous ?"),
    "es": ("Les envío el resumen antes del jueves.", "¿Cómo va el despliegue por su parte?"),
}  # fmt: skip
_GOOD_LINES = {
    "en": ("The team uses it every morning now.", "The new report saved us most of a day.",
           "We would like to add the second site."),
    "de": ("Das Team nutzt es jetzt jeden Morgen.", "Der neue Bericht spart uns fast einen Tag."),
    "fr": ("L'équipe l'utilise tous les matins.", "Le nouveau rapport nous fait gagner une journée."),
    "es": ("El equipo lo usa todas las mañanas.", "El nuevo informe nos ahorra casi un día."),
}  # fmt: skip
_BAD_LINES = {
    "en": ("We still wait for an answer on the outage.", "Half of the seats have not logged in this month.",
           "My finance colleagues ask why we pay for this.", "We were shown another tool last week."),
    "de": ("Wir warten noch auf eine Antwort zum Ausfall.", "Die Hälfte der Plätze ist ungenutzt."),
    "fr": ("Nous attendons toujours une réponse sur la panne.", "La moitié des licences ne sert pas."),
    "es": ("Seguimos esperando respuesta sobre la caída.", "La mitad de las licencias no se usa."),
}  # fmt: skip


def transcripts(book: Book, touches: Touches, attendance: pl.DataFrame, share: float,
                rng: np.random.Generator) -> pl.DataFrame:  # fmt: skip
    """A small sample of short talks: interaction, turn, contact (or null), csm (or null), language, text."""
    recorded = np.flatnonzero(touches.sentiment > -1000)
    sample = recorded[rng.random(len(recorded)) < share]
    rows, place = np.unique(attendance["interaction"].to_numpy(), return_index=True)
    at = np.searchsorted(rows, sample)
    at[at == len(rows)] = 0
    there = rows[at] == sample if len(rows) else np.zeros(len(sample), dtype=bool)
    sample, first = sample[there], place[at[there]]
    speakers = attendance["contact"].to_numpy()[first]
    lines: list[tuple[int, int, int | None, int | None, str, str]] = []
    for row, contact in zip(sample.tolist(), speakers.tolist(), strict=True):
        language = words.LANGUAGES[book.language[touches.account[row]]]
        language = language if language in _OPENINGS else "en"
        csm = int(touches.csm[row])
        mood = _GOOD_LINES if touches.sentiment[row] > -10 else _BAD_LINES
        said = [_OPENINGS[language][int(rng.integers(len(_OPENINGS[language])))]]
        replies = rng.permutation(len(mood[language]))[:2]
        answers = rng.permutation(len(_CSM_LINES[language]))[:2]
        for reply, answer in zip(replies, answers, strict=True):
            said += [mood[language][int(reply)], _CSM_LINES[language][int(answer)]]
        for turn, text in enumerate(said):
            mine = turn % 2 == 0
            lines.append((row, turn + 1, None if mine else contact, csm if mine else None, language, text))
    return pl.DataFrame(
        lines, orient="row",
        schema={"interaction": pl.Int64, "turn": pl.Int64, "contact": pl.Int64, "csm": pl.Int64,
                "language": pl.String, "text": pl.String},
    )  # fmt: skip


def is_scored(touches: Touches) -> npt.NDArray[np.bool_]:
    """Completed interactions with a sentiment score."""
    return (touches.status == words.COMPLETED) & (touches.sentiment > -1000)
