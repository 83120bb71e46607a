"""The log's pages: what anybody downloads, and what is checked with it, by us and by others."""

import base64
import json
import subprocess
import sys
import uuid
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import metamorphic_log as theirs
import pytest
from sqlalchemy import text

from marketplace.core.clock import local_date, utcnow
from sellers.queries import get_household
from tests.conftest import copy_database, drop_database
from tests.factories.catalog import make_offer
from tests.factories.log import KeptMarket
from tests.factories.sellers import make_household
from tests.factories.traceability import make_keeper, make_recall
from traceability.rules.entries import PackEntry
from traceability.services.log import log_statement
from traceability.services.lots import pack_lot
from traceability.services.master_data import log_household
from transparency.lot_proof import Trust, check_lot_proof
from transparency.merkle import hash_leaf
from transparency.note import COSIGNATURE, new_signer
from transparency.policy import Policy
from transparency.proof import parse_proof, verify_proof


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A market with two lots, its log signed after each; nothing in here changes it."""
    url = copy_database()
    made = KeptMarket(url, tmp_path_factory.mktemp("kept") / "data")
    made.first = made.add_lot()
    made.keep()
    made.kept, made.vkey = made.note, made.verifier
    made.second = made.add_lot()
    made.keep()
    yield made
    made.close()
    drop_database(url)


@pytest.fixture
def empty(tmp_path):
    url = copy_database()
    made = KeptMarket(url, tmp_path / "data")
    yield made
    made.close()
    drop_database(url)


def test_before_the_first_checkpoint_nothing_is_claimed(empty):
    page = empty.get("/minh-bach").decode()
    assert "Sổ chưa có mốc nào" in page
    lot = empty.add_lot()
    paths = ("/log/checkpoint", "/log/vkey", "/log/entries/0", "/log/contents/0", f"/lo/{lot.code}/bang-chung.json")
    assert [empty.get(path) for path in paths] == [None] * 5
    assert empty.get("/log/proof/inclusion?index=0&size=1") is None


def test_the_page_tells_how_the_log_stands_and_no_more(market):
    page = market.get("/minh-bach").decode()
    assert "Chưa có bên ngoài làm chứng" in page
    assert "Có bên ngoài làm chứng" not in page.replace("Chưa có bên", "")
    assert f"/log/checkpoints/{market.checkpoint.size}" in page
    assert market.vkey.to_text() in page
    assert "Sổ đang ghi chậm" not in page


def test_the_signed_order_is_in_the_proof_of_every_lot_that_a_recall_reached(empty):
    lot = empty.add_lot()
    with empty.begin() as session:
        packs = pack_lot(
            session=session, household_id=empty.household_id, actor=make_keeper(empty.household_id), lot_id=lot.id,
            entry=PackEntry(happened_on=local_date(utcnow()), taken=Decimal(1), amount=Decimal(1), unit="kg"),
            key=uuid.uuid4(), now=utcnow(),
        )  # fmt: skip
        make_recall(session, lot.id, officer=empty.officer, signatory=empty.signatory, now=utcnow())
    empty.keep()
    for code in (lot.code, packs.code):
        bundle = empty.bundle(code)
        (order,) = [one for one in bundle["entries"] if json.loads(one["leaf"])["kind"] == "recall"]
        assert order["title"] == "Lệnh thu hồi có chữ ký"
        assert json.loads(order["content"])["lots"] == [lot.code, packs.code]
        report = check_lot_proof(json.dumps(bundle).encode(), Trust(vkey=empty.verifier))
        assert report.exit_code == 0, report.to_text()


def test_how_much_was_put_on_sale_is_not_in_the_file(empty):
    """It is the household's affair: the interface for programs does not show it either."""
    lot = empty.add_lot()
    with empty.begin() as session:
        make_offer(session, empty.household_id, lot_id=lot.id, amount=4, now=utcnow())
    empty.keep()
    kinds = [json.loads(one["content"]).get("cq:kind") for one in empty.bundle(lot.code)["entries"] if one["content"]]
    assert "harvest" in kinds
    assert "listed" not in kinds
    assert check_lot_proof(json.dumps(empty.bundle(lot.code)).encode(), Trust(vkey=empty.verifier)).exit_code == 0


