"""Text goes out packed, but never where the length of a page could give a secret away."""

import gzip

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories.accounts import make_user
from tests.web.sign_in import sign_in

_GZIP = {"Accept-Encoding": "gzip"}


def _get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """Read an answer whole, and let go of the file that it may be."""
    with client.get(path, headers=headers) as answer:
        answer.get_data()
    return answer


@pytest.mark.parametrize("path", ["/", "/tim", "/static/css/market.css", "/static/icons.svg", "/static/js/market.js"])
def test_public_text_is_packed_and_says_so(client: FlaskClient, path: str) -> None:
    plain = _get(client, path)
    packed = _get(client, path, **_GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2


def test_the_cheapest_way_is_taken_first(client: FlaskClient) -> None:
    assert client.get("/", headers={"Accept-Encoding": "gzip, deflate, br, zstd"}).headers["Content-Encoding"] == "zstd"
    assert client.get("/", headers={"Accept-Encoding": "gzip, deflate, br"}).headers["Content-Encoding"] == "br"


def test_a_packed_file_is_not_sent_twice(client: FlaskClient) -> None:
    first = _get(client, "/static/css/market.css", **_GZIP)
    again = _get(client, "/static/css/market.css", **{**_GZIP, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_pages_of_somebody_signed_in_stay_as_they_are(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))
    page = client.get("/", headers=_GZIP)
    assert page.status_code == 200
    assert "Content-Encoding" not in page.headers


def test_a_form_beside_text_of_a_stranger_stays_as_it_is(client: FlaskClient) -> None:
    page = client.get("/dang-nhap?tiep=/gio-hang", headers=_GZIP)
    assert b"csrf_token" in page.data
    assert "Content-Encoding" not in page.headers
    assert client.get("/dang-nhap", headers=_GZIP).headers["Content-Encoding"] == "gzip"


def test_pictures_are_left_alone(client: FlaskClient) -> None:
    assert "Content-Encoding" not in _get(client, "/static/img/hero.webp", **_GZIP).headers
