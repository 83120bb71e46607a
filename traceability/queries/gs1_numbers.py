"""GS1 numbers of a household: its prefixes and those it may use, its products and places with and without a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from sellers import queries as sellers
from traceability.models.custody import Chain, Lot
from traceability.models.names import Alias, Gs1Loan, Gs1Prefix, ProductNumber
from traceability.rules.gs1 import CANONICAL
from traceability.rules.identifiers import make_slug

_MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class PrefixView:
    """A company prefix; ``owner`` is set when it is another's and lent."""

    id: int
    household_id: int
    prefix: str
    paper_no: str
    state: str
    reason: str
    claimed_at: datetime
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class LoanView:
    """That somebody else may use a prefix."""

    id: int
    prefix: str
    household_id: int
    household_code: str
    household_name: str
    lent_at: datetime


@dataclass(frozen=True, slots=True)
class ProductView:
    """What a household makes, in one unit: with its GTIN when it has one, and how many lots of it there are."""

    produce: str
    slug: str
    unit: str
    gtin: str | None
    lots: int

    @property
    def key(self) -> str:
        """What stands for it in a form."""
        return f"{self.slug}.{self.unit}"


@dataclass(frozen=True, slots=True)
class NumberedPlace:
    """A site of a household, or the household itself (``site_id`` None), with its GLN when it has one."""

    site_id: int | None
    name: str
    gln: str | None


def list_own_prefixes(session: Session, household_id: int) -> Sequence[PrefixView]:
    """Return every prefix that a household has claimed, the newest first."""
    rows = session.execute(
        select(Gs1Prefix).where(Gs1Prefix.household_id == household_id).order_by(Gs1Prefix.id.desc())
    ).scalars()
    return [_view(row) for row in rows]


def list_usable_prefixes(session: Session, household_id: int) -> Sequence[PrefixView]:
    """Return the confirmed prefixes under which a household may number: its own first, then those lent to it."""
    own = [one for one in list_own_prefixes(session, household_id) if one.state == "confirmed"]
    rows = session.execute(
        select(Gs1Prefix)
        .join(Gs1Loan, Gs1Loan.prefix_id == Gs1Prefix.id)
        .where(Gs1Loan.household_id == household_id, Gs1Loan.ended_at.is_(None), Gs1Prefix.state == "confirmed")
        .order_by(Gs1Loan.id)
    ).scalars()
    lent = list(rows)
    owners = {
        card.id: card.shown_name
        for card in sellers.list_household_cards(session, sorted({row.household_id for row in lent}))
    }
    return [*own, *(_view(row, owners.get(row.household_id)) for row in lent)]


def list_confirmed_digits(session: Session) -> Sequence[str]:
    """Return every company prefix whose papers an officer has confirmed."""
    return session.scalars(select(Gs1Prefix.prefix).where(Gs1Prefix.state == "confirmed")).all()


def list_claimed_prefixes(session: Session, commune_id: int) -> Sequence[PrefixView]:
    """Return the claims of a commune's households on which an officer has not decided, the oldest first."""
    households = {one.id: one.shown_name for one in sellers.list_commune_households(session, commune_id)}
    rows = session.execute(
        select(Gs1Prefix)
        .where(Gs1Prefix.state == "claimed", Gs1Prefix.household_id.in_(households))
        .order_by(Gs1Prefix.id)
        .limit(_MAX_LISTED)
    ).scalars()
    return [_view(row, households[row.household_id]) for row in rows]


def get_claim(session: Session, prefix_id: int, *, commune_id: int) -> PrefixView:
    """Return a prefix, claimed or decided, of a household of that commune. Raises ``NotFound``."""
    row = session.get(Gs1Prefix, prefix_id)
    if row is None or sellers.get_household(session, row.household_id).commune_id != commune_id:
        raise NotFound
    return _view(row)


