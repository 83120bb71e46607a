"""GS1 numbers: claimed, confirmed, lent, given; what was sealed stays as it was, and both names are known."""

import json
import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from marketplace.core.errors import Conflict, NotFound, Refused
from sellers.queries import get_household
from tests.factories.sellers import make_commune, make_household, make_site
from tests.factories.traceability import make_keeper, make_lot, make_officer_actor, make_verified_lot
from traceability.models.custody import Parcel, Record
from traceability.models.log import LogEntry
from traceability.models.names import Alias, Gs1Prefix, ProductNumber
from traceability.queries.chain import verify_chain
from traceability.queries.gs1_numbers import find_lot_gtin, list_places, list_products, list_usable_prefixes
from traceability.rules import gs1
from traceability.services.gs1_numbers import assign_gln, assign_gtin
from traceability.services.gs1_prefixes import claim_prefix, decide_prefix, end_loan, lend_prefix
from traceability.services.parcels import record_packing, record_shipping
from traceability.services.sale import commit_to_sale

PREFIX = "893850123"
GTIN = "08938501230010"


def claim(session: Session, household_id: int, now: datetime, typed: str = PREFIX, key: uuid.UUID | None = None) -> int:
    return claim_prefix(
        session=session,
        household_id=household_id,
        typed=typed,
        paper_no="GS1-2026-0042",
        actor=make_keeper(household_id),
        key=key or uuid.uuid4(),
        now=now,
    )


def confirm(session: Session, prefix_id: int, household_id: int, now: datetime, *, is_confirmed: bool = True) -> None:
    decide_prefix(
        session=session,
        prefix_id=prefix_id,
        officer=make_officer_actor(get_household(session, household_id).commune_id),
        officer_title="Cán bộ nông nghiệp",
        is_confirmed=is_confirmed,
        reason="" if is_confirmed else "Giấy đã hết hạn",
        now=now,
    )


@pytest.fixture
def household_id(session: Session, now: datetime) -> int:
    """A household with a confirmed prefix."""
    household_id = make_household(session)
    confirm(session, claim(session, household_id, now), household_id, now)
    return household_id


def give(session: Session, household_id: int, now: datetime, typed: str = GTIN, product: str = "rau-muong.kg") -> str:
    return assign_gtin(
        session=session,
        household_id=household_id,
        product_key=product,
        typed=typed,
        actor=make_keeper(household_id),
        now=now,
    )


def logged(session: Session) -> list[dict[str, object]]:
    rows = session.scalars(select(LogEntry.content).where(LogEntry.kind == "master-data").order_by(LogEntry.id))
    return [json.loads(row) for row in rows if row]


def bodies(session: Session) -> list[bytes]:
    return list(session.scalars(select(Record.body).order_by(Record.id)))


def test_a_lot_gains_a_gtin_later_and_nothing_sealed_changes(
    session: Session, household_id: int, now: datetime
) -> None:
    old = make_lot(session, household_id, now=now)
    before = bodies(session)
    assert give(session, household_id, now) == GTIN
    assert bodies(session) == before
    alias = session.execute(select(Alias).where(Alias.lot_id == old.id)).scalar_one()
    assert alias.uri == f"https://choque.example/id/class/rau-muong/{old.code.lower()}"
    assert alias.alias == f"https://id.gs1.org/01/{GTIN}/10/{old.code}"
    assert f'"{alias.uri}"'.encode() in before[-1]
    said = logged(session)
    assert [one["type"] for one in said] == ["gs1Prefix", "gtin", "alias"]
    assert (said[2]["uri"], said[2]["alias"]) == (alias.uri, alias.alias)
    assert session.get_one(LogEntry, alias.entry_id).lot_id == old.id
    assert find_lot_gtin(session, old.id) == GTIN
    assert verify_chain(session, household_id).is_intact


def test_a_lot_made_under_a_gtin_is_sealed_under_it_from_the_beginning(
    session: Session, household_id: int, now: datetime
) -> None:
    old = make_lot(session, household_id, now=now)
    give(session, household_id, now)
    lot = make_verified_lot(session, household_id, now=now)
    assert (old.gtin, lot.gtin) == (None, GTIN)
    uri = f'"https://id.gs1.org/01/{GTIN}/10/{lot.code}"'.encode()
    named = [body for body in bodies(session) if lot.code.encode() in body]
    assert len(named) >= 2
    assert all(uri in body for body in named)
    assert session.scalar(select(func.count()).select_from(Alias).where(Alias.lot_id == lot.id)) == 0
    assert find_lot_gtin(session, lot.id) == GTIN


