"""What was written last time is offered, and written once more only when somebody asks for it."""

import re

import pytest
from sqlalchemy import func, select

from marketplace.core.clock import local_date, utcnow
from tests.factories.traceability import make_season
from traceability.models.custody import Record


def body(response, status=200):
    html = response.get_data(as_text=True)
    assert response.status_code == status, html[:2000]
    return html


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def sprayed(keeper, session, season, typed):
    """A spray that was written down: its record's id."""
    spray = typed(
        kind="spraying",
        product="Thuốc Bt",
        ingredient="Bacillus",
        target="sâu tơ",
        dose="20 ml",
        waiting_days="7",
        operator="hired",
        happened_on=str(local_date(utcnow())),
    )
    keeper.post(f"/so-tay/vu/{season.id}/thuoc", data=spray)
    return session.execute(select(Record.id).where(Record.kind == "spraying")).scalar_one()


def filled(html):
    """Return what a form would send untouched, hidden keys aside."""
    inputs = re.findall(r"<input[^>]*>", html)
    said = [one for one in inputs if 'type="radio"' not in one or " checked" in one]
    pairs = [(re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)) for one in said]
    return {name[1]: value[1] for name, value in pairs if name and value and name[1] not in {"csrf_token", "q"}}


def test_an_untouched_form_says_nothing_and_is_refused(keeper, session, season, sprayed, typed):
    base = f"/so-tay/vu/{season.id}"
    today = str(local_date(utcnow()))
    keeper.post(f"{base}/nhap", data=typed(what="seed", name="Hạt cải", supplier="Bà Hòa", happened_on=today))
    keeper.post(f"{base}/viec", data=typed(kind="fertilising", product="NPK", operator="household", happened_on=today))
    before = count(session, Record)
    for page, complaint in (
        ("nhap", "Hãy ghi tên như trên bao bì."),
        ("viec", "Hãy chọn một mục trong danh sách."),
        ("thuoc", "Hãy ghi số ngày cách ly trên nhãn thuốc"),
        ("thu", "Hãy ghi số lượng."),
    ):
        sent = filled(body(keeper.get(f"{base}/{page}")))
        for name in ("product", "name", "supplier", "dose", "ingredient", "target", "waiting_days", "grade", "produce"):
            assert not sent.get(name), (page, name)
        assert complaint in body(keeper.post(f"{base}/{page}", data=sent), 422)
    assert count(session, Record) == before


def test_what_was_written_last_time_is_offered_and_filled_in_full_sight(keeper, session, season, sprayed):
    page = f"/so-tay/vu/{season.id}/thuoc"
    html = body(keeper.get(page))
    assert "Lần trước: Phun thuốc, Thuốc Bt, cách ly 7 ngày" in html
    assert f'href="{page}?nhu={sprayed}"' in html
    html = body(keeper.get(f"{page}?nhu={sprayed}"))
    sent = filled(html)
    assert (sent["product"], sent["ingredient"], sent["dose"]) == ("Thuốc Bt", "Bacillus", "20 ml")
    assert (sent["target"], sent["waiting_days"], sent["operator"]) == ("sâu tơ", "7", "hired")
    assert '<details class="why" open>' in html
    assert keeper.post(f"{page}?nhu={sprayed}", data=sent).status_code == 303
    assert session.scalar(select(func.count()).where(Record.kind == "spraying")) == 2


def test_a_product_never_moves_to_another_kind_of_work(keeper, session, season, typed):
    page = f"/so-tay/vu/{season.id}/viec"
    today = str(local_date(utcnow()))
    keeper.post(page, data=typed(kind="fertilising", product="NPK", operator="household", happened_on=today))
    record_id = session.execute(select(Record.id).where(Record.kind == "fertilising")).scalar_one()
    assert not filled(body(keeper.get(f"{page}?viec=watering"))).get("product")
    again = f"{page}?nhu={record_id}"
    sent = filled(body(keeper.get(again)))
    assert (sent["kind"], sent["product"]) == ("fertilising", "NPK")
    assert "Tưới nước" not in body(keeper.get(again))
    assert "Hãy chọn một mục" in body(keeper.post(again, data={**sent, "kind": "watering"}), 422)


def test_only_entries_of_the_same_season_are_offered(keeper, session, home, season, sprayed):
    other = make_season(session, home.household_id, produce="Cải", actor=home.actor, now=utcnow())
    for address in ("thuoc", f"thuoc?nhu={sprayed}", "thuoc?nhu=abc", f"thuoc?nhu={10**30}"):
        html = body(keeper.get(f"/so-tay/vu/{other.id}/{address}"))
        assert "Thuốc Bt" not in html