def test_the_file_opens_what_the_household_says_of_itself_now(empty):
    lot = empty.add_lot()
    with empty.begin() as session:
        log_household(session=session, household_id=empty.household_id, now=utcnow())
        before = get_household(session, empty.household_id).shown_name
        session.execute(text("UPDATE sellers_households SET shown_name = 'Nhà bà Lan'"))
        log_household(session=session, household_id=empty.household_id, now=utcnow())
        other = make_household(session)
        session.execute(text("UPDATE sellers_households SET shown_name = 'Nhà khác' WHERE id = :id"), {"id": other})
        log_household(session=session, household_id=other, now=utcnow())
    empty.keep()
    bundle = empty.bundle(lot.code)
    (told,) = [one for one in bundle["entries"] if "opened" in one]
    assert json.loads(told["opened"]["content"])["name"] == "Nhà bà Lan"
    assert told["title"] == "Thông tin của hộ"
    text_of_file = json.dumps(bundle, ensure_ascii=False)
    assert before not in text_of_file
    assert "Nhà khác" not in text_of_file
    report = check_lot_proof(json.dumps(bundle).encode(), Trust(vkey=empty.verifier))
    assert report.exit_code == 0, report.to_text()
    assert "  made by Nhà bà Lan, " in report.to_text()
    # The proof for other people's tools stays that of the lot's last statement or record.
    proof = parse_proof(empty.get(f"/lo/{lot.code}/bang-chung.tlog-proof").decode())
    assert json.loads(proof.extra)["kind"] != "master-data"


def test_what_the_household_said_of_itself_is_not_closed_without_a_signed_erasure(empty):
    lot = empty.add_lot()
    with empty.begin() as session:
        log_household(session=session, household_id=empty.household_id, now=utcnow())
        session.execute(text("UPDATE trace_master_versions SET salt = NULL, content = NULL, erased_at = now()"))
    empty.keep()
    bundle = empty.bundle(lot.code)
    assert [one for one in bundle["entries"] if "opened" in one] == []
    report = check_lot_proof(json.dumps(bundle).encode(), Trust(vkey=empty.verifier))
    assert report.exit_code == 1
    assert [one for one in report.faults if "no signed erasure says that it was destroyed" in one]


def test_an_unsigned_recall_is_not_called_signed_and_is_noticed(empty):
    lot = empty.add_lot()
    with empty.begin() as session:
        told = {
            "type": "recall-order",
            "lot": lot.code,
            "lots": [lot.code],
            "reason": "Tồn dư",
            "instruction": "Đừng ăn",
        }
        log_statement(
            session, kind="recall", content=told, actor_party=empty.officer.party, now=utcnow(), lot_id=lot.id
        )
    empty.keep()
    bundle = empty.bundle(lot.code)
    assert [one["title"] for one in bundle["entries"]].count("Lệnh thu hồi không có chữ ký") == 1
    faults = check_lot_proof(json.dumps(bundle).encode(), Trust(vkey=empty.verifier)).faults
    assert [one for one in faults if "nobody has signed this recall" in one]
    assert [one for one in empty.audit(empty.verifier).faults if "nobody has signed this recall" in one]


def test_an_entry_that_waits_too_long_is_told(empty):
    empty.add_lot()
    empty.keep()
    empty.add_lot()
    assert "Sổ đang ghi chậm" not in empty.get("/minh-bach").decode()
    with empty.begin() as session:
        session.execute(text("ALTER TABLE trace_log_entries DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE trace_log_entries SET logged_at = logged_at - interval '2 minutes'"))
        session.execute(text("ALTER TABLE trace_log_entries ENABLE TRIGGER append_only"))
    assert "Sổ đang ghi chậm" in empty.get("/minh-bach").decode()


def test_an_entry_that_was_taken_out_of_the_queue_is_late_as_well(empty):
    empty.add_lot()
    empty.keep()
    empty.add_lot(utcnow() - timedelta(minutes=5))
    empty.alter("DELETE FROM trace_log_waiting")
    assert "Sổ đang ghi chậm" in empty.get("/minh-bach").decode()
    empty.keep()


