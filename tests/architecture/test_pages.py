"""Every page has a door, every template can be read, and every page is looked at."""

import inspect
import re

import pytest
from jinja2 import Environment

from marketplace.accounts.gate import permission_of
from marketplace.accounts.rules import Permission
from tests.architecture.source import ROOT, list_files
from tests.journeys.test_axe import PAGES, SAMPLES


def test_every_route_names_a_permission(app):
    with app.app_context():
        named = {rule.endpoint: permission_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert [endpoint for endpoint, permission in named.items() if not isinstance(permission, Permission)] == []


def test_every_permission_opens_something(app):
    with app.app_context():
        used = {permission_of(rule.endpoint) for rule in app.url_map.iter_rules()}
    assert used == set(Permission)


def test_only_what_programs_call_goes_without_a_form_token(app):
    """Webhooks prove themselves by a signature, the rest by a key; none of them looks at a browser's session."""
    from marketplace.app import csrf

    names = {blueprint.name for blueprint in csrf._exempt_blueprints if blueprint in app.blueprints.values()}
    exempt = [rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in names]
    assert exempt
    assert all(rule.rule.startswith(("/webhooks/", "/epcis/v2", "/api/sensors/")) for rule in exempt)
    assert csrf._exempt_views == set()


def test_what_changes_something_is_never_a_get(app):
    """A link that is followed, also by a machine that looks ahead, changes nothing: POST stands alone or beside GET.

    The EPCIS interface deletes with DELETE, as its standard says; no page can send that.
    """
    allowed = {frozenset({"GET"}), frozenset({"POST"}), frozenset({"GET", "POST"})}
    wrong = {
        rule.rule: methods
        for rule in app.url_map.iter_rules()
        if (methods := rule.methods - {"OPTIONS", "HEAD"}) not in allowed
        and not (rule.endpoint.startswith("epcis.") and methods in ({"DELETE"}, {"GET", "DELETE"}))
    }
    assert wrong == {}


def _templates(folder):
    return [path for path in list_files() if path.suffix in {".html", ".txt", ".xml"} and path.is_relative_to(folder)]


def test_every_template_compiles(app):
    names = [path.relative_to(ROOT / "templates").as_posix() for path in _templates(ROOT / "templates")]
    assert len(names) > 40
    for name in names:
        app.jinja_env.get_template(name)


def test_every_template_of_the_simulators_can_be_parsed():
    reader = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    paths = _templates(ROOT / "simulators")
    assert paths
    for path in paths:
        reader.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("word", ["style=", "onclick=", "onload=", "onsubmit=", "onchange=", "javascript:"])
def test_no_template_needs_what_the_content_policy_forbids(word):
    found = [
        f"{path.name}:{number}"
        for path in _templates(ROOT / "templates")
        if not {"email", "letters"} & set(path.parts)  # a letter's reader knows no style sheet
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if f" {word}" in line
    ]
    assert found == []


#: Pages that no walk of the browser opens by their address, and why.
_NOT_LOOKED_AT = {
    "traceability.passport_qr": "a picture",
    "traceability.thing_page": "its number has to be given first; tests/web/traceability/test_things.py reads it",
    "orders.checkout": "needs a basket: looked at in the journey from seed to doorstep",
    "orders.confirm": "needs an address: looked at in the same journey",
    "orders.pay_by_card": "needs an order that waits for a card: looked at in the journeys of paying",
    "desk.erasure": "needs a request",
    "logistics.label": "the carrier's own paper",
    "orders.packing_slip": "paper, for a parcel that was accepted: the journey prints it",
}


def test_every_page_for_people_is_looked_at_by_axe(app):
    """A route that gives a page of ours stands in the list of the browser's walk, or here with its reason."""
    adapter = app.url_map.bind("localhost")
    looked_at = set()
    for path in " ".join(PAGES.values()).split():
        name, rest = re.fullmatch(r"(@[a-z-]+)?(.*)", path).groups()
        address = (SAMPLES[name] if name else "") + rest
        if address == "/khong-co-trang-nay":
            continue
        looked_at.add(adapter.match(address.partition("?")[0])[0])
    pages = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        source = inspect.getsource(inspect.unwrap(view))
        if "GET" in rule.methods and ("render_template(" in source or "_page(" in source):
            pages.add(rule.endpoint)
    assert len(pages) > 60
    assert pages - looked_at - _NOT_LOOKED_AT.keys() == set()
    assert _NOT_LOOKED_AT.keys() <= pages - looked_at, "no longer an exception"
