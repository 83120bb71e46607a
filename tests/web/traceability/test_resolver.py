"""The resolver, check by check: what the GS1-Conformant resolver standard 1.2 demands, then what we demand."""

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from jsonschema_rs import validator_for
from sqlalchemy import select, text

from marketplace.core.clock import local_date, utcnow
from tests.factories.gs1 import GTIN, make_gtin, make_prefix
from tests.factories.sellers import make_certificate
from tests.factories.traceability import SIGNATORY, make_lot, make_officer_actor, make_verified_lot
from tests.web.traceability.linkset_schema import SCHEMA, VOC
from traceability.models.custody import Chain, Parcel, Place, Season
from traceability.models.scans import ScanCount
from traceability.rules.gs1 import with_check_digit
from traceability.rules.linkset import CONTEXT_LINK
from traceability.services.gs1_numbers import assign_gln
from traceability.services.parcels import record_packing
from traceability.services.recalls import recall_lot
from traceability.services.sale import commit_to_sale

ROOT = "http://localhost"

PAGE, LINKSET, JSON_LD = "text/html", "application/linkset+json", "application/ld+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def lot(session, home):
    """A lot that was made before its product got a GTIN."""
    make_prefix(session, home.household_id, now=utcnow())
    make_certificate(session, home.household_id)
    found = make_verified_lot(
        session,
        home.household_id,
        actor=home.actor,
        now=utcnow(),
        best_before_on=local_date(utcnow()) + timedelta(days=5),
    )
    make_gtin(session, home.household_id, now=utcnow())
    return found


@pytest.fixture
def link(lot):
    return f"/01/{GTIN}/10/{lot.code}"


@pytest.fixture
def own(lot):
    return f"/id/class/rau-muong/{lot.code.lower()}"


def get(client, address, accept=None, method="GET"):
    return client.open(address, method=method, headers={"Accept": accept} if accept else {})


def linkset(client, address):
    response = get(client, f"{address}?linkType=linkset")
    assert response.status_code == 200
    return response.get_json()["linkset"]


def test_get_head_and_options_are_answered(client, link, own):
    for address in (link, own):
        for method in ("GET", "HEAD"):
            response = get(client, address, method=method)
            assert response.status_code == 307
            assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
        response = get(client, address, method="OPTIONS")
        assert (response.status_code, response.get_data()) == (204, b"")
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert get(client, address, method="POST").status_code == 405


def test_any_page_may_ask_also_when_the_answer_is_an_error(client, link):
    for address, status in (
        (link, 307),
        (f"{link}?linkType=linkset", 200),
        (f"{link}?linkType=gs1:epil", 404),
        ("/01/123", 400),
        ("/.well-known/gs1resolver", 200),
    ):
        response = get(client, address)
        assert response.status_code == status, address
        assert response.headers["Access-Control-Allow-Origin"] == "*", address


@pytest.mark.parametrize(
    "address",
    [
        "/01/{gtin}/foo",
        "/01/{gtin}/10/{lot}/foo",
        "/01/{gtin}/foo/bar",
        "/01/{short}/10/{lot}",
        "/01/{wrong}",
        "/01/{gtin}/21/1/10/{lot}",
        "/01/{gtin}/10/{lot}?10={lot}",
        "/01/{gtin}?17=notadate",
        "/01/{gtin}?9=x",
        "/01/{gtin}/10/" + "x" * 21,
        "/01/{gtin}/10/%C4%91",
        "/01/x",
        "/00/089385012300000017",
        "/414/8938501230079",
        "/417/893850123007",
    ],
)
@pytest.mark.parametrize("accept", [None, PAGE, JSON_LD])
def test_what_is_no_digital_link_is_answered_with_400(client, lot, address, accept):
    wrong = f"{GTIN[:-1]}{(int(GTIN[-1]) + 1) % 10}"
    response = get(client, address.format(gtin=GTIN, short=GTIN[1:], wrong=wrong, lot=lot.code), accept)
    assert response.status_code == 400
    assert "Location" not in response.headers
    if accept == PAGE:
        assert "không đúng chuẩn GS1 Digital Link" in response.get_data(as_text=True)
    else:
        assert response.mimetype == "application/problem+json"
        assert response.get_json()["status"] == 400
        assert response.get_json()["detail"]