def test_giving_the_same_number_again_changes_nothing(session: Session, household_id: int, now: datetime) -> None:
    make_lot(session, household_id, now=now)
    give(session, household_id, now)
    count = len(logged(session))
    assert give(session, household_id, now, "893 850 123 001 0") == GTIN
    assert len(logged(session)) == count
    assert session.scalar(select(func.count()).select_from(ProductNumber)) == 1


@pytest.mark.parametrize(
    ("typed", "product", "error", "said"),
    [
        ("8938501230013", "rau-muong.kg", Refused, "Số kiểm tra"),
        (gs1.with_check_digit("893999999001"), "rau-muong.kg", Refused, "người khác"),
        (GTIN, "vang.kg", Refused, "đã có lô"),
        (GTIN, "rau-muong.tui", Refused, "đã có lô"),
        (gs1.with_check_digit("200000000001"), "rau-muong.kg", Refused, "nội bộ"),
    ],
)
def test_a_wrong_number_changes_nothing(
    session: Session,
    household_id: int,
    now: datetime,
    typed: str,
    product: str,
    error: type[Exception],
    said: str,
) -> None:
    make_lot(session, household_id, now=now)
    with pytest.raises(error, match=said):
        give(session, household_id, now, typed, product)
    assert session.scalar(select(func.count()).select_from(ProductNumber)) == 0
    assert session.scalar(select(func.count()).select_from(Alias)) == 0


def test_a_number_serves_one_product_and_a_product_keeps_its_number(
    session: Session, household_id: int, now: datetime
) -> None:
    make_lot(session, household_id, now=now)
    make_lot(session, household_id, produce="Bưởi", template="fruit", now=now)
    give(session, household_id, now)
    with pytest.raises(Refused, match="đã gắn cho “Rau muống” của hộ mình"):
        give(session, household_id, now, product="buoi.kg")
    with pytest.raises(Conflict, match="không đổi được nữa"):
        give(session, household_id, now, gs1.with_check_digit("893850123002"))
    assert {one.key: one.gtin for one in list_products(session, household_id)} == {
        "rau-muong.kg": GTIN,
        "buoi.kg": None,
    }


def test_a_claim_gives_nothing_before_an_officer_has_seen_the_paper(session: Session, now: datetime) -> None:
    household_id = make_household(session)
    make_lot(session, household_id, now=now)
    key = uuid.uuid4()
    prefix_id = claim(session, household_id, now, key=key)
    assert claim(session, household_id, now, key=key) == prefix_id
    with pytest.raises(Refused, match="chưa có mã nào"):
        give(session, household_id, now)
    with pytest.raises(NotFound):
        decide_prefix(
            session=session,
            prefix_id=prefix_id,
            officer=make_officer_actor(make_commune(session, code="14812", name="Xã Nga Sơn")),
            officer_title="Cán bộ",
            is_confirmed=True,
            reason="",
            now=now,
        )
    confirm(session, prefix_id, household_id, now, is_confirmed=False)
    with pytest.raises(Conflict):
        confirm(session, prefix_id, household_id, now)
    assert list_usable_prefixes(session, household_id) == []
    assert logged(session) == []


def test_a_confirmed_prefix_is_nobody_elses(session: Session, household_id: int, now: datetime) -> None:
    other = make_household(session, shown_name="Hộ ông Bình")
    for typed in (PREFIX, PREFIX[:7], f"{PREFIX}4"):
        with pytest.raises(Refused, match="đơn vị khác"):
            claim(session, other, now, typed)
    claim(session, other, now, "893850124")
    assert session.scalar(select(func.count()).select_from(Gs1Prefix)) == 2


def test_of_two_claims_on_one_number_one_is_confirmed(session: Session, now: datetime) -> None:
    owner, squatter = make_household(session), make_household(session, shown_name="Hộ ông Bình")
    claims = {one: claim(session, one, now) for one in (squatter, owner)}
    confirm(session, claims[owner], owner, now)
    with pytest.raises(Refused, match="đơn vị khác"):
        confirm(session, claims[squatter], squatter, now)
    assert list_usable_prefixes(session, squatter) == []


