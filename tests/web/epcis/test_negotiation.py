"""Both sides agree in headers, or are told that they cannot."""

import pytest

from tests.factories.repository import bearer, make_document, make_event
from tests.web.epcis.conftest import API
from tests.web.epcis.test_access import problem
from traceability.api.description import describe_interface

SPOKEN = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-EPC-Format": "Never_Translates",
    "GS1-Extensions": "cq=https://choque.example/voc/",
    "GS1-Vendor-Version": "1.0",
    "Access-Control-Allow-Origin": "*",
}


def addresses():
    return [path.replace("{", "").replace("}", "") for path in describe_interface()["paths"]]


@pytest.mark.parametrize("path", addresses())
def test_every_address_says_what_it_can_do(client, path):
    response = client.options(f"{API}{path}")
    assert (response.status_code, response.data) == (204, b"")
    described = describe_interface()["paths"]
    item = described[next(address for address in described if address.replace("{", "").replace("}", "") == path)]
    methods = {method.upper() for method in item if method != "parameters"}
    assert set(response.headers["Allow"].split(", ")) - {"HEAD"} == methods
    assert {name: response.headers[name] for name in SPOKEN} == SPOKEN
    assert "Content-Type" not in response.headers


def test_every_route_is_described_and_every_description_has_a_route(app):
    import re

    routed = {
        (re.sub(r"<any\((.*?)\):\w+>", r"{any}", rule.rule.removeprefix(API)), method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("epcis.")
        for method in rule.methods - {"HEAD"}
    }
    collections = ("epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")
    routed = {
        (path.replace("{any}", collection) if "{any}" in path else path, method)
        for path, method in routed
        for collection in collections
    }
    described = {
        (path, method.upper())
        for path, item in describe_interface()["paths"].items()
        for method in item
        if method != "parameters"
    }

    def shape(pairs):
        return {(re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path), method) for path, method in pairs}

    assert shape(routed) == shape(described)


def test_limits_are_told_where_documents_are_sent(client):
    headers = client.options(f"{API}/capture").headers
    assert headers["GS1-EPCIS-Capture-Limit"] == "5000"
    assert headers["GS1-EPCIS-Capture-File-Size-Limit"] == "10485760"
    assert headers["GS1-Capture-Error-Behaviour"] == "rollback"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"GS1-EPCIS-Version": "2.0"},
        {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.1"},
        {"GS1-EPCIS-Min": "1.2", "GS1-EPCIS-Max": "2.0"},
        {"GS1-EPCIS-Min": "2"},
        {"GS1-EPCIS-Max": "3.1"},
        {"GS1-EPC-Format": "Never_Translates"},
        {"GS1-EPC-Format": "No_Preference"},
        {"GS1-EPC-Format": " Never_Translates "},
        {"GS1-CBV-XML-Format": "Always_URN"},
        {"GS1-Extensions": "ex=https://ns.example/,fit=urn:fit:"},
        {"Accept": "*/*"},
        {"Accept": "application/ld+json;q=0.9, text/html"},
        {"Accept": "application/*"},
        {"Accept": "application/problem+json"},
    ],
)
def test_what_we_speak_is_accepted(client, headers):
    response = client.get(f"{API}/events", headers=headers)
    assert response.status_code == 200
    wanted = "application/ld+json" if "ld+json" in headers.get("Accept", "") else "application/json"
    assert response.content_type == wanted
    assert {name: response.headers[name] for name in SPOKEN} == SPOKEN


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({"GS1-EPCIS-Version": "1.2"}, 406, "NotAcceptableException"),
        ({"GS1-EPCIS-Min": "2.1"}, 406, "NotAcceptableException"),
        ({"GS1-EPCIS-Max": "1.2"}, 406, "NotAcceptableException"),
        ({"GS1-EPCIS-Min": "2.0.2", "GS1-EPCIS-Max": "2.0.1"}, 406, "NotAcceptableException"),
        ({"GS1-CBV-Version": "3.0"}, 406, "NotAcceptableException"),
        ({"GS1-EPC-Format": "Always_XML"}, 400, "ValidationException"),
        ({"Accept": "application/xml"}, 406, "NotAcceptableException"),
        ({"Accept": "text/html"}, 406, "NotAcceptableException"),
        ({"GS1-EPCIS-Version": "two"}, 400, "ValidationException"),
        ({"GS1-EPC-Format": "Sometimes"}, 400, "ValidationException"),
        ({"GS1-CBV-XML-Format": "Sometimes"}, 400, "ValidationException"),
        ({"GS1-Extensions": "https://ns.example/"}, 400, "ValidationException"),
    ],
)
def test_what_we_do_not_speak_is_refused_and_nothing_is_captured(client, key, headers, status, name):
    response = client.get(f"{API}/events", headers=headers)
    if "GS1-Extensions" in headers:
        problem(client.get(f"{API}/events?EQ_ex:a=1", headers=headers), status, name)
        return
    problem(response, status, name)
    assert {name: response.headers[name] for name in SPOKEN} == SPOKEN
    problem(client.post(f"{API}/events", json=make_event(), headers={**bearer(key), **headers}), status, name)
    assert client.get(f"{API}/capture", headers=bearer(key)).json == []
    assert client.get(f"{API}/bizSteps").json["member"] == []