@pytest.mark.parametrize(
    "address",
    [
        f"/01/{with_check_digit('0893850123999')}",
        "/00/089385012399999999",
        f"/414/{with_check_digit('893850123999')}",
        f"/417/{with_check_digit('893850123999')}",
        "/id/obj/01jd0000000000000000000000",
        "/id/class/khong-co",
        "/id/class/buoi/{lot}",
        "/id/class/rau-muong/th-15715-2611-9999",
        "/id/class/rau-muong/{LOT}",
        "/id/party/x",
        "/id/loc/x",
        "/id/bt/x",
        "/id/obj/x/y",
        "/id/khac/x",
        "/253/8938501230072",
    ],
)
def test_what_is_not_known_is_answered_with_404(client, lot, address):
    if address.startswith("/00"):
        address = f"/00/{with_check_digit(address[4:-1])}"
    for accept in (None, PAGE):
        response = get(client, address.format(lot=lot.code.lower(), LOT=lot.code), accept)
        assert response.status_code == 404, response.location
        assert "Location" not in response.headers


def test_a_plain_request_is_led_to_the_default_link(client, lot, link, own):
    for address in (link, own, f"{link}/", f"{own}/"):
        for accept in (None, "*/*", BROWSER):
            response = get(client, address, accept)
            assert (response.status_code, response.location) == (307, f"{ROOT}/lo/{lot.code}"), address
            assert response.headers["Cache-Control"] == "no-store"
            assert "Accept" in response.headers["Vary"]
    assert client.get(f"/lo/{lot.code}").status_code == 200


def test_the_query_is_passed_on_as_it_came(client, lot, link):
    query = "7007=261120&foo=bar&foo=b%C3%A0&linkType=gs1:recallStatus"
    response = get(client, f"{link}?{query}")
    assert response.location == f"{ROOT}/lo/{lot.code}?{query}#thu-hoi"


def test_the_redirection_says_where_the_link_set_is_and_nothing_more(client, link):
    response = get(client, link)
    assert response.headers.getlist("Link") == [f'<{ROOT}{link}?linkType=linkset>; rel="linkset"; type="{LINKSET}"']
    assert get(client, response.headers["Link"][1:].partition(">")[0]).status_code == 200


@pytest.mark.parametrize(
    ("ask", "accept", "mimetype"),
    [
        ("", LINKSET, LINKSET),
        ("?linkType=linkset", None, LINKSET),
        ("?linkType=all", "*/*", LINKSET),
        ("?linkType=linkset", LINKSET, LINKSET),
        ("?linkType=linkset", "application/json", "application/json"),
        ("?linkType=linkset", BROWSER, "application/json"),
    ],
)
def test_the_link_set_is_given_without_a_redirection(client, link, own, ask, accept, mimetype):
    for address in (link, own):
        response = get(client, f"{address}{ask}", accept)
        assert (response.status_code, response.mimetype) == (200, mimetype)
        assert any(
            CONTEXT_LINK in one and 'rel="http://www.w3.org/ns/json-ld#context"' in one
            for one in response.headers.getlist("Link")
        )
        assert list(validator_for(SCHEMA).iter_errors(response.get_json())) == []


def test_the_link_set_tells_of_every_level(client, lot, link):
    levels = linkset(client, link)
    assert [level["anchor"] for level in levels] == [f"{ROOT}{link}", f"{ROOT}/01/{GTIN}"]
    assert levels[0][f"{VOC}defaultLink"] == [{"href": f"{ROOT}/lo/{lot.code}", "title": f"Rau muống, lô {lot.code}"}]


