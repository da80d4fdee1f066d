"""Files as vendors and their loaders name them: whose a folder of them is, when it is no raw data yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from book_of_business.receiving.raw_columns import fold, shortened, singular

SHOWN_FILES = 12
# Names that loaders put before or after a table's own.
LOADERS = ("airbyte", "raw", "fivetran", "dlt", "stg", "src", "export", "data")
PREFIX, COLUMN, OWN_NAME, SHARED_NAME = 12, 3, 2, 1


@dataclass(frozen=True)
class Vendor:
    """A system that CSMs work with: names of its tables (folded, in the singular), columns that only it has.

    `gives` says what the required tables, or others, are commonly made from.
    """

    name: str
    prefixes: tuple[str, ...]
    tables: frozenset[str]
    columns: frozenset[str]
    gives: str
    column_prefixes: tuple[str, ...] = ()


def words(text: str) -> frozenset[str]:
    """Names with blanks between."""
    return frozenset(text.split())


VENDORS = (
    Vendor(
        "Salesforce",
        ("salesforce", "sfdc", "sf"),
        words(
            "account accounthistory accountteammember asset campaign campaignmember case casehistory contact contract"
            " event eventrelation lead opportunity opportunitycontactrole opportunityfieldhistory opportunityhistory"
            " opportunitylineitem order orderitem pricebook2 pricebookentry product2 recordtype task taskrelation user"
            " userrole"
        ),
        words(
            "systemmodstamp createdbyid lastmodifiedbyid masterrecordid whoid whatid userroleid stagename ownerid"
            " accountownerid tasksubtype durationinminutes forecastcategory profileid contractterm iswon isescalated"
            " accountid18 opportunityowner accountowner"
        ),
        "csms from User; accounts from Account; account_assignments from AccountHistory or AccountTeamMember;"
        " subscriptions from Contract, OrderItem or Asset; interactions from Event and Task",
    ),
    Vendor(
        "HubSpot",
        ("hubspot", "hs"),
        words(
            "call company companycontact companydeal companypropertyhistory contact deal dealcompany dealcontact"
            " dealpipeline dealpipelinestage dealpropertyhistory dealstage email engagement engagementcall"
            " engagementcompany engagementcontact engagementemail engagementmeeting engagementnote engagementtask"
            " feedbacksubmission lineitem meeting note owner ownerteam pipeline task ticket"
        ),
        words(
            "hsobjectid hubspotownerid lifecyclestage dealstage dealname portalid companyowner dealowner"
            " associatedcompany associatedcompanyids associatedcontactids hstimestamp dealpipelineid"
        ),
        "csms from owners; accounts from companies; account_assignments from the history of the owner property;"
        " subscriptions from won deals and line items; interactions from meetings and calls",
        ("hs_", "property_", "properties_", "hubspot_"),
    ),
    Vendor(
        "Zendesk",
        ("zendesk", "zd"),
        words(
            "brand group groupmembership organization satisfactionrating slapolicy tag ticket ticketaudit ticketcomment"
            " ticketevent ticketfield ticketfieldhistory ticketform ticketmetric ticketmetricevent tickettag user"
        ),
        words(
            "requesterid submitterid assigneeid organizationid brandid ticketformid domainnames groupid defaultgroupid"
            " ticketrestriction onlyprivatecomments sharedtickets"
        ),
        "tickets from its tickets; the five required ones come from another system, such as your CRM",
    ),
    Vendor(
        "Gong",
        ("gong",),
        words(
            "answeredscorecard call callcontentactionitem callcontextintegration callinteraction callparty calltopic"
            " calltracker calltranscript extensivecall scorecard tracker trackerlanguage transcript user workspace"
        ),
        words(
            "callid primaryuserid meetingurl workspaceid speakerid answeredscorecardid sdrdisposition"
            " calendareventid clientuniqueid telephonycallsimported webconferencesrecorded gongconnectenabled"
        ),
        "interactions, topics, action items and transcripts from its calls; csms, accounts, account_assignments and"
        " subscriptions come from your CRM",
    ),
    Vendor(
        "Gainsight",
        ("gainsight", "gs"),
        words(
            "accountscorecardhistory activityattendee activitycomment activitytimeline calltoaction company"
            " companyperson csatsurveyresponse cscta cta customerhealthscorecardfact1 cstask gsuser npssurveyresponse"
            " person relationship successplan"
        ),
        words("gsid gscompanyid csatscore internalattendees externalattendees currentscore companypersonid"),
        "accounts and subscriptions from company as a stopgap; interactions from activity_timeline; risk_flags from"
        " call_to_action; csms and account_assignments come from your CRM",
    ),
    Vendor(
        "Pendo",
        ("pendo",),
        words(
            "accounthistory application applicationhistory event feature featureevent featurehistory guide guideevent"
            " guidehistory page pageevent pagehistory poll pollevent trackevent tracktype visitor visitoraccount"
            " visitorhistory"
        ),
        words("visitorid numevents numminutes appid remoteip"),
        "product_usage from its events; the five required ones come from another system, such as your CRM",
    ),
)


@dataclass
class Evidence:
    """What speaks for a vendor: files that look like its own, and how surely."""

    vendor: Vendor
    files: list[str] = field(default_factory=list)
    weight: int = 0
    is_sure: bool = False


def vendors_of(files: dict[str, Sequence[str]]) -> list[Evidence]:
    """Whose files these are, by their names and columns: each counts for one vendor; who is unlikely is left out.

    Args:
        files: {name, with its folder where it lies in one: column names, as far as they are known}.
    """
    votes = {name: evidence_of(name, header) for name, header in files.items()}
    totals: dict[str, int] = {}
    for weights in votes.values():
        for vendor, weight in weights.items():
            totals[vendor] = totals.get(vendor, 0) + weight
    found: dict[str, Evidence] = {}
    for name, weights in sorted(votes.items()):
        if not weights:
            continue
        best = max(weights, key=lambda vendor: (weights[vendor] >= COLUMN, weights[vendor], totals[vendor]))
        strongest = max(weights.values())
        if strongest <= OWN_NAME:
            # a name alone: whoever has most of the others
            best = max(weights, key=lambda vendor: (totals[vendor], weights[vendor]))
        evidence = found.setdefault(best, Evidence(next(known for known in VENDORS if known.name == best)))
        evidence.files.append(name)
        evidence.weight += weights[best]
        evidence.is_sure |= weights[best] > OWN_NAME
    # names alone have to be more than a `note` and a `ticket`, which anybody has
    likely = [evidence for evidence in found.values() if evidence.is_sure or evidence.weight >= 2 * OWN_NAME]
    return sorted(likely, key=lambda evidence: -evidence.weight)


def evidence_of(name: str, header: Sequence[str]) -> dict[str, int]:
    """{vendor: weight} of what one file's name and columns say."""
    folder, _, file = name.rpartition("/")
    parts = [fold(part) for part in re.split(r"[\W_]+", file.rpartition(".")[0] or file)]
    parts = [part for part in parts if part and part not in LOADERS]
    own_columns = {fold(column) for column in header}
    weights = {}
    for vendor in VENDORS:
        is_prefixed = fold(folder) in vendor.prefixes or (len(parts) > 1 and parts[0] in vendor.prefixes)
        rest = parts[1:] if parts and parts[0] in vendor.prefixes and len(parts) > 1 else parts
        table = singular("".join(singular(part) for part in rest))
        is_known = table in vendor.tables or table.removeprefix("sf") in vendor.tables
        weight = PREFIX if is_prefixed and (is_known or len(vendor.prefixes[0]) > 2) else 0
        hits = len(own_columns & vendor.columns)
        hits += sum(1 for column in header if column.strip().lower().startswith(vendor.column_prefixes or ("\0",)))
        weight += COLUMN * min(hits, 3)
        if is_known:
            others = [other for other in VENDORS if other is not vendor and table in other.tables]
            weight += SHARED_NAME if others else OWN_NAME
        if weight:
            weights[vendor.name] = weight
    return weights


def vendor_problems(found: Iterable[Evidence]) -> list[str]:
    """What to tell of vendors' files: whose they are, and what is commonly made from them."""
    told = []
    for evidence in found:
        files = shortened(evidence.files, SHOWN_FILES)
        looks = "looks" if len(evidence.files) == 1 else "look"
        told.append(
            f"{files} {looks} like {evidence.vendor.name}'s own: the raw contract's tables have to be made from such"
            f" files ({evidence.vendor.gives})"
        )
    return told
