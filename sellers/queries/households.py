"""Households: what the public may see, and what only they and their commune may."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, Select, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from marketplace.core.errors import NotFound
from sellers.models import Certificate, Commune, Household, IdentityCheck, PayoutAccount, Province, Site
from sellers.rules import (
    BANKS,
    HOUSEHOLD_KINDS,
    HOUSEHOLD_LABELS,
    IDENTITY_METHODS,
    PRODUCTIONS,
    SITE_KINDS,
    HouseholdState,
    certificate_code,
    certificate_label,
    is_in_date,
)


@dataclass(frozen=True, slots=True)
class HouseholdCard:
    """What everybody may see of a household in a list."""

    id: int
    code: str
    shown_name: str
    kind: str
    commune_id: int
    commune_code: str
    commune_name: str
    hamlet: str
    photo_sha256: str | None

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return HOUSEHOLD_KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household with its private facts: for itself, its commune and the operator."""

    id: int
    code: str
    shown_name: str
    kind: str
    representative: str
    phone: str
    commune_id: int
    commune_code: str
    commune_name: str
    province_name: str
    hamlet: str
    address_line: str
    pickup_note: str
    story: str
    photo_sha256: str | None
    tax_code: str | None
    state: str
    created_at: datetime
    is_erased: bool = False

    @property
    def label(self) -> str:
        """The state in words."""
        return HOUSEHOLD_LABELS[HouseholdState(self.state)]

    @property
    def is_verified(self) -> bool:
        """Whether it may sell."""
        return self.state == HouseholdState.VERIFIED

    @property
    def is_shown(self) -> bool:
        """Whether it has a page that everybody may read."""
        return self.state in {HouseholdState.VERIFIED, HouseholdState.SUSPENDED}


@dataclass(frozen=True, slots=True)
class SiteView:
    """A place where a household grows, keeps or makes something."""

    id: int
    household_id: int
    parent_id: int | None
    ulid: str
    kind: str
    name: str
    area_m2: int | None
    capacity_heads: int | None
    planting_area_code: str | None

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return SITE_KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate; ``code`` is what search filters by and ``label`` what the badge says."""

    id: int
    household_id: int
    kind: str
    code: str
    label: str
    number: str
    issuer: str
    scope: str
    stars: int | None
    issued_on: date
    expires_on: date | None
    photo_sha256: str | None
    state: str
    reason: str
    #: When the commune's officer saw the paper.
    verified_at: datetime | None
    produces: tuple[str, ...]
    productions: tuple[str, ...]
    #: The places that it is for, and those with the pens in its barns.
    sites: tuple[int, ...]
    site_ids: tuple[int, ...]
    site_names: tuple[str, ...]

    @property
    def has_scope(self) -> bool:
        """Whether it says what it is for. One that does not shows on nothing."""
        return bool(self.produces or self.productions)

    @property
    def scope_text(self) -> str:
        """What it is for, in words: ``Rau muống, Rau cải (Ruộng Đồng Cao)``."""
        goods = (*self.produces, *(f"mọi hàng {PRODUCTIONS.get(one, one)}" for one in self.productions))
        places = f" ({', '.join(self.site_names)})" if self.site_names else ""
        return f"{', '.join(goods)}{places}" if goods else ""


@dataclass(frozen=True, slots=True)
class PickupAddress:
    """Where the post collects a household's parcels."""

    name: str
    phone: str
    line: str
    hamlet: str
    commune_id: int
    commune_name: str
    province_name: str
    note: str


@dataclass(frozen=True, slots=True)
class SellerDisclosure:
    """Who sells, as Law 19/2023/QH15 (article 37) wants it shown before a distance sale."""

    household_id: int
    shown_name: str
    name: str
    address: str
    phone: str
    tax_code: str
    commune_name: str


@dataclass(frozen=True, slots=True)
class IdentityCheckView:
    """One check of who a household is; of a card's number only the last four digits are known."""

    method: str
    last4: str
    is_accepted: bool
    reason: str
    checked_at: datetime

    @property
    def method_label(self) -> str:
        """The way of checking in words."""
        return IDENTITY_METHODS.get(self.method, self.method)