def test_files_have_the_types_and_the_caching_of_the_specification(market):
    size = market.checkpoint.size
    ever = "public, max-age=31536000, immutable"
    for path, kind, caching in (
        ("/log/checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("/log/vkey", "text/plain; charset=utf-8", "no-cache"),
        ("/log/office-keys", "text/plain; charset=utf-8", "no-cache"),
        (f"/log/checkpoints/{size}", "text/plain; charset=utf-8", ever),
        (f"/log/tile/0/000.p/{size}", "application/octet-stream", ever),
        (f"/log/tile/entries/000.p/{size}", "application/octet-stream", ever),
        ("/log/entries/0", "application/json", "no-cache"),
    ):
        with market.client.get(path) as answer:
            assert (path, answer.status_code) == (path, 200)
            assert (answer.content_type, answer.headers["Cache-Control"]) == (kind, caching)
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Set-Cookie" not in answer.headers
    # Nobody witnesses, so there is no policy to show.
    assert market.get("/log/policy") is None


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001", "tile/0/000.p/0", "tile/0/000.p/256", "tile/64/000", "tile/00/000", "tile/0/0", "tile/entries/x",
        "tile/0/../../../keys/log.key", "tile/0/%2e%2e/%2e%2e/size", "tile/0/000.p", "tile/0/x000/000", "size",
        "log.key",
        "checkpoints/1",
        "checkpoints/99999999999999999999", "entries/99999", "entries/99999999999999999999",
        "statements/99999", "contents/99999", "contents/99999999999999999999", "proof/99999.tlog-proof",
    ],
)  # fmt: skip
def test_what_is_not_there(market, path):
    assert market.fetch(path) is None


@pytest.mark.parametrize(
    "query",
    [
        "inclusion?index=x", "inclusion", "inclusion?index=-1", "inclusion?index=0&size=0", "inclusion?index=99999",
        "inclusion?index=1&size=1", "inclusion?index=0&size=99999", "inclusion?index=٣", "consistency?old=0",
        "consistency?old=9&new=8", "consistency?old=1&new=99999", "consistency", f"consistency?old={'9' * 40}",
    ],
)  # fmt: skip
def test_proofs_of_nothing_are_refused(market, query):
    with market.client.get(f"/log/proof/{query}") as answer:
        assert answer.status_code == 400


def test_statements_are_shown_and_records_are_not(market):
    kinds = {}
    for place in range(market.checkpoint.size):
        leaf = json.loads(market.fetch(f"entries/{place}"))
        statement = market.fetch(f"statements/{place}")
        kinds.setdefault(leaf["kind"], []).append(statement is not None)
        if statement is not None:
            assert sha256(statement).hexdigest() == leaf["contentHash"]
    assert {kind: set(shown) for kind, shown in kinds.items()} == {
        "policy": {True}, "key": {True}, "verification": {True}, "master-data": {True}, "event": {False},
    }  # fmt: skip


def test_a_lots_file_holds_for_us(market):
    for lot in (market.first, market.second):
        report = market.check_lot(lot.code, market.vkey, market.kept)
        assert report.exit_code == 0, report.to_text()
    bundle = market.bundle(market.first.code)
    assert (bundle["witnesses"], bundle["policy"]) == ([], "")
    assert [entry["title"] for entry in bundle["entries"]] == [
        "Bắt đầu: Rau muống", "Nhập hạt giống, cây giống", "Chăm sóc", "Thu hoạch", "Xã đã xác nhận",
        "Công bố khóa ký của cán bộ", "Xác nhận có chữ ký của cán bộ xã",
    ]  # fmt: skip


def test_a_lots_file_says_nothing_of_other_lots_and_names_nobody(market):
    first, second = (market.get(f"/lo/{lot.code}/bang-chung.json").decode() for lot in (market.first, market.second))
    assert market.second.code not in first
    assert market.first.code not in second
    for name in ("Lê Thị Hoa", "Nguyễn Văn Tâm", "Cửa hàng vật tư", "+84"):
        assert name not in first + second


