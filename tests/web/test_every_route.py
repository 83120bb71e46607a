"""Every route, one by one: closed to those who may not, and calm about nonsense from those who may."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from marketplace.accounts.gate import permission_of
from marketplace.accounts.rules import Permission, Role
from tests.architecture.source import PRODUCT, walk
from tests.factories.accounts import make_user
from tests.factories.sellers import make_commune, make_household
from tests.web.sign_in import sign_in

OPENS = {
    "buyer": {Permission.SIGNED_IN},
    "household": {Permission.SIGNED_IN, Permission.KEEP_DIARY, Permission.SELL, Permission.MANAGE_HOUSEHOLD},
    "helper": {Permission.SIGNED_IN, Permission.KEEP_DIARY, Permission.SELL},
    "officer": {Permission.SIGNED_IN, Permission.VERIFY},
    "operator": {Permission.SIGNED_IN, Permission.OPERATE},
}
#: What people and machines put into addresses: words, numbers beyond any column, markup, a NUL, broken UTF-8.
NONSENSE = (
    "x",
    "0",
    "1",
    "9" * 30,
    "-1",
    "<script>",
    "%00",
    "a%00b",
    "%FF",
    "%27%20OR%201=1--",
    "..",
    "%F0%9F%8D%8B",
    "a" * 3000,
)
_ARGUMENT = re.compile(r"<(?:[^<>]*:)?(\w+)>")
#: The interface for programs: keys open it, not people, and it says no in its own words.
_FOR_PROGRAMS = "epcis."
_NO = {401, 404, 501}
#: The short address on a sticker only leads on, to the page that says there is no such lot.
_LEADS_ON = {"traceability.short_passport"}


def routes(app) -> Iterator[tuple[str, str, str, Permission]]:
    """Yield (method, rule, endpoint, permission) for everything that the application answers."""
    for rule in app.url_map.iter_rules():
        with app.app_context():
            permission = permission_of(rule.endpoint)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, rule.endpoint, permission


def status_of(client, address, **options) -> int:
    with client.open(address, **options) as response:
        return response.status_code


def fill(rule: str, value: str) -> str:
    return _ARGUMENT.sub(lambda _: value, rule)


@cache
def asked_for() -> list[str]:
    """Return the names of all parameters that some page reads from its address or from a form."""
    fields = {
        target.id
        for where, node in walk(*PRODUCT)
        if isinstance(node, ast.Assign) and "forms" in where and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.islower()
    }
    return sorted(
        fields
        | {
            node.args[0].value
            for _, node in walk(*PRODUCT)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"get", "getlist"}
            and isinstance(node.func.value, ast.Attribute)
            and node.func.value.attr in {"args", "form", "values"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
        }
    )


@pytest.fixture
def come_as(client, session):
    """``come_as("officer")`` signs one in; ``come_as(None)`` leaves the browser as it is, signed out."""

    def come(who: str | None) -> None:
        if who is None:
            return
        home = make_household(session)
        if who == "household":
            sign_in(client, make_user(session, household_id=home))
        elif who == "helper":
            make_user(session, household_id=home)
            sign_in(client, make_user(session, roles={Role.HELPER}, household_id=home), acting_for=home)
        elif who == "officer":
            sign_in(client, make_user(session, roles={Role.OFFICER}, commune_id=make_commune(session)))
        else:
            sign_in(client, make_user(session, roles={Role(who)}))

    return come


def test_whoever_is_signed_out_is_led_to_the_door(app, client):
    wrong = []
    closed = [route for route in routes(app) if route[3] is not Permission.PUBLIC]
    for method, rule, _, _ in closed:
        response = client.open(fill(rule, "1"), method=method)
        if method == "GET":
            is_right = response.status_code == 303 and response.location.startswith("/dang-nhap")
        else:
            is_right = response.status_code == 401
        if not is_right:
            wrong.append((method, rule, response.status_code, response.location))
    assert len(closed) > 60
    assert wrong == []


@pytest.mark.parametrize("who", OPENS)
def test_a_role_without_the_permission_stays_outside(app, client, come_as, who):
    come_as(who)
    closed = [route for route in routes(app) if route[3] not in {Permission.PUBLIC, *OPENS[who]}]
    answers = {(method, rule): status_of(client, fill(rule, "1"), method=method) for method, rule, _, _ in closed}
    assert closed
    assert {route: status for route, status in answers.items() if status != 403} == {}


def test_somebody_who_helps_and_has_not_said_whom_is_asked(app, client, session):
    home = make_household(session)
    make_user(session, household_id=home)
    sign_in(client, make_user(session, roles={Role.HELPER}))
    for method, rule, _, permission in routes(app):
        if permission in {Permission.KEEP_DIARY, Permission.SELL}:
            response = client.open(fill(rule, "1"), method=method)
            wanted = (303, "/lam-ho") if method == "GET" else (403, None)
            assert (response.status_code, response.location) == wanted, (method, rule)


@pytest.mark.parametrize("who", [None, *OPENS])
@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: value[:12])
def test_an_address_that_cannot_be_is_not_found(app, client, come_as, who, value):
    come_as(who)
    opens = {Permission.PUBLIC} if who is None else OPENS[who]
    wrong = []
    for method, rule, endpoint, permission in routes(app):
        if permission in opens and "<" in rule and endpoint not in _LEADS_ON:
            response = client.open(fill(rule, value), method=method)
            if endpoint.startswith(_FOR_PROGRAMS):
                is_right = response.status_code in _NO and response.content_type == "application/problem+json"
            else:
                is_right = response.status_code == 404
            if not is_right:
                wrong.append((method, rule, response.status_code, response.location))
    assert wrong == []


@pytest.mark.parametrize("who", [None, *OPENS])
def test_pages_that_take_no_word_answer(app, client, come_as, who):
    come_as(who)
    opens = {Permission.PUBLIC} if who is None else OPENS[who]
    answers = {
        (method, rule): status_of(client, rule, method=method)
        for method, rule, endpoint, permission in routes(app)
        if permission in opens and "<" not in rule and not endpoint.startswith(_FOR_PROGRAMS)
    }
    assert {route: status for route, status in answers.items() if status >= 500} == {}
    # /search is the address of old links and only leads on; proofs ask for numbers.
    calm = {200, 303}
    restless = {("GET", "/search"), ("GET", "/log/proof/inclusion"), ("GET", "/log/proof/consistency")}
    found = {route for route, status in answers.items() if route[0] == "GET" and status not in calm}
    assert found == (restless if who is None else set())


@pytest.mark.parametrize("who", [None, *OPENS])
@pytest.mark.parametrize("value", ["9" * 30, "-1", "<script>", "a%00b", "%FF"])
def test_nonsense_in_a_question_or_a_form_breaks_no_page(app, client, come_as, who, value):
    come_as(who)
    opens = {Permission.PUBLIC} if who is None else OPENS[who]
    names = asked_for()
    assert {"q", "trang", "phone", "happened_on", "amount"} <= set(names)
    query = "&".join(f"{name}={value}" for name in names)
    answers = {}
    for method, rule, _, permission in routes(app):
        if permission not in opens or "<" in rule or rule == "/dang-xuat":
            continue
        body = {} if method == "GET" else {"data": query, "content_type": "application/x-www-form-urlencoded"}
        answers[method, rule] = status_of(client, f"{rule}?{query}", method=method, **body)
    assert {route: status for route, status in answers.items() if status >= 500} == {}