def test_every_link_can_be_asked_for_and_opens(client, link):
    """Each one leads where the set says, chosen by its type of document, and what is ours there answers."""
    seen = set()
    for level in linkset(client, link):
        path = level["anchor"].removeprefix(ROOT)
        for name, targets in level.items():
            if not name.startswith(VOC) or name.endswith("defaultLink"):
                continue
            kinds = [target["type"] for target in targets]
            assert len(set(kinds)) == len(kinds), "the same kind twice would need a choice (300)"
            for target in targets:
                for spelling in ("gs1:", VOC, "https://gs1.org/voc/"):
                    asked = f"{path}?linkType={quote(spelling + name.removeprefix(VOC), safe='')}"
                    response = get(client, asked, target["type"])
                    assert response.status_code == 307
                    location, _, fragment = response.location.partition("#")
                    base, _, wanted_fragment = target["href"].partition("#")
                    assert fragment == wanted_fragment
                    passed_on = location.removeprefix(base)
                    # The query interface of EPCIS refuses what it does not know.
                    assert passed_on == "" if "/epcis/" in base else passed_on[1:].startswith("linkType=")
                    assert client.get(location.removeprefix(ROOT)).status_code == 200, location
                seen.add((name.removeprefix(VOC), target["type"]))
    assert seen == {
        ("pip", PAGE),
        ("traceability", PAGE),
        ("recallStatus", PAGE),
        ("recallStatus", JSON_LD),
        ("certificationInfo", PAGE),
        ("certificationInfo", JSON_LD),
        ("masterData", JSON_LD),
        ("epcis", "application/json"),
    }


@pytest.mark.parametrize("asked", ["gs1:epil", "gs1:nonsense", "https://schema.org/review", "x:y", "%00", "linkset2"])
def test_a_link_type_that_is_missing_is_answered_with_404(client, link, asked):
    response = get(client, f"{link}?linkType={asked}")
    assert response.status_code == 404
    assert "Location" not in response.headers


@pytest.mark.parametrize(
    ("accept", "is_data"),
    [
        (JSON_LD, True),
        ("application/json", True),
        (f"{JSON_LD};q=0.9, {PAGE};q=0.1", True),
        (f"{PAGE}, {JSON_LD};q=0.5", False),
        (BROWSER, False),
        ("image/png", False),
    ],
)
def test_content_negotiation_between_page_and_data(client, lot, link, accept, is_data):
    response = get(client, link, accept)
    wanted = f"/ma/id/class/rau-muong/{lot.code.lower()}.jsonld" if is_data else f"/lo/{lot.code}"
    assert response.status_code == 307
    found = response.location.removeprefix(ROOT)
    assert found == (f"/ma{link}.jsonld" if is_data else wanted)


def test_the_data_is_the_lot_in_the_words_of_gs1(client, session, home, lot, link, own):
    for address in (link, own):
        response = client.get(f"/ma{address}.jsonld")
        assert (response.status_code, response.mimetype) == (200, JSON_LD)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        told = json.loads(response.get_data())
        assert told["@context"]["gs1"] == VOC
        assert told["@id"] == f"https://choque.example{own}"
        assert told["owl:sameAs"] == [f"https://id.gs1.org{link}"]
        assert told["@type"] == "gs1:FoodBeverageTobaccoProduct"
        assert told["gs1:productName"] == {"@value": "Rau muống", "@language": "vi"}
        assert (told["gs1:gtin"], told["gs1:hasBatchLotNumber"]) == (GTIN, lot.code)
        assert told["gs1:harvestDate"] == {"@value": lot.made_on.isoformat(), "@type": "xsd:date"}
        assert told["gs1:isProductRecalled"] is False
        assert told["gs1:netContent"]["gs1:value"] == 100
        assert told["gs1:certification"][0]["gs1:certificationStandard"] == "VietGAP"
        assert told["gs1:manufacturer"]["gs1:organizationName"]["@value"] == "Hộ bà Lê Thị Hoa"
    html = response.get_data(as_text=True)
    for private in ("0912", "Số 12 ngõ 3", "Đồng Cao", "Cửa hàng vật tư"):
        assert private not in html, private


