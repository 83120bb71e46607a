"""The operator issues keys, sees what there are, and takes them back."""

import re
import uuid

import pytest
from sqlalchemy import text

from marketplace.accounts.rules import Role
from tests.factories.accounts import make_user
from tests.factories.repository import bearer
from tests.web.epcis.conftest import API
from tests.web.sign_in import sign_in
from traceability.rules.epcis_access import MARKET_PARTY

PAGE = "/dieu-hanh/khoa-ket-noi"


@pytest.fixture
def operator(client, session):
    sign_in(client, make_user(session, roles={Role.OPERATOR}))
    return client


def typed(**fields):
    return {"form_key": str(uuid.uuid4()), "owner": "new", "owner_name": "HTX Tân Ninh", "purpose": "Kho", **fields}


def secret_in(page):
    return re.search(r'class="code api-key">(cq_[\w-]{43})<', page.text)[1]


def keys(session):
    return session.execute(text("SELECT * FROM trace_api_keys ORDER BY id")).mappings().all()


def test_a_key_is_shown_once_and_opens_what_was_ticked(operator, session):
    form = typed(may_query="y", may_capture="y")
    page = operator.post(f"{PAGE}/moi", data=form)
    secret = secret_in(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    (key,) = keys(session)
    assert (key["may_query"], key["may_capture"], key["may_publish"]) == (True, True, False)
    assert secret.encode() not in bytes(key["key_hash"])
    assert secret.startswith(key["hint"])
    assert operator.get(f"{API}/capture", headers=bearer(secret)).json == []
    again = operator.post(f"{PAGE}/moi", data=form)
    assert "api-key" not in again.text
    assert "đã hiện một lần rồi" in again.text
    assert len(keys(session)) == 1
    listed = operator.get(PAGE).text
    assert key["hint"] in listed
    assert secret not in listed
    assert "xem, gửi" in listed


def test_keys_of_one_owner_belong_together_and_the_market_has_its_own(operator, session):
    operator.post(f"{PAGE}/moi", data=typed(may_query="y"))
    owner = keys(session)[0]["owner_party"]
    assert f'value="{owner}"' in operator.get(f"{PAGE}/moi").text
    operator.post(f"{PAGE}/moi", data=typed(owner=owner, owner_name="", may_query="y"))
    operator.post(f"{PAGE}/moi", data=typed(owner=MARKET_PARTY, owner_name="", may_query="y"))
    operator.post(f"{PAGE}/moi", data=typed(may_query="y"))
    owners = [(key["owner_party"], key["owner_name"]) for key in keys(session)]
    assert owners[1] == owners[0]
    assert owners[2] == (MARKET_PARTY, "Chợ này")
    assert owners[3][0] not in {owner, MARKET_PARTY}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Hãy chọn ít nhất một việc"),
        ({"may_query": "y", "may_publish": "y"}, "Muốn công bố sự kiện"),
        ({"may_query": "y", "owner_name": " "}, "Hãy ghi tên đơn vị"),
        ({"may_query": "y", "purpose": " "}, "Hãy ghi khóa này dùng vào việc gì"),
        ({"may_query": "y", "purpose": "x" * 201}, "dài quá 200"),
        ({"may_query": "y", "owner": "0" * 25 + "9"}, "has-error"),
    ],
)
def test_a_key_without_sense_is_not_issued(operator, session, fields, said):
    page = operator.post(f"{PAGE}/moi", data=typed(**fields))
    assert page.status_code == 422
    assert said in page.text
    assert keys(session) == []


def test_a_key_is_revoked_for_good(operator, session):
    secret = secret_in(operator.post(f"{PAGE}/moi", data=typed(may_query="y")))
    row = keys(session)[0]["id"]
    assert operator.post(f"{PAGE}/{row}/thu-hoi").status_code == 303
    revoked_at = keys(session)[0]["revoked_at"]
    assert revoked_at is not None
    assert operator.get(f"{API}/events", headers=bearer(secret)).status_code == 401
    assert "Đã thu hồi" in operator.get(PAGE).text
    operator.post(f"{PAGE}/{row}/thu-hoi")
    assert keys(session)[0]["revoked_at"] == revoked_at
    assert operator.post(f"{PAGE}/{row + 99}/thu-hoi").status_code == 404


@pytest.mark.parametrize("role", [Role.BUYER, Role.HELPER])
def test_only_the_operator_sees_keys(client, session, role):
    sign_in(client, make_user(session, roles={role}))
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}/moi", data=typed(may_query="y")).status_code == 403
    assert keys(session) == []