def test_a_co_operative_lends_its_prefix_and_takes_it_back(session: Session, household_id: int, now: datetime) -> None:
    member = make_household(session, shown_name="Hộ ông Bình")
    make_lot(session, member, now=now)
    prefix_id = list_usable_prefixes(session, household_id)[0].id
    lend = {"session": session, "prefix_id": prefix_id, "actor": make_keeper(household_id), "now": now}
    code = get_household(session, member).code
    loan_id = lend_prefix(**lend, household_id=household_id, borrower_code=code)
    assert lend_prefix(**lend, household_id=household_id, borrower_code=f" {code.lower()} ") == loan_id
    with pytest.raises(NotFound):
        lend_prefix(**lend, household_id=member, borrower_code=code)
    with pytest.raises(Refused, match="chính hộ mình"):
        lend_prefix(**lend, household_id=household_id, borrower_code=get_household(session, household_id).code)
    with pytest.raises(Refused, match="Không tìm thấy hộ"):
        lend_prefix(**lend, household_id=household_id, borrower_code="H-0000")
    assert give(session, member, now) == GTIN
    make_lot(session, household_id, now=now)
    with pytest.raises(Refused, match="hộ khác"):
        give(session, household_id, now)
    with pytest.raises(NotFound):
        end_loan(session=session, household_id=member, loan_id=loan_id, now=now)
    end_loan(session=session, household_id=household_id, loan_id=loan_id, now=now)
    assert list_usable_prefixes(session, member) == []
    assert make_lot(session, member, now=now).gtin == GTIN


def test_household_and_sites_get_glns_as_second_names(session: Session, household_id: int, now: datetime) -> None:
    site_id = make_site(session, household_id)
    numbers = [gs1.with_check_digit(f"{PREFIX}00{digit}") for digit in (1, 2)]
    who = {"session": session, "household_id": household_id, "actor": make_keeper(household_id), "now": now}
    for _ in range(2):
        assert assign_gln(**who, site_id=None, typed=numbers[0]) == numbers[0]
        assert assign_gln(**who, site_id=site_id, typed=numbers[1]) == numbers[1]
    with pytest.raises(Refused, match="một nơi khác của hộ mình"):
        assign_gln(**who, site_id=make_site(session, household_id, name="Ao"), typed=numbers[0])
    with pytest.raises(Conflict):
        assign_gln(**who, site_id=site_id, typed=gs1.with_check_digit(f"{PREFIX}003"))
    other = make_site(session, make_household(session, shown_name="Hộ ông Bình"))
    with pytest.raises(NotFound):
        assign_gln(**who, site_id=other, typed=gs1.with_check_digit(f"{PREFIX}004"))
    assert [place.gln for place in list_places(session, household_id)][:2] == numbers
    aliases = session.scalars(select(Alias.alias).order_by(Alias.id)).all()
    assert list(aliases) == [f"https://id.gs1.org/417/{numbers[0]}", f"https://id.gs1.org/414/{numbers[1]}"]


def test_a_parcel_gets_an_sscc_where_there_is_a_prefix(session: Session, household_id: int, now: datetime) -> None:
    plain = make_household(session, shown_name="Hộ ông Bình")
    for home, ref in ((household_id, "K1"), (household_id, "K2"), (plain, "K3")):
        lot = make_verified_lot(session, home, now=now)
        who = {"session": session, "household_id": home, "actor": make_keeper(home), "now": now}
        commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(2), key=uuid.uuid4())
        record_packing(
            **who, lot_quantities=[(lot.id, Decimal(2))], parcel_ref=ref, consignment_ref="D1", key=uuid.uuid4()
        )
        record_shipping(session=session, parcel_ref=ref, occurred_at=now, key=uuid.uuid4(), now=now)
    parcels = list(session.execute(select(Parcel).order_by(Parcel.id)).scalars())
    assert [parcel.sscc for parcel in parcels] == [gs1.make_sscc(PREFIX, 0), gs1.make_sscc(PREFIX, 1), None]
    written = bodies(session)
    for parcel in parcels:
        uri = f"https://id.gs1.org/00/{parcel.sscc}" if parcel.sscc else f"id/obj/{parcel.parcel_ulid.lower()}"
        assert sum(uri.encode() in body for body in written) == 2


@pytest.mark.parametrize("table", ["trace_gtins", "trace_aliases"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_the_database_keeps_every_number_and_name(
    session: Session, household_id: int, now: datetime, table: str, statement: str
) -> None:
    make_lot(session, household_id, now=now)
    give(session, household_id, now)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text(statement.format(table)))
    assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 1  # noqa: S608
