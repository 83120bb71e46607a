"""Every page has a door, and every template can be read."""

import pytest
from jinja2 import Environment

from marketplace.accounts.gate import permission_of
from marketplace.accounts.rules import Permission
from tests.architecture.source import ROOT, list_files


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
