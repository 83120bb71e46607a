"""The beginning of a recall: what it asks, the second question before a real one, and the first letter's place."""

from datetime import timedelta

import pytest

from marketplace.core.clock import local_date, utcnow
from tests.factories.traceability import make_verified_lot
from tests.web.traceability.recalling import WORDS, body, count, start
from traceability.models.custody import Recall
from traceability.models.recall import RecallNotice
from traceability.queries.lots import get_lot
from traceability.queries.recalls import list_recalls


@pytest.fixture
def lot(session, home):
    return make_verified_lot(session, home.household_id, actor=home.actor, now=utcnow(), amount=100)


def test_a_recall_says_how_money_comes_back_and_refuses_what_it_does_not_know(officer, session, lot, typed):
    page = f"/xa/thu-hoi/moi?lo={lot.code}"
    assert 'value="refund" checked' in body(officer.get(page))
    for remedy in ("", "gift", "refund'"):
        html = body(officer.post(page, data=typed(**{**WORDS, "remedy": remedy}, kind="real")), 422)
        assert "Hãy chọn" in html
        assert "Dư lượng thuốc 0,5 mg/kg" in html, "what was typed stays"
    assert get_lot(session, lot.id).state == "verified"


def test_a_real_recall_is_asked_about_once_more_by_the_code_of_its_lot(officer, session, lot, typed):
    page = f"/xa/thu-hoi/moi?lo={lot.code}"
    html = body(officer.get(page))
    assert html.count('name="kind"') == 2, "two buttons"
    assert "data-confirm" not in html
    assert "Bạn sắp thu hồi thật" not in body(officer.post(page, data=typed(kind="real")), 422), (
        "an empty form asks nothing"
    )
    for sure in ({}, {"sure": "TH-00000-0000-0000"}):
        html = body(officer.post(page, data=typed(**{**WORDS, "kind": "real"}, **sure)))
        assert f"Bạn sắp thu hồi thật lô {lot.code}" in html
        assert "không gỡ lại được" in html
        assert f'name="sure" value="{lot.code}"' in html
        assert "Dư lượng thuốc 0,5 mg/kg" in html, "what was typed stays"
        assert count(session, Recall) == 0
    assert officer.post(page, data=typed(**start(lot))).status_code == 303
    assert get_lot(session, lot.id).state == "recalled"


def test_where_goods_are_taken_back_is_said_before_the_first_letter(officer, session, lot, typed):
    page = f"/xa/thu-hoi/moi?lo={lot.code}"
    told = start(lot, remedy="return", places="Nhà văn hóa thôn 3", contact="0237 3812 345")
    until = local_date(utcnow()) + timedelta(days=7)
    for changes, complaint in (
        ({"places": " "}, "Hãy ghi nơi nhận lại hàng"),
        ({"contact": ""}, "Hãy ghi số điện thoại"),
        ({"contact": "hỏi xã"}, "Hãy ghi số điện thoại"),
        ({"until_on": ""}, "Hãy chọn ngày."),
        ({"until_on": (until - timedelta(days=9)).isoformat()}, "phải sau ngày bắt đầu"),
    ):
        fields = {**told, "until_on": until.isoformat(), **changes}
        assert complaint in body(officer.post(page, data=typed(**fields)), 422), changes
    assert (count(session, Recall), count(session, RecallNotice)) == (0, 0)
    form = typed(**told, until_on=until.isoformat())
    assert {officer.post(page, data=form).status_code for _ in range(2)} == {303}
    assert (count(session, Recall), count(session, RecallNotice)) == (1, 1)
    (recall,) = list_recalls(session, lot.commune_id)
    assert (recall.places, recall.contact, recall.until_on) == ("Nhà văn hóa thôn 3", "0237 3812 345", until)


def test_a_lot_that_is_not_there_is_asked_for_again(officer, lot):
    html = body(officer.get("/xa/thu-hoi/moi?lo=TH-99999-2611-0009"), 404)
    assert "Không tìm thấy lô này trong xã" in html
    assert 'value="TH-99999-2611-0009"' in html, "what was typed stays"
    assert 'href="/xa/lo"' in html
    assert lot.code in body(officer.get(f"/xa/thu-hoi/moi?lo=  {lot.code.lower()} "))