@dataclass(frozen=True, slots=True)
class PayoutView:
    """Where a household's money goes; the account number is masked."""

    bank_bin: str
    masked_number: str
    holder: str
    set_at: datetime

    @property
    def bank(self) -> str:
        """The bank's name."""
        return name_bank(self.bank_bin)


def name_bank(bank_bin: str) -> str:
    """Return a bank's name by its issuer number; the number where the bank is not known."""
    return BANKS.get(bank_bin, bank_bin)


def _households() -> Select[Household, str, str, str]:
    return (
        select(Household, Commune.code, Commune.full_name, Province.name)
        .join(Commune, Commune.id == Household.commune_id)
        .join(Province, Province.code == Commune.province_code)
    )


def _view(household: Household, commune_code: str, commune_name: str, province_name: str) -> HouseholdView:
    return HouseholdView(
        id=household.id, code=household.code, shown_name=household.shown_name, kind=household.kind,
        representative=household.representative, phone=household.phone, commune_id=household.commune_id,
        commune_code=commune_code, commune_name=commune_name, province_name=province_name,
        hamlet=household.hamlet, address_line=household.address_line, pickup_note=household.pickup_note,
        story=household.story, photo_sha256=household.photo_sha256, tax_code=household.tax_code,
        state=household.state, created_at=household.created_at, is_erased=household.erased_at is not None,
    )  # fmt: skip


@cache
def _household() -> Select[Household, str, str, str]:
    return _households().where(Household.id == bindparam("household_id"))


def get_household(session: Session, household_id: int) -> HouseholdView:
    """Return a household with its private facts. Raises ``NotFound``."""
    row = session.execute(_household(), {"household_id": household_id}).one_or_none()
    if row is None:
        raise NotFound
    return _view(*row)


def get_household_with_site(session: Session, household_id: int, site_id: int) -> tuple[HouseholdView, SiteView]:
    """Return a household and one of its places. One statement. Raises ``NotFound``."""
    row = session.execute(_household_with_site(), {"household_id": household_id, "site_id": site_id}).one_or_none()
    if row is None:
        raise NotFound
    return _view(*row[:4]), SiteView(*row[4:])


@cache
def _household_with_site() -> Select[*tuple[Any, ...]]:
    return (
        _households()
        .add_columns(*_sites().selected_columns)
        .join(Site, Site.household_id == Household.id)
        .where(Household.id == bindparam("household_id"), Site.id == bindparam("site_id"))
    )


def get_household_by_code(session: Session, code: str) -> HouseholdView:
    """Return a household by its code. Raises ``NotFound``."""
    row = session.execute(_households().where(Household.code == code.strip().upper())).one_or_none()
    if row is None:
        message = "Không tìm thấy hộ này."
        raise NotFound("household_unknown", message)
    return _view(*row)


def list_commune_households(session: Session, commune_id: int) -> Sequence[HouseholdView]:
    """Return the households of a commune, those that wait for a check first."""
    rows = session.execute(
        _households()
        .where(Household.commune_id == commune_id)
        .order_by(Household.state != "identity_pending", Household.id)
    )
    return [_view(*row) for row in rows]


def list_household_cards(session: Session, household_ids: Collection[int]) -> Sequence[HouseholdCard]:
    """Return public cards of households. One statement."""
    if not household_ids:
        return []
    return [HouseholdCard(*row) for row in session.execute(_cards(), {"ids": list(household_ids)})]


