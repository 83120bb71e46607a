"""GS1 keys have one spelling; what is none stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis.key_folding import check_digit, fold_key
from traceability.rules import identifiers


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("urn:epc:id:sgtin:4012345.011111.98%22", "01/04012345111118/21/98%22"),
        ("urn:epc:id:sgtin:415056789012.0.987654", "01/04150567890128/21/987654"),
        ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
        ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
        ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
        ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
        ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
        ("urn:epc:id:gsrn:4012345.0000006765", "8018/401234500000067657"),
        ("urn:epc:id:gsrnp:4012345.0000000007", "8017/401234500000000074"),
        ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
        ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "8010/061414111111111111111-A%23%2F/8011/1234"),
        ("urn:epc:id:ginc:0614141.xyz47%2F11", "401/0614141xyz47%2F11"),
        ("urn:epc:id:gsin:4012345.222333444", "402/40123452223334442"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
        ("urn:epc:id:pgln:999999999999.", "417/9999999999994"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:upui:4012345.012345.*", "01/04012345123456"),
        ("http://example.de/gtin-8/01/97803111", "01/00000097803111"),
        ("http://example.de/01/001122334455/ser/GHB", "01/00001122334455/21/GHB"),
        ("https://id.gs1.org/gtin/9780345418913/cpv/344/lot/1223/ser/765tz", "01/09780345418913/21/765tz"),
        ("https://id.gs1.org/gtin/9780345418913/cpv/344", "01/09780345418913"),
        ("https://example.de/8006/040123451234560102/22/AB/21/443322", "8006/040123451234560102/21/443322"),
        ("https://example.org/01/9780345418913/21/765tz?11=221109", "01/09780345418913/21/765tz"),
        ("https://example.co.uk/party/4226350800008", "417/4226350800008"),
        # the trap: a numeric segment in an address of one's own
        ("https://farm.example/x/01/08931234567892/10/L", "01/08931234567892/10/L"),
    ],
)
def test_a_key_has_one_spelling(written: str, folded: str) -> None:
    assert fold_key(written) == f"https://id.gs1.org/{folded}"
    assert fold_key(f"https://id.gs1.org/{folded}") in {f"https://id.gs1.org/{folded}", None}


@pytest.mark.parametrize(
    "written",
    [
        "42",
        "",
        "Hello World!",
        "urn:epc:id:sgtin:4012345.11111.98",
        "urn:epc:id:sgtin:4012345.011111.",
        "urn:epc:id:nothing:4012345.011111.98",
        "urn:epcglobal:cbv:bt:4012345123456:4711",
        "http://example.org/123/4012345ABC987/456/4711",
        "http://id.gs1.org/01/9780345418913/99/utfgf",
        "http://example.de/abc/9780345418913",
        "http://example.de/01/97803",
        "https://id.gs1.org/8006/04012345123456/22/ABCD/10/XYZ",
        "https://id.gs1.org/01/04012345123456/21/98%22",
    ],
)
def test_what_is_no_key_stays_as_it_is(written: str) -> None:
    assert fold_key(written) is None


@given(st.text(), st.text(), st.from_regex(r"[0-9A-Z]{26}", fullmatch=True))
def test_none_of_our_own_identifiers_is_taken_for_a_key(produce: str, batch: str, ulid: str) -> None:
    for uri in (
        identifiers.class_uri(produce, batch),
        identifiers.object_uri(ulid),
        identifiers.place_uri(ulid),
        identifiers.party_uri(ulid),
        identifiers.transaction_uri(ulid),
    ):
        assert fold_key(uri) is None


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    for written in (text, f"urn:epc:id:sgtin:{text}", f"https://id.gs1.org/01/{text}"):
        fold_key(written)


def test_check_digits() -> None:
    assert [check_digit(key[:-1]) for key in ("4006381333931", "8935049501503", "340123453111111115")] == [
        "1",
        "3",
        "5",
    ]
