"""Gathers what the gate before sale looks at, and reads its last word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from sellers import queries as sellers
from sellers.rules import Goods
from traceability.models.custody import Lot, LotLink, Season
from traceability.models.gates import DeclaredStandard, IngredientNames, SaleGate
from traceability.queries.goods import list_goods
from traceability.queries.graph import walk
from traceability.queries.lots import LotView
from traceability.queries.records import RecordView
from traceability.queries.story import list_story, sum_on_sale
from traceability.queries.treatments import read_site_treatments
from traceability.rules import identifiers
from traceability.rules.claims import find_claims
from traceability.rules.ingredients import WORKING_LIST, IngredientList
from traceability.rules.lots import LotState
from traceability.rules.sale_gate import Dose, GateFacts, Result, Stage, Taking, judge
from traceability.rules.standards import tell_standard
from traceability.rules.templates import name_outcome

#: Records whose pictures show the produce itself.
_SHOWS_PRODUCE = frozenset({"harvest", "slaughter", "making", "packing", "details"})


@dataclass(frozen=True, slots=True)
class GateView:
    """The gate's last word on a lot."""

    lot_id: int
    household_id: int
    version: str
    is_open: bool
    missing: tuple[str, ...]
    claims: frozenset[str]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class StandardView:
    """A standard that a household declared for one kind of production."""

    template: str
    code: str
    number: str
    declared_at: datetime

    @property
    def text(self) -> str:
        """The standard in words."""
        return tell_standard(self.code, self.number)


def judge_lot(session: Session, lot: LotView, *, on: date, claims: Collection[str] = ()) -> Result:
    """Return what the gate says of a lot on a day, of goods whose names and descriptions claim these certificates."""
    return judge(gather_facts(session, lot, list_story(session, lot), on=on, claims=claims))


def gather_facts(
    session: Session, lot: LotView, story: Sequence[RecordView], *, on: date, claims: Collection[str] = ()
) -> GateFacts:
    """Return everything that the gate looks at. ``story`` is ``list_story`` of the lot."""
    household, site = sellers.get_household_with_site(session, lot.household_id, lot.site_id)
    papers = sellers.list_verified_certificates(session, [household.id])
    goods = list_goods(session, [lot.id])[lot.id]
    standing = [record for record in story if record.is_in_force]
    standard = list_standards(session, household.id).get(lot.template)
    known = tell_facts(lot, story, household, site, papers, goods, standard.text if standard else "", on=on)
    return replace(
        known,
        takings=tuple(list_takings(session, lot)),
        claims=frozenset(claims) | find_claims(lot.produce, lot.grade or "", known.brand),
        is_balanced=_is_balanced(session, lot, standing),
        stopped_supplies=_list_stopped_supplies(session, lot),
        ingredients=get_ingredients(session),
    )


def tell_facts(  # noqa: PLR0917 - what a lot's page has read already
    lot: LotView,
    story: Sequence[RecordView],
    household: sellers.HouseholdView,
    site: sellers.SiteView,
    papers: Sequence[sellers.CertificateView],
    goods: Sequence[Goods],
    standard: str,
    *,
    on: date,
) -> GateFacts:
    """Return what the ten items need, from what was read already: treatments, claims and balance are not in it."""
    standing = [record for record in story if record.is_in_force]
    where = household.hamlet or household.address_line
    commune = f"{household.commune_name}, {household.province_name}"
    return GateFacts(
        on=on,
        code=lot.code,
        trace_uri=identifiers.lot_uri(lot.produce, lot.code),
        product_uri=identifiers.class_uri(lot.produce),
        produce=lot.produce,
        template=lot.template,
        origin=lot.origin,
        state=lot.state,
        made_on=lot.made_on,
        best_before_on=lot.best_before_on,
        season_id=lot.season_id,
        photo_count=count_photos(lot, standing),
        producer=household.shown_name,
        producer_code=household.code,
        address=", ".join(part for part in (household.hamlet, commune) if part) if where else "",
        origin_place=f"{site.kind_label}, {commune}",
        is_producer_verified=household.is_verified,
        brand=find_brand(standing),
        gtin=lot.gtin or "",
        standards=(standard,) if standard else (),
        stages=tuple(_stage(record) for record in standing),
        papers=tuple(papers),
        goods=tuple(goods),
    )


def count_photos(lot: LotView, standing: Sequence[RecordView]) -> int:
    """Return how many pictures show the produce of a lot."""
    shown = {photo for record in standing if record.kind in _SHOWS_PRODUCE for photo in record.photos}
    return len(shown | ({lot.photo_sha256} if lot.photo_sha256 else set()))


def find_brand(standing: Sequence[RecordView]) -> str:
    """Return the brand that was last written down for a lot, or nothing."""
    return next(
        (str(one.details["brand"]) for one in reversed(standing) if one.kind == "details" and "brand" in one.details),
        "",
    )


def _stage(record: RecordView) -> Stage:
    details = record.details
    product = details.get("lot") or ", ".join(details.get("lots", ())) or details.get("season") or record.season_id
    return Stage(record.kind, str(product or ""), record.read_point, record.happened_on, len(record.photos))