@cache
def _cards() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_household_cards``. Every shelf runs it, so it is built once."""
    return (
        select(
            Household.id, Household.code, Household.shown_name, Household.kind, Household.commune_id,
            Commune.code, Commune.full_name, Household.hamlet, Household.photo_sha256,
        )
        .join(Commune, Commune.id == Household.commune_id)
        .where(Household.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    )  # fmt: skip


def list_sites(session: Session, household_id: int) -> Sequence[SiteView]:
    """Return a household's places, each barn before its pens."""
    rows = session.execute(
        _sites()
        .where(Site.household_id == household_id, Site.is_active)
        .order_by(Site.kind != "field", Site.kind != "orchard", Site.id)
    )
    sites = [SiteView(*row) for row in rows]
    tops = [site for site in sites if site.parent_id is None]
    return [site for top in tops for site in (top, *(pen for pen in sites if pen.parent_id == top.id))]


def get_site(session: Session, site_id: int) -> SiteView:
    """Return a place. Raises ``NotFound``; the caller compares the household."""
    row = session.execute(_site(), {"site_id": site_id}).one_or_none()
    if row is None:
        raise NotFound
    return SiteView(*row)


@cache
def _site() -> Select[int, int, int | None, str, str, str, int | None, int | None, str | None]:
    return _sites().where(Site.id == bindparam("site_id"))


def _sites() -> Select[int, int, int | None, str, str, str, int | None, int | None, str | None]:
    return select(
        Site.id, Site.household_id, Site.parent_id, Site.ulid, Site.kind, Site.name, Site.area_m2,
        Site.capacity_heads, Site.planting_area_code,
    )  # fmt: skip


def _certificate(row: Row[Any]) -> CertificateView:
    return CertificateView(
        id=row.id, household_id=row.household_id, kind=row.kind, code=certificate_code(row.kind, row.stars),
        label=certificate_label(row.kind, row.stars), number=row.number, issuer=row.issuer, scope=row.scope,
        stars=row.stars, issued_on=row.issued_on, expires_on=row.expires_on, photo_sha256=row.photo_sha256,
        state=row.state, reason=row.reason, verified_at=row.verified_at, produces=tuple(row.produces),
        productions=tuple(row.productions), sites=tuple(row.sites), site_ids=tuple(row.site_ids or ()),
        site_names=tuple(row.site_names or ()),
    )  # fmt: skip


@cache
def _certificates() -> Select[*tuple[Any, ...]]:
    """Return the statement that reads certificates with the places that they are for, built once."""
    is_named = Site.id == any_(Certificate.sites)
    own = Site.household_id == Certificate.household_id
    ids = (
        select(func.array_agg(Site.id))
        .where(own, or_(is_named, Site.parent_id == any_(Certificate.sites)))
        .correlate(Certificate)
        .scalar_subquery()
    )
    names = (
        select(func.array_agg(aggregate_order_by(Site.name, Site.id)))
        .where(own, is_named)
        .correlate(Certificate)
        .scalar_subquery()
    )
    return select(
        Certificate.id, Certificate.household_id, Certificate.kind, Certificate.stars, Certificate.number,
        Certificate.issuer, Certificate.scope, Certificate.issued_on, Certificate.expires_on,
        Certificate.photo_sha256, Certificate.state, Certificate.reason, Certificate.verified_at,
        Certificate.produces, Certificate.productions, Certificate.sites, ids.label("site_ids"),
        names.label("site_names"),
    )  # fmt: skip


def get_certificate(session: Session, certificate_id: int) -> CertificateView:
    """Return a certificate. Raises ``NotFound``; the caller compares the household."""
    row = session.execute(_certificates().where(Certificate.id == certificate_id)).one_or_none()
    if row is None:
        raise NotFound
    return _certificate(row)


def list_certificates(session: Session, household_id: int) -> Sequence[CertificateView]:
    """Return everything that a household has handed in."""
    rows = session.execute(
        _certificates().where(Certificate.household_id == household_id).order_by(Certificate.id.desc())
    )
    return [_certificate(row) for row in rows]


def list_verified_certificates(session: Session, household_ids: Collection[int]) -> Sequence[CertificateView]:
    """Return certificates that an officer has seen, also those that ran out. One statement.

    Which goods they cover, and on which day, is for ``sellers.rules.list_covering`` to say.
    """
    if not household_ids:
        return []
    return [_certificate(row) for row in session.execute(_verified_certificates(), {"ids": list(household_ids)})]


