"""An operator with SQL access makes the tables say what nobody sealed or signed; a buyer looks at page and proof.

Nothing sealed, signed or logged is touched. What an administrator can do to those is in ``make tamper-drill``.
"""

import json
from datetime import timedelta
from html import unescape

import pytest

from tests.tamper.stage import Administrator
from tests.tamper.staged import staged
from transparency.lot_proof import Trust, check_lot_proof

SEAL = 'class="seal"'
MISMATCH = "Thông tin về lô này không khớp với sổ đã niêm phong"
WRONG_STATE = "vào một trạng thái mà sổ không có ghi chép hay chữ ký nào của cán bộ xã cho phép"
WRONG_DAY = "Hạn sử dụng mà chợ đang lưu khác với hạn đã niêm phong"
HELD = "Lô này đang bị giữ lại, không được bán"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with staged(tmp_path_factory.mktemp("seal")) as found:
        yield found


class Buyer:
    """Somebody with the code of a pack, the log's key and an older checkpoint; and the market that was led astray."""

    def __init__(self, stage, market) -> None:
        self.market, self.stranger = market, stage.stranger
        names = ("green", "red", "held", "recalled", "pack", "raw")
        self.lots = dict(zip(names, stage.stranger.lots, strict=True))

    def read(self, name):
        html = self.market.look(f"/lo/{self.lots[name]}")
        assert html is not None
        return unescape(html.decode())

    def head(self, name):
        """Return the page above its steps, where seal and warnings stand."""
        return self.read(name).partition('<ol class="timeline"')[0]

    def download(self, name):
        data = self.market.look(f"/lo/{self.lots[name]}/bang-chung.json")
        assert data is not None
        return data

    def verify(self, name):
        """Return what ``marketplace verify`` finds false."""
        return check_lot_proof(self.download(name), Trust(vkey=self.stranger.vkey)).faults

    def audit(self):
        return self.market.audit(self.stranger.vkey, since=self.stranger.kept)


@pytest.fixture
def buyer(stage):
    market = stage.copy()
    yield Buyer(stage, market)
    market.close()


@pytest.fixture
def admin(buyer):
    return Administrator(buyer.market)


def lot_id(buyer, name):
    return f"(SELECT id FROM trace_lots WHERE code = '{buyer.lots[name]}')"  # noqa: S608 - ours


def test_an_honest_market_shows_what_was_signed(buyer):
    assert SEAL in buyer.head("green")
    assert "Sổ không ghi lần dùng thuốc nào." in buyer.head("green")
    assert HELD in buyer.head("held")
    assert 'data-shown="recalled"' in buyer.head("recalled")
    for name in buyer.lots:
        assert MISMATCH not in buyer.head(name)
        assert (SEAL in buyer.head(name)) is (name in {"green", "red"})
        assert buyer.verify(name) == []
    report = buyer.audit()
    assert report.faults == []
    assert [line.split()[:2] for line in report.notes] == [
        ["RECALLED", buyer.lots["recalled"] + ","],
        ["HELD", buyer.lots["held"] + ","],
    ]


@pytest.mark.attack("seal-set-in-the-table")
@pytest.mark.parametrize("name", ["raw", "pack"])
def test_a_lot_is_marked_as_verified(buyer, admin, name):
    admin.run(f"UPDATE trace_lots SET state = 'verified' WHERE id = {lot_id(buyer, name)}")  # noqa: S608
    head = buyer.head(name)
    assert SEAL not in head
    assert MISMATCH in head
    assert WRONG_STATE in head
    assert "Sổ không ghi lần dùng thuốc nào." not in head
    assert buyer.verify(name) == ["The market shows the lot as verified; by its entries it is recorded."]


@pytest.mark.attack("hold-reason-taken-away")
def test_the_reason_of_a_hold_is_taken_away(buyer, admin):
    ((reason,),) = admin.run(f"SELECT hold_reason FROM trace_lots WHERE id = {lot_id(buyer, 'held')}")  # noqa: S608
    admin.run("UPDATE trace_lots SET hold_reason = NULL")
    head = buyer.head("held")
    assert HELD in head
    assert reason in head
    assert MISMATCH in head
    assert "lần nào cũng" not in head
    assert "Sổ không ghi lần dùng thuốc nào." not in head
    assert buyer.verify("held") == ["The market gives another reason for holding the lot than its entries do."]


@pytest.mark.attack("held-lot-set-free-in-the-table")
def test_a_held_lot_is_set_free(buyer, admin):
    admin.run("UPDATE trace_lots SET state = 'verified', hold_reason = NULL WHERE state = 'held'")
    head = buyer.head("held")
    assert SEAL not in head
    assert HELD in head
    assert WRONG_STATE in head
    assert buyer.verify("held") == ["The market shows the lot as verified; by its entries it is held."]