def list_takings(session: Session, lot: LotView) -> Sequence[Taking]:
    """Return the harvests that a lot came from, each with the treatments that reached it. Two statements."""
    upstream = walk(LotLink.child_id, LotLink.parent_id, "upstream", without="supplied")
    taken = session.execute(
        select(Lot.code, Lot.made_on, Lot.written_at, Lot.origin, Season.id, Season.site_id, Season.started_on)
        .join(Season, Season.id == Lot.season_id)
        .where(Lot.id.in_(select(upstream.c.lot_id)))
        .order_by(Lot.made_on, Lot.id),
        {"lot_ids": [lot.id]},
    ).all()
    if not taken:
        return []
    found = _list_doses(session, {row.site_id for row in taken})
    return [
        Taking(
            lot_code=code,
            season_id=season_id,
            taken_on=made_on,
            doses=tuple(
                dose
                for dose, filed_under in found.get(site_id, ())
                if filed_under == season_id or dose.waiting_until >= started_on
            ),
            written_at=written_at,
            word=name_outcome(origin),
        )
        for code, made_on, written_at, origin, season_id, site_id, started_on in taken
    ]


def _list_doses(session: Session, site_ids: Collection[int]) -> Mapping[int, Sequence[tuple[Dose, int]]]:
    """Return the treatments that reached each site, each with the season under which it was filed."""
    found: dict[int, list[tuple[Dose, int]]] = {}
    for site_id, season_id, treatment, kind, body in read_site_treatments(session, site_ids):
        dose = Dose(
            treatment.record_id,
            kind,
            treatment.product,
            str(body.get("cq:activeIngredient", "")),
            treatment.given_on,
            treatment.waiting_until,
            treatment.recorded_at,
            treatment.is_struck_out,
        )
        found.setdefault(site_id, []).append((dose, season_id))
    return found


def _is_balanced(session: Session, lot: LotView, standing: Sequence[RecordView]) -> bool:
    """Say whether what left a lot is what the records say left it."""
    into = session.scalar(select(func.coalesce(func.sum(LotLink.quantity), 0)).where(LotLink.parent_id == lot.id))
    lost = sum(
        (Decimal(str(one.details["amount"])) for one in standing if one.kind == "loss" and one.lot_id == lot.id),
        Decimal(0),
    )
    return Decimal(into or 0) + lost + sum_on_sale(session, lot.id) == lot.quantity_out


def _list_stopped_supplies(session: Session, lot: LotView) -> tuple[str, ...]:
    """Return the codes of other households' lots that went in, at any distance, and are held or recalled now."""
    everything = walk(LotLink.child_id, LotLink.parent_id, "everything")
    return tuple(
        session.scalars(
            select(Lot.code)
            .where(
                Lot.id.in_(select(everything.c.lot_id)),
                Lot.household_id != lot.household_id,
                Lot.state.in_((LotState.HELD, LotState.RECALLED)),
            )
            .order_by(Lot.id),
            {"lot_ids": [lot.id]},
        )
    )


def list_standards(session: Session, household_id: int) -> Mapping[str, StandardView]:
    """Return the standards that a household keeps now, by kind of production. One statement."""
    rows = session.execute(
        select(DeclaredStandard.template, DeclaredStandard.code, DeclaredStandard.number, DeclaredStandard.declared_at)
        .where(DeclaredStandard.household_id == household_id)
        .ext(distinct_on(DeclaredStandard.template))
        .order_by(DeclaredStandard.template, DeclaredStandard.id.desc())
    )
    return {row.template: StandardView(*row) for row in rows}


def get_ingredients(session: Session) -> IngredientList:
    """Return the list of active ingredients in force: the newest that was loaded, or the working list."""
    row = session.execute(
        select(IngredientNames.version, IngredientNames.source, IngredientNames.names)
        .order_by(IngredientNames.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return WORKING_LIST
    return IngredientList(row.version, row.source, tuple(row.names["permitted"]), tuple(row.names["banned"]))


def find_gate(session: Session, lot_id: int) -> GateView | None:
    """Return the gate's last word on a lot; None when it was never put on sale."""
    return next(iter(list_gates(session, SaleGate.lot_id == lot_id)), None)


def list_gates(session: Session, *conditions: ColumnElement[bool]) -> Sequence[GateView]:
    """Return what the gate last said, by lot."""
    statement = select(SaleGate).where(*conditions).order_by(SaleGate.lot_id)
    rows = session.execute(statement.execution_options(populate_existing=True)).scalars()
    return [
        GateView(
            row.lot_id,
            row.household_id,
            row.version,
            row.is_open,
            tuple(row.missing),
            frozenset(row.claims),
            row.checked_at,
        )
        for row in rows
    ]


def list_gated_lots(
    session: Session,
    *,
    household_id: int | None = None,
    site_id: int | None = None,
    after: int = 0,
    limit: int = 1000,
) -> Sequence[int]:
    """Return lots that the gate has judged (of a household or a site), in the order of their ids, after one of them."""
    statement = select(SaleGate.lot_id).where(SaleGate.lot_id > after)
    if household_id is not None:
        statement = statement.where(SaleGate.household_id == household_id)
    if site_id is not None:
        statement = statement.join(Lot, Lot.id == SaleGate.lot_id).where(Lot.site_id == site_id)
    return list(session.scalars(statement.order_by(SaleGate.lot_id).limit(limit)))
