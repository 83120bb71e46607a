"""Giving GS1 numbers: a GTIN to a product, a GLN to a household or a site, an SSCC to a parcel.

Nothing that is sealed is written anew. What was sealed before gets the number as a second name (``trace_aliases``),
published in the log; what comes after is sealed under the number.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from marketplace.accounts.rules import Actor
from marketplace.core.errors import Conflict, Refused
from traceability.models.custody import Lot
from traceability.models.names import Alias, Gs1Prefix, ProductNumber
from traceability.queries.gs1_numbers import PrefixView, list_products, list_usable_prefixes
from traceability.queries.owners import get_own_site
from traceability.rules import gs1, identifiers, statements
from traceability.services.chain import lock_chain, name_place
from traceability.services.gs1_prefixes import lock_numbers
from traceability.services.log import log_statement


def assign_gtin(
    *, session: Session, household_id: int, product_key: str, typed: str, actor: Actor, now: datetime
) -> str:
    """Give a GTIN to what a household makes (``ProductView.key``), and to its lots so far; return its 14 digits.

    Giving the same number again changes nothing. Raises ``Refused`` for a wrong number (see ``check_gtin``), one that
    is used, or a product that the household never made; ``Conflict`` when the product has another number.
    """
    chain = lock_chain(session, household_id)
    lock_numbers(session)
    product = next((one for one in list_products(session, household_id) if one.key == product_key), None)
    if product is None:
        message = "Hãy chọn mặt hàng mà hộ đã có lô."
        raise Refused("product_unknown", message, field="product")
    prefixes = list_usable_prefixes(session, household_id)
    gtin = gs1.check_gtin(typed, [one.prefix for one in prefixes])
    if product.gtin == gtin:
        return gtin
    if product.gtin is not None:
        message = f"Mặt hàng này đã có mã {product.gtin}. Mã đã in ra thì không đổi được nữa."
        raise Conflict("product_numbered", message, field="product")
    user = session.execute(select(ProductNumber).where(ProductNumber.gtin == gtin)).scalar_one_or_none()
    if user is not None:
        whose = f"“{user.produce}” của hộ mình" if user.household_id == household_id else "mặt hàng của hộ khác"
        message = f"Mã này đã gắn cho {whose}. Mỗi mặt hàng, mỗi quy cách cần một mã riêng."
        raise Refused("gtin_used", message, field="gtin")
    entry_id = log_statement(
        session,
        kind="master-data",
        content=statements.gtin_assigned(gtin=gtin, produce=product.produce, unit=product.unit, party=chain.party),
        actor_party=actor.party,
        now=now,
        subject=gs1.gtin_uri(gtin),
    )
    session.execute(
        insert(ProductNumber).values(
            household_id=household_id,
            prefix_id=_prefix_of(gtin[1:], prefixes).id,
            produce=product.produce,
            class_slug=product.slug,
            unit=product.unit,
            gtin=gtin,
            assigned_by=actor.party,
            assigned_at=now,
            entry_id=entry_id,
        )
    )
    lots = session.execute(
        select(Lot.id, Lot.produce, Lot.code)
        .where(Lot.household_id == household_id, Lot.unit == product.unit, Lot.gtin.is_(None))
        .order_by(Lot.id)
    ).all()
    for lot_id, produce, code in lots:
        if identifiers.make_slug(produce) == product.slug:
            _give_alias(
                session,
                household_id,
                "lot",
                identifiers.lot_uri(produce, code),
                gs1.gtin_uri(gtin, code),
                party=chain.party,
                actor=actor,
                now=now,
                lot_id=lot_id,
            )
    return gtin


def assign_gln(
    *, session: Session, household_id: int, site_id: int | None, typed: str, actor: Actor, now: datetime
) -> str:
    """Give a GLN to a site, or to the household itself (``site_id`` None); return its 13 digits.

    Raises ``Refused`` for a wrong or used number, ``Conflict`` when there is another one, ``NotFound`` for a site of
    others.
    """
    chain = lock_chain(session, household_id)
    lock_numbers(session)
    gln = gs1.check_gln(typed, [one.prefix for one in list_usable_prefixes(session, household_id)])
    if site_id is None:
        kind, uri = "party", identifiers.party_uri(chain.party)
    else:
        site = get_own_site(session, site_id, household_id)
        kind, uri = "place", identifiers.place_uri(name_place(session, site.id))
    alias = gs1.gln_uri(gln, is_party=site_id is None)
    known = session.scalar(select(Alias.alias).where(Alias.uri == uri))
    if known == alias:
        return gln
    if known is not None:
        message = "Nơi này đã có mã địa điểm. Mã đã công bố thì không đổi được nữa."
        raise Conflict("place_numbered", message, field="place")
    same = [gs1.gln_uri(gln, is_party=is_party) for is_party in (True, False)]
    user = session.scalar(select(Alias.household_id).where(Alias.alias.in_(same)))
    if user is not None:
        whose = "một nơi khác của hộ mình" if user == household_id else "nơi của hộ khác"
        message = f"Mã địa điểm này đã gắn cho {whose}. Mỗi nơi cần một mã riêng."
        raise Refused("gln_used", message, field="gln")
    _give_alias(
        session, household_id, kind, uri, alias, party=chain.party, actor=actor, now=now, site_id=site_id
    )  # fmt: skip
    return gln


def next_sscc(session: Session, household_id: int) -> str | None:
    """Return a fresh SSCC for a parcel, or None when the household may use no prefix. Whoever packs holds the chain."""
    usable = list_usable_prefixes(session, household_id)
    if not usable:
        return None
    prefix = usable[0]
    count = session.execute(
        update(Gs1Prefix)
        .where(Gs1Prefix.id == prefix.id)
        .values(parcels_numbered=Gs1Prefix.parcels_numbered + 1)
        .returning(Gs1Prefix.parcels_numbered)
    ).scalar_one()
    return gs1.make_sscc(prefix.prefix, count - 1)


def _prefix_of(number: str, prefixes: Sequence[PrefixView]) -> PrefixView:
    return next(one for one in prefixes if number.startswith(one.prefix))


def _give_alias(
    session: Session,
    household_id: int,
    kind: str,
    uri: str,
    alias: str,
    *,
    party: str,
    actor: Actor,
    now: datetime,
    lot_id: int | None = None,
    site_id: int | None = None,
) -> None:
    entry_id = log_statement(
        session,
        kind="master-data",
        content=statements.alias_given(kind=kind, uri=uri, alias=alias, party=party),
        actor_party=actor.party,
        now=now,
        lot_id=lot_id,
        subject=uri,
    )
    session.execute(
        insert(Alias).values(
            household_id=household_id,
            kind=kind,
            uri=uri,
            alias=alias,
            lot_id=lot_id,
            site_id=site_id,
            named_by=actor.party,
            named_at=now,
            entry_id=entry_id,
        )
    )