def test_a_recalled_lot_says_so_in_every_form(client, session, home, lot, link):
    recall_lot(
        session=session,
        lot_id=lot.id,
        officer=make_officer_actor(home.commune_id),
        officer_title="Cán bộ",
        reason="Dư lượng thuốc vượt mức",
        instruction="Đừng ăn, mang trả nơi bán.",
        is_drill=False,
        signatory=SIGNATORY,
        key=uuid.uuid4(),
        now=utcnow(),
    )
    title = linkset(client, link)[0][f"{VOC}recallStatus"][0]["title"]
    assert title == "ĐANG THU HỒI: xem phải làm gì"
    response = get(client, f"{link}?linkType=gs1:recallStatus", PAGE)
    assert response.location.endswith("#thu-hoi")
    html = client.get(response.location.removeprefix(ROOT)).get_data(as_text=True)
    assert 'id="thu-hoi"' in html
    assert "ĐANG THU HỒI" in html
    data = get(client, f"{link}?linkType=gs1:recallStatus", JSON_LD).location.removeprefix(ROOT)
    assert json.loads(client.get(data).get_data())["gs1:isProductRecalled"] is True
    session.execute(
        text(
            "INSERT INTO trace_recall_steps (recall_id, step, officer_party, officer_title, done_at) "
            "SELECT id, 'closed', officer_party, officer_title, '2026-11-29 05:00+00' FROM trace_recalls"
        )
    )
    title = linkset(client, link)[0][f"{VOC}recallStatus"][0]["title"]
    assert title == "Đã thu hồi, đợt thu hồi kết thúc ngày 29/11/2026"


def test_an_unknown_lot_of_a_known_product_walks_up_and_the_page_warns(client, lot):
    for rest, asked in (("/10/TH-15715-2611-9999", "TH-15715-2611-9999"), ("/10/X/21/7", "X"), ("/21/777", "777")):
        response = get(client, f"/01/{GTIN}{rest}", BROWSER)
        assert (response.status_code, response.location) == (307, f"{ROOT}/ma/01/{GTIN}?lo={asked}")
        html = client.get(response.location.removeprefix(ROOT)).get_data(as_text=True)
        assert "Chợ không có lô" in html
        assert asked in html
        assert [level["anchor"] for level in linkset(client, f"/01/{GTIN}{rest}")] == [f"{ROOT}/01/{GTIN}"]
    html = client.get(f"/ma/01/{GTIN}").get_data(as_text=True)
    assert lot.code in html
    assert "Chợ không có lô" not in html
    assert get(client, f"/01/{GTIN}/22/2A/10/{lot.code}").location == f"{ROOT}/lo/{lot.code}"


def test_a_lot_of_another_product_is_not_taken_for_this_one(client, session, home, lot):
    other = make_lot(session, home.household_id, produce="Bưởi", template="fruit", actor=home.actor, now=utcnow())
    make_gtin(session, home.household_id, "buoi.kg", with_check_digit("0893850123002"), now=utcnow())
    response = get(client, f"/01/{GTIN}/10/{other.code}")
    assert response.location == f"{ROOT}/ma/01/{GTIN}?lo={other.code}"


def test_a_lot_made_under_its_gtin_is_found_by_it(client, session, home, lot):
    later = make_lot(session, home.household_id, actor=home.actor, now=utcnow())
    assert later.gtin == GTIN
    assert get(client, f"/01/{GTIN}/10/{later.code}").location == f"{ROOT}/lo/{later.code}"
    told = json.loads(client.get(f"/ma/01/{GTIN}/10/{later.code}.jsonld").get_data())
    assert told["@id"] == f"https://id.gs1.org/01/{GTIN}/10/{later.code}"
    assert "owl:sameAs" not in told


