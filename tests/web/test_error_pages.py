"""What the database refuses reaches people as a sentence, with the right status."""

import pytest
from sqlalchemy import text

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.db import db, transaction
from tests.conftest import make_app

_INTO = "INSERT INTO core_task_failures (task, error, failed_at, failures) VALUES "
TWICE = f"{_INTO} ('t', 'e', now(), 1), ('t', 'e', now(), 1)"
NOTHING = f"{_INTO} (NULL, 'e', now(), 1)"
LONG = "SELECT 9999999999999999999999::bigint"


@pytest.fixture
def ask(settings):
    app = make_app(settings)

    @app.get("/hong/<int:number>")
    @needs(Permission.PUBLIC)
    def fail(number):
        with transaction() as session:
            session.execute(text((TWICE, NOTHING, LONG)[number]))

    yield app.test_client().get
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("number", "status", "words"), [
    (0, 409, "Vừa có người ghi đúng nội dung này."), (1, 500, "Chợ đang gặp trục trặc"), (2, 404, ""),
])  # fmt: skip
def test_what_the_database_refuses_is_told(ask, number, status, words):
    answer = ask(f"/hong/{number}")
    assert answer.status_code == status
    assert words in answer.text
    assert "Error" not in answer.text


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("/gio-hang/them", "/gio-hang"),
        ("/xa/lo/TH-15715-2611-0001/xac-nhan", "/xa/lo/TH-15715-2611-0001"),
        ("/ho-cua-toi/noi-san-xuat/7/bo", "/ho-cua-toi/noi-san-xuat/7"),
        ("/xa/lo/A%0d%0aX/xac-nhan", "/xa/lo/A%0D%0AX"),
        ("/xa/lo/A%3Fb%23c/xac-nhan", "/xa/lo/A%3Fb%23c"),
    ],
)
def test_the_address_of_a_form_leads_back_to_its_page(client, address, above):
    opened = client.get(address, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (opened.status_code, opened.location) == (303, above)
    assert client.get(address, headers={"Accept": "application/json"}).status_code == 405
    assert {*client.get(address).headers["Allow"].split(", ")} == {"OPTIONS", "POST"}


def test_a_form_that_stands_on_no_page_says_that_it_cannot_be_opened(client):
    opened = client.get("/dang-xuat", headers={"Accept": "text/html"})
    assert opened.status_code == 405
    assert {*opened.headers["Allow"].split(", ")} == {"OPTIONS", "POST"}
