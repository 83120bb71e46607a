"""The erasure drill: a household with a whole history is erased; every earlier proof verifies, no name is left."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Text, cast, func, select, text
from sqlalchemy import column as sqlalchemy_column
from sqlalchemy import table as sqlalchemy_table

from catalog.services.review import review_product
from marketplace.accounts.queries import find_person_by_id, load_actor
from marketplace.accounts.rules import Role
from marketplace.core.errors import Conflict, NotFound, Refused
from marketplace.core.notices import put_on_desk, queue_email
from marketplace.core.photos import has_photo
from marketplace.desk.erasure import erase, finish_erasures, preview_erasure, run_waiting
from orders.services.cancel_order import cancel_order
from sellers.queries import get_household
from sellers.services.payouts import set_payout_account
from tests.factories.accounts import make_user
from tests.factories.catalog import make_offer
from tests.factories.orders import buy
from tests.factories.sellers import make_certificate, make_household, make_site
from tests.factories.traceability import (
    NOW,
    OFFICER_TITLE,
    SIGNATORY,
    make_officer_actor,
    make_photo,
    make_season,
    make_standard,
    make_waiting_lot,
)
from traceability.queries.chain import verify_chain
from traceability.queries.erasure import get_erasure
from traceability.queries.records import list_season_records
from traceability.rules.entries import IncomingEntry, WorkEntry
from traceability.rules.erasure import ERASED
from traceability.services.corrections import correct_record
from traceability.services.diary import record_incoming, record_loss, record_work
from traceability.services.erasure import ask_erasure, refuse_erasure
from traceability.services.master_data import log_all_of
from traceability.services.verification import request_verification, send_back_lot, verify_lot
from transparency.merkle import (
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    read_from,
    root_of,
    verify_consistency,
    verify_inclusion,
)

#: Everything that says who these people are. None of it may be anywhere in the end.
PERSONAL = (
    "Quách Thị Mận", "Nhà bà Mận", "912000555", "Số 7 ngõ Đình", "giếng cổ", "Trần Văn Bốn", "987654321", "Bùi Xuyến",
    "905111222", "0405060708", "8123456789", "quach-man@", "Cổng gạch",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """What the drill works on."""

    household_id: int
    season_id: int
    lot_id: int
    lot_code: str
    code: str
    owner_id: int
    helper_id: int
    photo: str


@pytest.fixture
def operators(session):
    return [load_actor(session, make_user(session, roles={Role.OPERATOR}, name=f"Điều hành {n}")) for n in range(2)]


@pytest.fixture
def story(session):
    household_id = make_household(
        session,
        shown_name="Nhà bà Mận",
        representative="Quách Thị Mận",
        phone="+84912000555",
        hamlet="Thôn 9",
        address_line="Số 7 ngõ Đình",
        story="Nhà tôi cạnh giếng cổ, trồng rau ba đời.",
        pickup_note="Cổng gạch",
        tax_code="0405060708",
    )
    owner_id = make_user(
        session, household_id=household_id, name="Quách Thị Mận", phone="+84912000555", email="quach-man@choque.example"
    )
    helper_id = make_user(
        session, roles={Role.HELPER}, household_id=household_id, name="Bùi Xuyến", phone="+84905111222"
    )
    owner, helper = load_actor(session, owner_id, household_id), load_actor(session, helper_id, household_id)
    site_id = make_site(session, household_id, name="Ruộng bà Mận")
    make_certificate(session, household_id)
    set_payout_account(
        session=session, household_id=household_id, bank_bin="970405", account_number="8123456789",
        holder="QUACH THI MAN", actor=owner, now=NOW,
    )  # fmt: skip
    season = make_season(session, household_id, site_id=site_id, actor=owner)
    who = {"session": session, "household_id": household_id, "season_id": season.id, "now": NOW}
    photo = make_photo(session, "cd" * 32)
    record_incoming(
        **who,
        entry=IncomingEntry(
            what="seed",
            name="Hạt giống",
            happened_on=date(2026, 10, 12),
            supplier="Đại lý Trần Văn Bốn, 0987 654 321",
            note="Bốn chở tới tận nhà.",
        ),
        actor=owner,
        key=uuid.uuid4(),
    )
    work = record_work(
        **who,
        entry=WorkEntry(
            kind="spraying", happened_on=date(2026, 10, 20), product="Delfin", ingredient="Bacillus thuringiensis",
            target="sâu", waiting_days=3, note="Chị Bùi Xuyến phun giúp.", photos=(photo,),
        ),
        actor=helper,
        key=uuid.uuid4(),
    )  # fmt: skip
    correct_record(
        session=session, household_id=household_id, record_id=work.id, reason="ghi nhầm ngày",
        changes={"happened_on": date(2026, 10, 21)}, actor=owner, key=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    lot = make_waiting_lot(session, household_id, season=season, actor=owner, best_before_on=date(2026, 12, 20))
    officer = make_officer_actor(lot.commune_id)
    decide = {"session": session, "lot_id": lot.id, "officer": officer, "officer_title": OFFICER_TITLE, "now": NOW}
    send_back_lot(**decide, signatory=SIGNATORY, reason="Ảnh mờ, bà Quách Thị Mận chụp lại giúp.", key=uuid.uuid4())
    request_verification(session=session, household_id=household_id, lot_id=lot.id, actor=owner, now=NOW)
    verify_lot(**decide, signatory=SIGNATORY, key=uuid.uuid4())
    make_standard(session, household_id)
    record_loss(
        session=session, household_id=household_id, lot_id=lot.id, amount=Decimal(2), reason="Dập nát",
        happened_on=date(2026, 11, 20), actor=owner, key=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    log_all_of(session=session, household_id=household_id, now=NOW)
    put_on_desk(
        session, key="k1", user_id=owner_id, subject="Lô đã xác nhận", text="Chào Quách Thị Mận", link=None, now=NOW
    )
    put_on_desk(
        session, key="k2", user_id=10**6, subject="Chờ xác nhận", text="Hộ Nhà bà Mận đã gửi lô", link=None, now=NOW
    )
    queue_email(
        session,
        key="k3",
        recipient="quach-man@choque.example",
        subject="x",
        text="Bùi Xuyến ghi hộ",
        html=None,
        now=NOW,
    )
    session.execute(text("UPDATE core_outbox SET relayed_at = now()"))
    household = get_household(session, household_id)
    return Story(household_id, season.id, lot.id, lot.code, household.code, owner_id, helper_id, photo)


def ask(session, operator, subject, subject_id=None, wanted="", key=None):
    return ask_erasure(
        session=session,
        subject=subject,
        subject_id=subject_id,
        wanted=wanted,
        reason="asked",
        note="đơn giấy của bà Mận",
        asked_by=operator.user_id,
        key=key or uuid.uuid4(),
        now=NOW,
    )


def leaves(session):
    return [bytes(one) for (one,) in session.execute(text("SELECT leaf FROM trace_log_entries ORDER BY id"))]


def records(session):
    rows = session.execute(text("SELECT id, prev_hash, hash, body FROM trace_records ORDER BY id"))
    return {row.id: (bytes(row.prev_hash), bytes(row.hash), bytes(row.body)) for row in rows}


def scan(session, needles):
    """Return every place of the database in which one of these still stands, by table and column."""
    columns = session.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN ('bytea','text','character varying','jsonb','ARRAY') "
            "AND table_name NOT IN ('sellers_place_terms', 'sellers_communes', 'sellers_provinces', 'alembic_version')"
        )
    ).all()
    found = []
    for table, column, kind in columns:
        here = sqlalchemy_column(column)
        shown = func.encode(here, "escape") if kind == "bytea" else cast(here, Text)
        for needle in needles:
            wanted = needle if kind != "bytea" else _escaped(needle)
            hit = select(func.count()).select_from(sqlalchemy_table(table)).where(func.strpos(shown, wanted) > 0)
            if session.scalar(hit):
                found.append((f"{table}.{column}", needle))
    return found


def _escaped(needle):
    """Return a text as PostgreSQL escapes bytes beyond ASCII."""
    return "".join(chr(byte) if byte < 128 else f"\\{byte:03o}" for byte in needle.encode())


def test_the_drill(session, story, operators, client):
    first, second = operators
    before, sealed = leaves(session), records(session)
    hashed = [hash_leaf(leaf) for leaf in before]
    old_root = root_of(len(hashed), read_from(hashed))
    proofs = [inclusion_proof(len(hashed), place, read_from(hashed)) for place in range(len(hashed))]
    assert scan(session, ["Quách Thị Mận", "Trần Văn Bốn", "0987 654 321"])

    erasure_id = ask(session, first, "household", story.household_id)
    seen = preview_erasure(session, get_erasure(session, erasure_id), now=NOW)
    assert (seen.shown, seen.private_details >= 4, seen.sealed_mentions) == ("Nhà bà Mận", True, 0)
    assert story.photo in seen.photos
    later = NOW + timedelta(days=1)
    done = erase(
        session=session, erasure_id=erasure_id, photos=[story.photo], operator=second, signatory=SIGNATORY, now=later
    )
    assert done.state == "done"
    assert done.destroyed >= seen.private_details
    again = erase(
        session=session, erasure_id=erasure_id, photos=[story.photo], operator=second, signatory=SIGNATORY, now=later
    )
    assert again == done
    # The helper is somebody else's worker: he is erased on his own.
    helpers = ask(session, first, "account", story.helper_id)
    erase(session=session, erasure_id=helpers, photos=(), operator=second, signatory=SIGNATORY, now=later)

    # Every record, byte for byte, and every chain.
    after = records(session)
    assert {record_id: after[record_id] for record_id in sealed} == sealed
    for prev_hash, own_hash, body in after.values():
        assert hashlib.sha256(prev_hash + body).digest() == own_hash
    assert verify_chain(session, story.household_id).is_intact
    # Every leaf and every proof that anybody may hold.
    now_hashed = [hash_leaf(leaf) for leaf in leaves(session)]
    assert now_hashed[: len(hashed)] == hashed
    for place, proof in enumerate(proofs):
        verify_inclusion(index=place, size=len(hashed), leaf_hash=now_hashed[place], proof=proof, root=old_root)
    verify_consistency(
        old_size=len(hashed),
        new_size=len(now_hashed),
        old_root=old_root,
        new_root=root_of(len(now_hashed), read_from(now_hashed)),
        proof=consistency_proof(len(hashed), len(now_hashed), read_from(now_hashed)),
    )

    # The notice says which commitments lost what stood behind them, and names nobody.
    notices = session.execute(
        text("SELECT content FROM trace_log_entries WHERE kind = 'erasure' ORDER BY id")
    ).scalars()
    told = [json.loads(bytes(one)) for one in notices]
    assert [(one["subject"], one["fourEyes"], one["reason"]) for one in told] == [
        ("household", True, "asked"),
        ("account", True, "asked"),
    ]
    committed = {json.loads(body).get("cq:privateCommit") for _, _, body in sealed.values()} - {None}
    assert committed <= set(told[0]["destroyed"])
    assert told[0]["photosRemoved"] == [story.photo]

    assert scan(session, PERSONAL) == []
    assert not has_photo(session, story.photo)
    assert get_household(session, story.household_id).is_erased
    assert load_actor(session, story.owner_id).user_id is None
    assert find_person_by_id(session, story.owner_id).name == ERASED
    assert {
        record.is_erased for record in list_season_records(session, story.season_id) if record.kind == "incoming"
    } == {True}
    session.commit()
    about_lot, about_household = f"/lo/{story.lot_code}", f"/ho/{story.code}"
    for page in (
        about_lot,
        about_household,
        f"{about_household}/ho-so-da-niem-phong.json",
        f"{about_lot}/bang-chung.json",
    ):
        html = client.get(page).get_data(as_text=True)
        for one in PERSONAL:
            assert one not in html, (page, one)
    assert "đã xóa tên theo yêu cầu" in client.get(f"/lo/{story.lot_code}").get_data(as_text=True)


def test_two_people_stand_behind_it_unless_there_is_only_one(session, story, operators):
    first, second = operators
    erasure_id = ask(session, first, "household", story.household_id)
    with pytest.raises(Refused) as refusal:
        erase(session=session, erasure_id=erasure_id, photos=(), operator=first, signatory=SIGNATORY, now=NOW)
    assert refusal.value.code == "four_eyes"
    assert get_household(session, story.household_id).shown_name == "Nhà bà Mận"
    session.execute(text("UPDATE accounts_users SET is_active = false WHERE id = :id"), {"id": second.user_id})
    erase(session=session, erasure_id=erasure_id, photos=(), operator=first, signatory=SIGNATORY, now=NOW)
    content = session.scalar(text("SELECT content FROM trace_log_entries WHERE kind = 'erasure'"))
    assert json.loads(bytes(content))["fourEyes"] is False


def test_somebody_who_is_only_named_goes_from_every_households_notes(session, story, operators):
    other_id = make_household(session)
    season = make_season(session, other_id)
    for supplier in ("cửa hàng tran van bon", "Trần Văn Bốn Mươi", "Cửa hàng khác"):
        record_incoming(
            session=session, household_id=other_id, season_id=season.id,
            entry=IncomingEntry(what="seed", name="Hạt", happened_on=date(2026, 11, 1), supplier=supplier),
            actor=load_actor(session, story.owner_id), key=uuid.uuid4(), now=NOW,
        )  # fmt: skip
    # An officer's words in a fact whose telling failed for good.
    session.execute(
        text(
            "WITH fact AS (INSERT INTO core_outbox (name, payload, relayed_at) VALUES ('told', "
            """'{"reason": "Hỏi lại ông Trần Văn Bốn."}', now()) RETURNING id) """
            "INSERT INTO core_deliveries (outbox_id, task, queue, failed_at) SELECT id, 't', 'default', now() FROM fact"
        )
    )
    first, second = operators
    erasure_id = ask(session, first, "named", wanted="Trần Văn Bốn")
    assert preview_erasure(session, get_erasure(session, erasure_id), now=NOW).mentions == 3
    done = erase(session=session, erasure_id=erasure_id, photos=(), operator=second, signatory=SIGNATORY, now=NOW)
    assert (done.destroyed, done.wanted, done.note) == (3, "", "")
    left = [one.private.get("supplier") for one in list_season_records(session, season.id) if one.kind == "incoming"]
    assert left == ["Cửa hàng khác", None, None]
    assert get_household(session, story.household_id).shown_name == "Nhà bà Mận"
    assert scan(session, ["Trần Văn Bốn", "tran van bon"]) == []


def test_what_is_not_finished_stops_it_and_what_the_law_keeps_waits(session, operators):
    household_id = make_household(session, shown_name="Nhà bà Mận", representative="Quách Thị Mận")
    offer = make_offer(session, household_id, amount=20)
    buyer_id = make_user(session, name="Hoàng Gia Khánh", email="khanh@choque.example")
    session.commit()
    placed = buy(session, {offer.offer_id: Decimal(2)}, method="cod")
    session.execute(
        text("UPDATE orders_orders SET user_id = :id, buyer_name = 'Hoàng Gia Khánh' WHERE id = :order"),
        {"id": buyer_id, "order": placed.order_id},
    )
    first, second = operators
    asked = {
        "account": ask(session, first, "account", buyer_id),
        "household": ask(session, first, "household", household_id),
    }
    for erasure_id in asked.values():
        seen = preview_erasure(session, get_erasure(session, erasure_id), now=NOW)
        assert [duty.code for duty in seen.open_duties] == ["orders"]
        wait = erase(session=session, erasure_id=erasure_id, photos=(), operator=second, signatory=SIGNATORY, now=NOW)
        assert (wait.state, wait.approved_by, wait.destroyed) == ("waiting", second.user_id, 0)
        assert not run_waiting(session=session, erasure_id=erasure_id, signatory=SIGNATORY, now=NOW)
    assert find_person_by_id(session, buyer_id).name == "Hoàng Gia Khánh"
    assert get_household(session, household_id).representative == "Quách Thị Mận"
    assert get_household(session, household_id).state == "suspended", "it takes no new orders"

    token = session.scalar(text("SELECT token FROM orders_orders WHERE id = :id"), {"id": placed.order_id})
    number = session.scalar(text("SELECT number FROM orders_consignments"))
    cancel_order(session=session, order_token=token, reason="đổi ý", now=NOW)
    review_product(
        session=session, product_id=offer.product_id, consignment_ref=number, stars=5, words="Khánh khen ngon",
        signed_as="Khánh", now=NOW,
    )  # fmt: skip
    for erasure_id in asked.values():
        assert run_waiting(session=session, erasure_id=erasure_id, signatory=SIGNATORY, now=NOW)
        assert not run_waiting(session=session, erasure_id=erasure_id, signatory=SIGNATORY, now=NOW)
        done = get_erasure(session, erasure_id)
        assert done.kept_until is not None
        assert done.kept_until > date(2029, 11, 20)
        assert "theo luật" in done.kept_reason
    assert session.scalar(text("SELECT buyer_name FROM orders_orders")) == "Hoàng Gia Khánh"
    assert tuple(session.execute(text("SELECT signed_as, words, stars FROM catalog_reviews")).one()) == (ERASED, "", 5)
    assert (
        session.scalar(text("SELECT state FROM catalog_offers WHERE id = :id"), {"id": offer.offer_id}) == "withdrawn"
    )

    assert finish_erasures(session=session, now=NOW + timedelta(days=365)) == 0
    assert finish_erasures(session=session, now=NOW + timedelta(days=365 * 4)) == 2
    assert finish_erasures(session=session, now=NOW + timedelta(days=365 * 4)) == 0
    assert scan(session, ["Hoàng Gia Khánh", "Quách Thị Mận"]) == []
    assert session.scalar(text("SELECT total_vnd FROM orders_orders")) > 0


def test_a_request_is_one_request_and_may_be_turned_down(session, story, operators):
    first, second = operators
    key = uuid.uuid4()
    erasure_id = ask(session, first, "named", wanted="Bùi Xuyến", key=key)
    assert ask(session, first, "named", wanted="Bùi Xuyến", key=key) == erasure_id
    with pytest.raises(Conflict):
        ask(session, second, "named", wanted="Bùi Xuyến", key=key)
    refuse_erasure(session=session, erasure_id=erasure_id, why="Đã rút đơn", done_by=second.user_id, now=NOW)
    assert (get_erasure(session, erasure_id).state, get_erasure(session, erasure_id).wanted) == ("refused", "")
    with pytest.raises(Refused) as refusal:
        erase(session=session, erasure_id=erasure_id, photos=(), operator=second, signatory=SIGNATORY, now=NOW)
    assert refusal.value.code == "erasure_was_refused"
    with pytest.raises(NotFound):
        erase(session=session, erasure_id=erasure_id + 1000, photos=(), operator=second, signatory=SIGNATORY, now=NOW)
    assert scan(session, ["Chị Bùi Xuyến"])
    assert story.helper_id