def test_everything_in_a_sealed_record_leads_somewhere(client, session, home, lot):
    now = utcnow()
    who = {"session": session, "household_id": home.household_id, "actor": home.actor, "now": now}
    commit_to_sale(**who, lot_id=lot.id, quantity=Decimal(2), key=uuid.uuid4())
    record_packing(
        **who, lot_quantities=[(lot.id, Decimal(2))], parcel_ref="K1", consignment_ref="CUA-CHI-MAI", key=uuid.uuid4()
    )
    assign_gln(**who, site_id=None, typed=with_check_digit("893850123007"))
    assign_gln(**who, site_id=home.site_id, typed=with_check_digit("893850123008"))
    party = session.scalar(select(Chain.party)).lower()
    place = session.scalar(select(Place.ulid)).lower()
    season = session.scalar(select(Season.transformation_id)).lower()
    parcel = session.execute(select(Parcel)).scalar_one()
    home_page = client.get(f"/lo/{lot.code}").get_data(as_text=True).partition('href="/ho/')[2].partition('"')[0]
    for address, page, told in (
        (f"/id/party/{party}", f"/ho/{home_page}", "Hộ bà Lê Thị Hoa"),
        (f"/417/{with_check_digit('893850123007')}", f"/ho/{home_page}", "Hộ bà Lê Thị Hoa"),
        (f"/id/loc/{place}", f"/ho/{home_page}", "Hộ bà Lê Thị Hoa"),
        (f"/414/{with_check_digit('893850123008')}", f"/ho/{home_page}", "Hộ bà Lê Thị Hoa"),
        (f"/id/obj/{season}", f"/ma/id/obj/{season}", lot.code),
        (f"/id/obj/{parcel.parcel_ulid.lower()}", f"/ma/id/obj/{parcel.parcel_ulid.lower()}", lot.code),
        (f"/00/{parcel.sscc}", f"/ma/00/{parcel.sscc}", lot.code),
        (f"/id/bt/{parcel.consignment_ulid.lower()}", f"/ma/id/bt/{parcel.consignment_ulid.lower()}", lot.code),
        ("/id/class/rau-muong", "/ma/id/class/rau-muong", lot.code),
    ):
        response = get(client, address, BROWSER)
        assert (response.status_code, response.location) == (307, f"{ROOT}{page}"), address
        html = client.get(page).get_data(as_text=True)
        assert told in html, address
        assert "CUA-CHI-MAI" not in html
        data = client.get(f"/ma{address}.jsonld")
        assert data.status_code == 200, address
        assert json.loads(data.get_data())["@id"]
        assert list(validator_for(SCHEMA).iter_errors(get(client, f"{address}?linkType=linkset").get_json())) == []


def test_the_description_stands_where_everybody_looks(client):
    response = client.get("/.well-known/gs1resolver")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.get_json() == {
        "name": "Chợ Quê",
        "resolverRoot": ROOT,
        "supportedPrimaryKeys": ["00", "01", "414", "417"],
        "supportedLinkType": [{"namespace": VOC, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
    }


def test_the_short_address_on_a_sticker_leads_on(client, lot):
    response = client.get(f"/l/{lot.code}")
    assert (response.status_code, response.location) == (307, f"{ROOT}/lo/{lot.code}")
    assert response.headers["Cache-Control"] == "no-store"
    response = client.get("/l/TH-15715-2611-9999")
    assert response.status_code == 307
    assert client.get(response.location.removeprefix(ROOT)).status_code == 404


def scans(session):
    return [
        (row.lot_id, row.pack_id, row.scans, row.devices)
        for row in session.execute(select(ScanCount).order_by(ScanCount.lot_id, ScanCount.pack_id)).scalars()
    ]


def test_only_a_person_who_opens_a_code_is_counted(client, session, lot, link, own):
    for address in (f"/l/{lot.code}", link, own):
        get(client, address)
        get(client, address, JSON_LD)
        get(client, address, "*/*")
        get(client, address, BROWSER, method="HEAD")
        if not address.startswith("/l/"):
            get(client, f"{address}?linkType=linkset", BROWSER)
        client.get(f"/lo/{lot.code}", headers={"Accept": BROWSER})
    assert scans(session) == []
    for address in (f"/l/{lot.code}", link, own):
        get(client, address, BROWSER)
    assert scans(session) == [(lot.id, 0, 3, 1)]
