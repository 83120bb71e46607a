"""The published words: a page for people, JSON-LD for machines, at one address."""

import json

import pytest
from flask.testing import FlaskClient

from traceability.rules.vocabulary import TERMS

DATA = {"Accept": "application/ld+json"}


def test_the_page_shows_every_word(client: FlaskClient) -> None:
    answer = client.get("/voc/")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    for term in TERMS.values():
        assert f'id="{term.anchor}"' in answer.text
        assert f'href="/voc/{term.path}"' in answer.text
    assert len(answer.data) < 100_000


def test_the_same_address_answers_machines(client: FlaskClient) -> None:
    answer = client.get("/voc/", headers=DATA)
    assert (answer.status_code, answer.mimetype) == (200, "application/ld+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer.vary
    assert {node["@id"].partition("/voc/")[2] for node in json.loads(answer.data)["@graph"]} >= set(TERMS)


@pytest.mark.parametrize("path", ["dose", "bizstep/spraying", "measurement/timeInRange", "bizstep/spraying/"])
def test_every_word_has_an_address_of_its_own(client: FlaskClient, path: str) -> None:
    term = TERMS[path.rstrip("/")]
    page = client.get(f"/voc/{path}")
    assert page.status_code == 200
    assert term.about_vi in page.text
    data = client.get(f"/voc/{path}", headers=DATA)
    assert json.loads(data.data)["@id"] == term.uri


@pytest.mark.parametrize("accept", [None, "*/*", "text/html", "text/html, application/ld+json;q=0.5", "image/png"])
def test_people_get_the_page(client: FlaskClient, accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    assert client.get("/voc/", headers=headers).mimetype == "text/html"


@pytest.mark.parametrize("path", ["nothing", "bizstep/", "bizstep/flying", "dose/x"])
def test_unknown_words_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/voc/{path}").status_code == 404
    assert client.get(f"/voc/{path}", headers=DATA).status_code == 404