@pytest.mark.attack("best-before-moved-in-the-table")
def test_a_later_best_before_day(buyer, admin):
    ((day,),) = admin.run(f"SELECT best_before_on FROM trace_lots WHERE id = {lot_id(buyer, 'pack')}")  # noqa: S608
    admin.run("UPDATE trace_lots SET best_before_on = best_before_on + 365 WHERE best_before_on IS NOT NULL")
    head = buyer.head("pack")
    assert f"{day:%d/%m/%Y}" in head
    assert f"{day + timedelta(days=365):%d/%m/%Y}" not in head
    assert WRONG_DAY in head
    assert buyer.verify("pack") == [f"The market shows another best-before day than its entries: {day}."]


@pytest.mark.attack("role-changed-in-the-table")
def test_a_household_is_made_an_officer(buyer, admin):
    honest = buyer.read("green").partition('<ol class="timeline"')[2].partition("</ol>")[0]
    admin.run("UPDATE trace_records SET entered_role = 'officer' WHERE kind = 'harvest'")
    page = buyer.read("green")
    assert page.partition('<ol class="timeline"')[2].partition("</ol>")[0] == honest
    head = buyer.head("green")
    assert SEAL not in head
    assert "Có bước mà bảng của chợ ghi khác với bản đã niêm phong" in head
    (fault,) = buyer.verify("green")
    assert fault.endswith("the market shows another role of who entered it.")


@pytest.mark.attack("salt-destroyed-without-an-erasure")
def test_a_salt_is_destroyed_that_nobody_asked_to_erase(buyer, admin):
    admin.run("UPDATE trace_master_versions SET salt = NULL, content = NULL, erased_at = now()")
    assert not any("opened" in entry for entry in json.loads(buyer.download("green"))["entries"])
    (fault,) = buyer.verify("green")
    assert fault.endswith("is not opened, and no signed erasure says that it was destroyed.")


@pytest.mark.attack("recall-deleted-from-the-tables")
def test_a_recall_is_deleted(buyer, admin):
    admin.run("UPDATE trace_lots SET state = 'verified', recall_id = NULL WHERE state = 'recalled'")
    admin.run("DELETE FROM trace_recall_lots")
    admin.run("DELETE FROM trace_recalls")
    head = buyer.head("recalled")
    assert SEAL not in head
    assert 'data-shown="recalled"' in head
    assert WRONG_STATE in head
    assert buyer.verify("recalled") == ["The market shows the lot as verified; by its entries it is recalled."]
    assert any(line.startswith(f"RECALLED  {buyer.lots['recalled']},") for line in buyer.audit().notes)


@pytest.mark.attack("verification-of-another-lot-pasted")
def test_the_signed_verification_of_another_lot_is_pasted(buyer, admin):
    """Statement, its record and the officer's decision all hang on the lot that nobody verified."""
    raw, green = lot_id(buyer, "raw"), lot_id(buyer, "green")
    admin.run(f"UPDATE trace_log_entries SET lot_id = {raw} WHERE kind = 'verification' AND lot_id = {green}")  # noqa: S608
    admin.run(f"UPDATE trace_verifications SET lot_id = {raw} WHERE lot_id = {green}")  # noqa: S608
    admin.run(f"UPDATE trace_records SET lot_id = {raw} WHERE kind = 'verification' AND lot_id = {green}")  # noqa: S608
    admin.run(f"UPDATE trace_lots SET state = 'verified' WHERE id = {raw}")  # noqa: S608
    head = buyer.head("raw")
    assert SEAL not in head
    assert WRONG_STATE in head
    assert "The market shows the lot as verified; by its entries it is recorded." in buyer.verify("raw")
    # Nor is the lot from which it was taken shown as verified any more.
    assert SEAL not in buyer.head("green")


@pytest.mark.attack("recall-unlinked-from-its-lots")
def test_every_trace_of_a_recall_is_cut_off_from_its_lot(buyer, admin):
    """Then the page and the proof file of the lot show nothing: only the whole log does."""
    lots = "(SELECT id FROM trace_lots WHERE state = 'recalled')"
    admin.run(f"DELETE FROM trace_record_lots WHERE lot_id IN {lots}")  # noqa: S608
    admin.run(f"DELETE FROM trace_recall_lots WHERE lot_id IN {lots}")  # noqa: S608
    admin.run(f"UPDATE trace_log_entries SET lot_id = NULL WHERE kind = 'recall' AND lot_id IN {lots}")  # noqa: S608
    admin.run("UPDATE trace_lots SET state = 'verified', recall_id = NULL WHERE state = 'recalled'")
    assert 'data-shown="recalled"' not in buyer.head("recalled")
    assert buyer.verify("recalled") == []
    assert any(line.startswith(f"RECALLED  {buyer.lots['recalled']},") for line in buyer.audit().notes)