@cache
def _verified_certificates() -> Select[*tuple[Any, ...]]:
    """Return the statement of ``list_verified_certificates``. Every shelf runs it, so it is built once."""
    return (
        _certificates()
        .where(
            Certificate.household_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
            Certificate.state == "verified",
        )
        .order_by(Certificate.kind, Certificate.id)
    )


def list_valid_certificates(session: Session, household_ids: Collection[int], on: date) -> Sequence[CertificateView]:
    """Return what a household may show of its certificates on a day: seen by an officer, in date, with a scope."""
    known = list_verified_certificates(session, household_ids)
    return [one for one in known if one.has_scope and is_in_date(one, on)]


def pick_badges(certificates: Iterable[CertificateView]) -> list[CertificateView]:
    """Return one certificate of each kind, in their order: the one with the most stars, else the first."""
    best: dict[str, CertificateView] = {}
    for one in certificates:
        known = best.get(one.kind)
        if known is None or (one.stars or 0) > (known.stars or 0):
            best[one.kind] = one
    return list(best.values())


def list_commune_certificates(session: Session, commune_id: int) -> Sequence[tuple[CertificateView, str]]:
    """Return certificates that wait for the commune's officer, each with its household's name."""
    rows = session.execute(
        _certificates()
        .add_columns(Household.shown_name.label("household_name"))
        .join(Household, Household.id == Certificate.household_id)
        .where(Household.commune_id == commune_id, Certificate.state == "claimed")
        .order_by(Certificate.id)
    )
    return [(_certificate(row), row.household_name) for row in rows]


def pickup_address(session: Session, household_id: int) -> PickupAddress:
    """Return where the post collects. Raises ``NotFound``."""
    household = get_household(session, household_id)
    return PickupAddress(
        name=household.shown_name,
        phone=household.phone,
        line=household.address_line,
        hamlet=household.hamlet,
        commune_id=household.commune_id,
        commune_name=household.commune_name,
        province_name=household.province_name,
        note=household.pickup_note,
    )


def list_seller_disclosures(session: Session, household_ids: Collection[int]) -> dict[int, SellerDisclosure]:
    """Return who sells, by household. One statement."""
    rows = session.execute(_sellers(), {"ids": list(household_ids)})
    return {
        household.id: SellerDisclosure(
            household_id=household.id,
            shown_name=household.shown_name,
            name=household.representative,
            address=", ".join(
                part for part in (household.address_line, household.hamlet, commune_name, province_name) if part
            ),
            phone=household.phone,
            tax_code=household.tax_code or "",
            commune_name=commune_name,
        )
        for household, _, commune_name, province_name in rows
    }


@cache
def _sellers() -> Select[Household, str, str, str]:
    ids = any_(bindparam("ids", type_=ARRAY(BigInteger)))
    return _households().where(Household.id == ids).order_by(Household.id)


def list_identity_checks(session: Session, household_id: int) -> Sequence[IdentityCheckView]:
    """Return how officers checked who a household is, newest first."""
    rows = session.execute(
        select(
            IdentityCheck.method, IdentityCheck.last4, IdentityCheck.is_accepted, IdentityCheck.reason,
            IdentityCheck.checked_at,
        )
        .where(IdentityCheck.household_id == household_id)
        .order_by(IdentityCheck.id.desc())
    )  # fmt: skip
    return [IdentityCheckView(*row) for row in rows]


def find_payout_account(session: Session, household_id: int) -> PayoutView | None:
    """Return where a household's money goes now, masked; an account that waits for the commune does not count."""
    row = session.execute(
        select(PayoutAccount)
        .where(PayoutAccount.household_id == household_id, PayoutAccount.state == "used")
        .order_by(PayoutAccount.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if row is None:
        return None
    return PayoutView(row.bank_bin, f"••••{row.account_number[-4:]}", row.holder, row.set_at)
