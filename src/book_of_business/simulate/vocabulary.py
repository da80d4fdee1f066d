"""The words of the simulated world: segments, tiers, interaction types, stages, products.

These mirror the reference seeds (`seeds/reference/`): an id used here has a row there. The numbers
beside them (`REFERENCE_*`) are copies of the default reference weights and tiers; the simulator uses
them only to size books, so that a default book lands near its planned load.
"""

from typing import NamedTuple

SEGMENTS = ("enterprise", "mid_market", "smb")
ROLE_TIERS = ("enterprise_csm", "mid_market_csm", "pooled_csm")  # tier i looks after segment i

FACTOR_LEVELS: dict[str, tuple[str, ...]] = {
    "base": SEGMENTS,
    "lifecycle": ("onboarding", "adoption", "steady", "renewal", "at_risk"),
    "stakeholders": ("single", "multi", "complex"),
    "footprint": ("one", "few", "broad"),
    "custom_configuration": ("no", "yes"),
    "health_trajectory": ("declining", "stable", "improving"),
    "expansion": ("none", "identified", "active"),
    "sentiment": ("negative", "neutral", "positive"),
    "follow_up": ("light", "normal", "heavy"),
}
FACTORS = tuple(factor for factor in FACTOR_LEVELS if factor != "base")
LIFECYCLE_STAGES = FACTOR_LEVELS["lifecycle"]
ONBOARDING, ADOPTION, STEADY, RENEWAL, AT_RISK = range(5)

REFERENCE_WEIGHTS: dict[str, tuple[float, ...]] = {
    "base": (1.30, 0.42, 0.055),  # hours a week
    "lifecycle": (2.0, 1.2, 1.0, 1.4, 1.8),
    "stakeholders": (1.0, 1.15, 1.4),
    "footprint": (1.0, 1.15, 1.35),
    "custom_configuration": (1.0, 1.3),
    "health_trajectory": (1.25, 1.0, 0.95),
    "expansion": (1.0, 1.1, 1.25),
    "sentiment": (1.2, 1.0, 0.95),
    "follow_up": (0.95, 1.0, 1.2),
}
REFERENCE_CEILINGS = (12.0, 15.0, 20.0)  # counted interactions a week, per tier
PRODUCTIVE_HOURS = 23.0
RAMP_DAYS = 90
RAMP_START_RATIO = 0.25
ARR_BANDS_USD = ((2e6, 5e6), (2e6, 4e6), (3e6, 6e6))  # per book of one fte, by tier


class InteractionType(NamedTuple):
    """One interaction type: category, whether meaningful (if long enough) and counted toward the
    ceiling, its usual minutes.
    """

    name: str
    category: str
    is_meaningful: bool
    usual_minutes: int


INTERACTION_TYPES = (
    InteractionType("business_review", "strategic", True, 60),
    InteractionType("executive_sponsor_call", "strategic", True, 45),
    InteractionType("strategy_session", "strategic", True, 50),
    InteractionType("success_plan_review", "strategic", True, 40),
    InteractionType("renewal_call", "strategic", True, 35),
    InteractionType("check_in", "strategic", True, 30),
    InteractionType("kickoff", "onboarding", True, 60),
    InteractionType("onboarding_session", "onboarding", True, 50),
    InteractionType("training", "onboarding", True, 50),
    InteractionType("escalation_call", "escalation", True, 40),
    InteractionType("incident_review", "escalation", True, 45),
    InteractionType("internal_advocacy", "internal_advocacy", False, 30),
    InteractionType("internal_deal_desk", "internal_advocacy", False, 30),
    InteractionType("email_ping", "administrative", False, 6),
    InteractionType("status_update", "administrative", False, 10),
    InteractionType("admin", "administrative", False, 25),
)
TYPE_CODE = {item.name: code for code, item in enumerate(INTERACTION_TYPES)}
MEANINGFUL_MINUTES = 15  # shorter conversations are not meaningful
SHORTEST_LONG_MINUTES = 20  # a meaningful one lasts at least this, so that 15 or 20 both hold

STATUSES = ("completed", "cancelled", "no_show")
COMPLETED, CANCELLED, NO_SHOW = range(3)
CHANNELS = ("video", "phone", "in_person", "email", "chat")
SCORECARDS = ("MEDDIC", "BANT", "SPIN", "SPICED", "GAP", "Challenger", "Sandler", "custom")

PIPELINE_STAGES = ("qualification", "discovery", "proposal", "negotiation", "contract")
FIRST_ACTIVE_STAGE = 2  # proposal and later are 'active', earlier ones 'identified'

PRODUCTS = ("Atlas", "Beacon", "Conduit", "Ledger", "Pulse", "Relay")
COMPETITORS = ("Quillbase", "Tandemly", "Corvanta", "Quill Base", "corvanta.io")
RISK_TOPICS = ("budget_cut", "low_adoption", "champion_change", "executive_turnover", "slow_support")
RENEWAL_TOPICS = ("renewal_terms", "pricing", "multi_year")
OTHER_TOPICS = ("roadmap", "training_plan", "integrations", "security_review", "reporting")
SIGNALS = (
    "usage_decline",
    "negative_sentiment",
    "ticket_escalation",
    "stakeholder_disengagement",
    "delayed_renewal",
)
USAGE_DECLINE, NEGATIVE_SENTIMENT, TICKET_ESCALATION, DISENGAGEMENT, DELAYED_RENEWAL = (1 << bit for bit in range(5))
RISK_REASONS = ("usage falling", "tone of calls", "escalations", "champion silent", "renewal at risk")
CONTACT_ROLES = ("champion", "decision_maker", "influencer", "user")
PRIORITIES = ("low", "normal", "high", "urgent")
RENEWAL_OUTCOMES = ("renewed", "expanded", "contracted", "churned")
OPPORTUNITY_TYPES = ("new_logo", "expansion", "renewal")
INDUSTRIES = (
    "manufacturing", "retail", "healthcare", "financial_services", "logistics", "software",
    "energy", "education", "media", "public_sector",
)  # fmt: skip
REGIONS = ("amer", "emea", "apac")
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "ja")
REGION_LANGUAGES = (  # probability of each language by region
    (0.86, 0.0, 0.02, 0.08, 0.04, 0.0, 0.0),
    (0.46, 0.18, 0.14, 0.09, 0.04, 0.09, 0.0),
    (0.72, 0.0, 0.0, 0.0, 0.0, 0.0, 0.28),
)
ACTIVITIES = ("meeting", "preparation", "follow_up", "research", "coordination")
INTERNAL_ACTIVITIES = ("team_meeting", "enablement", "administration")
ABSENCE_REASONS = ("vacation", "sick", "training", "parental_leave")