def test_a_lots_file_holds_for_others(market):
    bundle = market.bundle(market.first.code)
    vkey = bundle["log"]["vkey"]
    head = theirs.checkpoint_verify(bundle["checkpoint"], [vkey])
    for entry in bundle["entries"]:
        proof = [base64.b64decode(one) for one in entry["proof"]]
        theirs.verify_inclusion(entry["index"], head.size, hash_leaf(entry["leaf"].encode()), proof, head.root)
    old = theirs.checkpoint_verify(market.kept, [vkey])
    proof = market.bundle(market.first.code, since=old.size)["consistency"]["hashes"]
    theirs.checkpoint_verify_consistency(
        market.kept, bundle["checkpoint"], [vkey], [base64.b64decode(one) for one in proof]
    )


def test_tlog_proofs_hold(market):
    for path in (f"/lo/{market.first.code}/bang-chung.tlog-proof", "/log/proof/2.tlog-proof"):
        with market.client.get(path) as answer:
            assert answer.headers["Content-Disposition"].endswith('.tlog-proof"')
            proof = parse_proof(answer.get_data(as_text=True))
        assert verify_proof(proof, hash_leaf(proof.extra), market.vkey).size == market.checkpoint.size
    proof = parse_proof(market.get(f"/lo/{market.first.code}/bang-chung.tlog-proof").decode())
    assert json.loads(proof.extra)["kind"] == "verification"


@pytest.mark.parametrize("since", ["x", "0", "-1", "99999", "9" * 40])
def test_a_continuation_of_nothing_is_refused(market, since):
    with market.client.get(f"/lo/{market.first.code}/bang-chung.json?since={since}") as answer:
        assert answer.status_code == 400


def test_an_unknown_lot_has_no_file(market):
    assert market.get("/lo/KHONG-CO/bang-chung.json") is None
    assert market.get("/lo/KHONG-CO/bang-chung.tlog-proof") is None


def test_the_audit_finds_nothing(market):
    report = market.audit(market.vkey, since=market.kept)
    assert report.exit_code == 0, report.to_text()
    assert "All 3 signatures of people are true" in report.to_text()


@pytest.mark.slow
def test_the_command_checks_a_downloaded_file_and_names_the_fault(market, tmp_path):
    path, kept = tmp_path / "lot.json", tmp_path / "kept"
    kept.write_text(market.kept)
    size = market.kept.split("\n")[1]
    data = market.get(f"/lo/{market.first.code}/bang-chung.json?tai=1&since={size}")
    command = [sys.executable, "-m", "marketplace", "verify", str(path), "--vkey", market.vkey.to_text()]
    command += ["--since", str(kept)]

    def run(content):
        path.write_bytes(content)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = run(data)
    assert (done.returncode, "Everything that was checked holds." in done.stdout) == (0, True), done.stdout
    done = run(data.replace(b"tending", b"Tending", 1))
    assert done.returncode == 1
    assert "the content is not the one that was logged" in done.stdout
    assert run(b"{}").returncode == 2


def test_the_file_names_the_witnesses_and_they_count(market, tmp_path):
    witness = new_signer("so.example/w", COSIGNATURE)
    policy = f"witness so {witness.verifier().to_text()}\nquorum so\n"
    (tmp_path / "policy").write_text(policy)
    watched = KeptMarket(market.settings.database_url, market.folder, LOG_POLICY=str(tmp_path / "policy"))
    published = market.settings.log_dir / "checkpoint"
    note = published.read_text()
    (market.settings.log_dir / "policy").write_text(policy)
    published.write_text(note + witness.sign(note.split("\n\n")[0] + "\n", at=1_800_000_000).to_text())
    try:
        bundle = watched.bundle(market.first.code)
        assert bundle["witnesses"] == [{"name": "so", "vkey": witness.verifier().to_text()}]
        report = check_lot_proof(json.dumps(bundle).encode(), Trust(market.vkey, Policy.parse(policy)))
        assert report.exit_code == 0, report.to_text()
        page = watched.get("/minh-bach").decode()
        assert "Có bên ngoài làm chứng" in page
        assert "15/01/2027" in page
        assert watched.get("/log/policy").decode() == policy
    finally:
        published.write_text(note)
        (market.settings.log_dir / "policy").write_text("")
        watched.close()