@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "text/plain", "multipart/form-data", ""])
@pytest.mark.parametrize("path", ["/capture", "/events", "/queries"])
def test_only_json_is_taken(client, key, path, kind):
    body = "<epcis:EPCISDocument/>"
    refused = client.post(f"{API}{path}", data=body, content_type=kind, headers=bearer(key))
    told = problem(refused, 415, "UnsupportedMediaTypeException")
    assert ("XML is not supported" in told["detail"]) is kind.endswith("xml")
    squeezed = client.post(
        f"{API}{path}", data="{}", content_type="application/json", headers={**bearer(key), "Content-Encoding": "gzip"}
    )
    problem(squeezed, 415, "UnsupportedMediaTypeException")


def test_too_much_is_refused_with_the_limits(client, key):
    headers = bearer(key)
    many = client.post(f"{API}/capture", json=make_document(*[{}] * 5001), headers=headers)
    problem(many, 413, "CaptureLimitExceededException")
    long = client.post(
        f"{API}/capture", data=b" " * (10 * 1024 * 1024 + 1), content_type="application/json", headers=headers
    )
    problem(long, 413, "CaptureLimitExceededException")
    for refused in (many, long):
        assert refused.headers["GS1-EPCIS-Capture-Limit"] == "5000"
        assert refused.headers["GS1-EPCIS-Capture-File-Size-Limit"] == "10485760"
    problem(client.get(f"{API}/events?EQ_bizStep={'x' * 8000}"), 414, "URITooLongException")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing/here", 404, "epcisException:NoSuchResourceException"),
        ("PUT", "/events", 405, "about:blank"),
        ("DELETE", "/events/x", 405, "about:blank"),
        ("GET", "/queries/x/subscriptions", 501, "epcisException:ImplementationException"),
        ("POST", "/queries/x/subscriptions", 501, "epcisException:ImplementationException"),
        ("DELETE", "/queries/x/subscriptions/1", 501, "epcisException:ImplementationException"),
    ],
)
def test_errors_of_every_kind_are_problem_documents(client, method, path, status, kind):
    response = client.open(f"{API}{path}", method=method)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert (response.json["type"], response.json["status"]) == (kind, status)
    assert response.json["instance"] == f"{API}{path}"
    assert ("Allow" in response.headers) is (status == 405)
    assert response.headers["GS1-EPCIS-Version"] == "2.0.0"


def test_the_description_stands_where_the_root_says(client):
    root = client.get(f"{API}/")
    assert root.json["member"][:2] == ["capture", "events"]
    assert f'<{API}/openapi.json>; rel="service-desc"' in root.headers["Link"]
    assert '</epcis>; rel="service-doc"' in root.headers["Link"]
    assert client.get(f"{API}").status_code == 200
    description = client.get(f"{API}/openapi.json").json
    assert description["openapi"] == "3.1.0"
    assert description["servers"] == [{"url": API}]