def list_loans(session: Session, household_id: int) -> Sequence[LoanView]:
    """Return to whom a household lends its prefixes now."""
    rows = session.execute(
        select(Gs1Loan, Gs1Prefix.prefix)
        .join(Gs1Prefix, Gs1Prefix.id == Gs1Loan.prefix_id)
        .where(Gs1Prefix.household_id == household_id, Gs1Loan.ended_at.is_(None))
        .order_by(Gs1Loan.id)
    ).all()
    cards = {card.id: card for card in sellers.list_household_cards(session, [loan.household_id for loan, _ in rows])}
    return [
        LoanView(
            loan.id,
            prefix,
            loan.household_id,
            cards[loan.household_id].code,
            cards[loan.household_id].shown_name,
            loan.lent_at,
        )
        for loan, prefix in rows
    ]


def list_products(session: Session, household_id: int) -> Sequence[ProductView]:
    """Return what a household has made, by name and unit, the most frequent first."""
    numbers = {
        (row.class_slug, row.unit): row.gtin
        for row in session.execute(select(ProductNumber).where(ProductNumber.household_id == household_id)).scalars()
    }
    rows = session.execute(
        select(Lot.produce, Lot.unit, func.count())
        .where(Lot.household_id == household_id)
        .group_by(Lot.produce, Lot.unit)
        .order_by(func.count().desc(), Lot.produce)
        .limit(_MAX_LISTED)
    )
    found: dict[tuple[str, str], ProductView] = {}
    for produce, unit, lots in rows:
        key = (make_slug(produce), unit)
        first = found.get(key)
        found[key] = ProductView(
            first.produce if first else produce,
            key[0],
            unit,
            numbers.get(key),
            lots + (first.lots if first else 0),
        )
    return list(found.values())


def list_places(session: Session, household_id: int) -> Sequence[NumberedPlace]:
    """Return a household and its sites, each with its GLN."""
    rows = session.execute(
        select(Alias.site_id, Alias.alias).where(Alias.household_id == household_id, Alias.kind.in_(("party", "place")))
    )
    glns = {site_id: alias.removeprefix(f"{CANONICAL}/")[len("414/") :] for site_id, alias in rows}
    household = sellers.get_household(session, household_id)
    return [
        NumberedPlace(None, household.shown_name, glns.get(None)),
        *(NumberedPlace(site.id, site.name, glns.get(site.id)) for site in sellers.list_sites(session, household_id)),
    ]


def list_gtins(session: Session, prefix_id: int) -> Sequence[str]:
    """Return every GTIN that was given under a prefix."""
    return list(session.scalars(select(ProductNumber.gtin).where(ProductNumber.prefix_id == prefix_id)))


def list_glns(session: Session, prefix: str) -> Sequence[str]:
    """Return every GLN that was given under a prefix."""
    bases = [f"{CANONICAL}/{key}/" for key in ("414", "417")]
    return [
        alias[len(bases[0]) :]
        for base in bases
        for alias in session.scalars(select(Alias.alias).where(Alias.alias.startswith(f"{base}{prefix}")))
    ]


def find_gtin(session: Session, household_id: int, produce: str, unit: str) -> str | None:
    """Return the GTIN of what a household makes under this name in this unit, or None."""
    return session.scalar(
        select(ProductNumber.gtin).where(
            ProductNumber.household_id == household_id,
            ProductNumber.class_slug == make_slug(produce),
            ProductNumber.unit == unit,
        )
    )


def find_lot_gtin(session: Session, lot_id: int) -> str | None:
    """Return the GTIN of a lot, whether it was made under it or got it later; None when it has none."""
    later = select(Alias.alias).where(Alias.lot_id == lot_id).scalar_subquery()
    row = session.execute(select(Lot.gtin, later).where(Lot.id == lot_id)).one_or_none()
    if row is None:
        return None
    own, alias = row
    if own is not None:
        return str(own)
    return alias.removeprefix(f"{CANONICAL}/01/").partition("/")[0] if alias else None


def find_party_ulid(session: Session, household_id: int) -> str | None:
    """Return the random name of a household in sealed records, or None before its first record."""
    return session.scalar(select(Chain.party).where(Chain.household_id == household_id))


def _view(row: Gs1Prefix, owner: str | None = None) -> PrefixView:
    return PrefixView(
        row.id, row.household_id, row.prefix, row.paper_no, row.state, row.reason, row.claimed_at, owner
    )  # fmt: skip
