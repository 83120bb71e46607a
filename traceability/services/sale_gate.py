"""The gate before sale: asked when goods go on the shelf, and again whenever something changes that it looks at."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.clock import local_date
from marketplace.core.errors import Conflict, Refused
from marketplace.core.outbox import record_event
from traceability.events import SaleGateClosed, SaleGateOpened
from traceability.models.gates import DeclaredStandard, IngredientNames, SaleGate
from traceability.queries.lots import LotView, get_lot, list_lots
from traceability.queries.sale_gate import find_gate, judge_lot, list_gated_lots
from traceability.rules import statements
from traceability.rules.ingredients import IngredientList
from traceability.rules.sale_gate import STATE_CODES, Result, name_missing
from traceability.rules.standards import check_standard
from traceability.services.chain import lock_chain
from traceability.services.log import log_statement


def pass_gate(session: Session, lot: LotView, *, claims: Collection[str], now: datetime) -> Result:
    """Ask the gate about a lot that is about to go on sale, and remember its word.

    Raises ``Refused`` (``lot_incomplete_for_sale``) with everything that is missing.
    """
    result = judge_lot(session, lot, on=local_date(now), claims=claims)
    _check_open(lot, result)
    _remember(session, lot, result, claims, now)
    return result


def _check_open(lot: LotView, result: Result) -> None:
    if not result.is_open:
        missing = result.missing
        message = f"Lô {lot.code} chưa bán được. {name_missing(missing)}"
        raise Refused(
            "lot_incomplete_for_sale",
            message,
            field="lot_id",
            lot=lot.code,
            rules=result.version,
            missing=[{"code": check.code, "text": check.text} for check in missing],
        )


def review_gates(*, session: Session, lot_ids: Iterable[int], now: datetime) -> list[int]:
    """Ask the gate again about lots that it has judged before; return those whose answer changed. Repeatable.

    A gate that closes freezes the goods and tells the household (``SaleGateClosed``), one that opens brings them back.
    """
    changed: list[int] = []
    lots = list_lots(session, lot_ids)
    for lot_id in sorted(lots):
        known = session.execute(
            select(SaleGate)
            .where(SaleGate.lot_id == lot_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if known is None:
            continue
        was_open, claims = known.is_open, list(known.claims)
        lot = get_lot(session, lot_id)
        result = judge_lot(session, lot, on=local_date(now), claims=claims)
        _remember(session, lot, result, claims, now)
        if result.is_open == was_open:
            continue
        changed.append(lot_id)
        _tell(session, lot, result, now)
    return changed


def review_site(session: Session, site_id: int, *, now: datetime) -> None:
    """Ask the gate again about everything that grew on a site: a treatment there was entered, changed or struck out."""
    lot_ids = list_gated_lots(session, site_id=site_id)
    if lot_ids:
        review_gates(session=session, lot_ids=lot_ids, now=now)


def _remember(session: Session, lot: LotView, result: Result, claims: Collection[str], now: datetime) -> None:
    values = {
        "version": result.version,
        "is_open": result.is_open,
        "missing": [check.code for check in result.missing],
        "claims": sorted(claims),
        "papers_until": result.papers_until,
        "checked_at": now,
    }
    session.execute(
        pg_insert(SaleGate)
        .values(lot_id=lot.id, household_id=lot.household_id, **values)
        .on_conflict_do_update(index_elements=[SaleGate.lot_id], set_=values)
        .execution_options(synchronize_session=False)
    )


def _tell(session: Session, lot: LotView, result: Result, now: datetime) -> None:
    codes = [check.code for check in result.missing]
    log_statement(
        session,
        kind="policy",
        content=statements.gate_turned(lot_code=lot.code, rules=result.version, missing=codes, at=now),
        actor_party=None,
        now=now,
        lot_id=lot.id,
    )
    if result.is_open:
        record_event(session, SaleGateOpened([lot.id], lot.household_id))
        return
    # A hold, a recall or a lost verification has told its own story.
    told = [check for check in result.missing if check.code not in STATE_CODES]
    if told:
        record_event(session, SaleGateClosed([lot.id], lot.household_id, lot.code, name_missing(told)[:1000]))


def set_claims(*, session: Session, claims: Mapping[int, Collection[str]], now: datetime) -> None:
    """Hold lots on sale to what their goods claim from now on, by lot: the shop changed a name or a description.

    Raises ``Refused`` when something new is claimed that no certificate proves. Claims that are taken back may open
    a gate that they had shut.
    """
    for lot_id in sorted(claims):
        known = find_gate(session, lot_id)
        wanted = frozenset(claims[lot_id])
        if known is None or wanted == known.claims:
            continue
        if not wanted <= known.claims:
            lot = get_lot(session, lot_id)
            _check_open(lot, judge_lot(session, lot, on=local_date(now), claims=wanted))
        session.execute(update(SaleGate).where(SaleGate.lot_id == lot_id).values(claims=sorted(wanted)))
        review_gates(session=session, lot_ids=[lot_id], now=now)


def declare_standard(
    *,
    session: Session,
    household_id: int,
    template: str,
    code: str,
    number: str,
    actor: Actor,
    key: uuid.UUID,
    now: datetime,
) -> None:
    """Write down which standard a household keeps for one kind of production, and log it. A repeated key does nothing.

    Raises ``Refused`` for a standard that does not exist or lacks its number, ``Conflict`` for another's key.
    """
    check_standard(template, code, number)
    known = session.execute(
        select(DeclaredStandard.household_id).where(DeclaredStandard.client_key == key)
    ).scalar_one_or_none()
    if known is not None:
        if known != household_id:
            message = "Biểu mẫu này đã được dùng rồi. Hãy tải lại trang."
            raise Conflict("key_in_use", message)
        return
    chain = lock_chain(session, household_id)
    entry_id = log_statement(
        session,
        kind="master-data",
        content=statements.standard_declared(
            household=chain.party, template=template, code=code, number=number.strip(), at=now
        ),
        actor_party=actor.party,
        now=now,
        subject=chain.party,
    )
    session.execute(
        insert(DeclaredStandard).values(
            household_id=household_id,
            template=template,
            code=code,
            number=number.strip(),
            declared_by=actor.party,
            declared_at=now,
            client_key=key,
            entry_id=entry_id,
        )
    )
    review_gates(session=session, lot_ids=list_gated_lots(session, household_id=household_id), now=now)


def load_ingredients(*, session: Session, given: IngredientList, now: datetime) -> bool:
    """Put a list of active ingredients into force and log it; False when it is the one in force already.

    Raises ``Conflict`` when other names were loaded under that version before.
    """
    known = session.execute(
        select(IngredientNames.digest).where(IngredientNames.version == given.version)
    ).scalar_one_or_none()
    if known is not None:
        if known != given.digest:
            message = f"Danh mục {given.version} đã có với nội dung khác. Hãy đặt tên phiên bản mới."
            raise Conflict("ingredient_version_taken", message)
        return False
    entry_id = log_statement(
        session,
        kind="policy",
        content=statements.ingredients_loaded(version=given.version, source=given.source, digest=given.digest, at=now),
        actor_party=None,
        now=now,
    )
    session.execute(
        insert(IngredientNames).values(
            version=given.version,
            source=given.source,
            names={"permitted": list(given.permitted), "banned": list(given.banned)},
            digest=given.digest,
            loaded_at=now,
            entry_id=entry_id,
        )
    )
    return True
