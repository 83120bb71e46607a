"""GS1 Digital Links: read as the standard reads them.

The addresses are those of the test vectors of GS1's barcode syntax engine (functions test_dl_*, Apache License 2.0), as
far as they concern our keys; those on convenience words, shortened GTINs and other primary keys are left out.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.rules.digital_link import KEYS, DigitalLink, MalformedLink, parse_path, parse_uri
from traceability.rules.gs1 import make_sscc, with_check_digit

GOOD = """
http://a/00/006141411234567890
HTTP://a/00/006141411234567890
https://a/00/006141411234567890
HTTPS://a/00/006141411234567890
https://a/01/12312312312333
https://xn--fsq.xn--0zwm56d/01/12312312312333
https://a./01/12312312312333
https://a:65535/01/12312312312333
https://192.0.2.1/01/12312312312333
https://3232235777/01/12312312312333
https://0300.0250.01.01/01/12312312312333
https://0xC0.0xA8.0x01.0x01/01/12312312312333
https://[2001:db8::1]/01/12312312312333
https://a/stem/00/006141411234567890
https://a/more/stem/00/006141411234567890
https://a/00/faux/00/006141411234567890
https://a/01/12312312312333/22/TEST/10/ABC/21/XYZ
https://a/01/12312312312333/235/TEST
https://a/stem/00/006141411234567890?
https://a/stem/00/006141411234567890?99=ABC
https://a/01/12312312312333?99=ABC&98=XYZ
https://a/01/12312312312333?&&&99=ABC&&&&&&98=XYZ&&&
https://a/01/12312312312333?99=ABC&unknown=666&98=XYZ
https://a/01/12312312312333?unknown=666&99=ABC&98=XYZ
https://a/01/12312312312333?99=ABC&98=XYZ&unknown=666
https://a/01/12312312312333?unknown1=555&99=ABC&unknown2=666&98=XYZ&unknown3=777
https://a/01/12312312312333?99=ABC&singleton&98=XYZ
https://a/01/12312312312333?singleton&99=ABC&98=XYZ
https://a/01/12312312312333?99=ABC&98=XYZ&singleton
https://a/01/12312312312333?singleton1&99=ABC&singleton2&98=XYZ&singleton3
https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ%2f987
https://a/01/12312312312333/22/ABC+123?99=ABC&98=XYZ%2f987
https://a/01/12312312312333/22/test/10/abc/21/xyz#
https://a/01/12312312312333/22/test/10/abc/21/xyz#fragment
https://a/stem/00/006141411234567890?99=ABC#
https://a/stem/00/006141411234567890?99=ABC#fragment
https://id.gs1.org/01/09520123456788
https://id.gs1.org/01/09520123456788/22/2A
https://id.gs1.org/01/09520123456788/10/ABC123
https://id.gs1.org/01/09520123456788/21/12345
https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426
https://id.gs1.org/01/09520123456788?3103=000195
https://example.com/01/09520123456788?3103=000195&3922=0299&17=201225
https://id.gs1.org/01/09520123456788?17=201225&3103=000195&3922=0299
https://id.gs1.org/00/952012345678912345
https://id.gs1.org/00/952012345678912345?02=09520123456788&37=25&10=ABC123
https://id.gs1.org/414/9520123456788
https://id.gs1.org/414/9520123456788/254/32a%2Fb
https://id.gs1.org/01/09520123456788/235/XYZ?10=ABC123
"""
BAD = """
ftp://
http://
http:///
http://a
http://a/
http://a/b
http://a/b/
HtTp://a/b/00/006141411234567890
https://00/006141411234567890
https://[fe80::1%25lo]/01/12312312312333
https://$a/006141411234567890
https://a$/006141411234567890
https://a/gtin/12312312312333
https://a/01/2112345678900
https://a/01/416000336108
https://a/01/02345673
https://a/stem/00/006141411234567890/
https://a/01/12312312312333?99=
https://a/01/12312312312333?99=ABC&999=faux
https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ+987
https://example.com/01/09520123456788?10=ABC123
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&01=09520123456788
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&10=ABC123
https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&99=XYZ789
https://example.com/01/09520123456788/89/ABC123?99=XYZ
https://example.com/01/09520123456788?99=XYZ&89=ABC123
"""
GTIN, SSCC, GLN = "08938501230010", make_sscc("893850123", 1), "8938501230072"


@pytest.mark.parametrize("uri", GOOD.split())
def test_what_the_standard_allows_is_read(uri):
    link = parse_uri(uri)
    assert f"/{link.key}/{link.value}" in uri


@pytest.mark.parametrize("uri", ["", *BAD.split()])
def test_what_the_standard_forbids_is_refused(uri):
    with pytest.raises(MalformedLink) as refusal:
        parse_uri(uri)
    assert refusal.value.detail


def test_the_parts_are_told_apart():
    assert parse_uri("https://a/b/01/09520123456788/10/ABC%2F1/21/x?17=180426&linkType=all") == DigitalLink(
        "01", "09520123456788", (("10", "ABC/1"), ("21", "x")), (("17", "180426"),)
    )


@pytest.mark.parametrize(
    ("names", "is_right"),
    [
        ("01", True), ("01 21", True), ("01 10", True), ("01 10 21", True), ("01 22", True), ("01 22 21", True),
        ("01 22 10", True), ("01 22 10 21", True), ("01 235", True), ("00", True), ("414", True), ("414 254", True),
        ("414 7040", True), ("417", True), ("417 7040", True),
        ("01 21 10", False), ("01 10 22", False), ("01 10 10", False), ("01 235 10", False), ("01 254", False),
        ("00 10", False), ("414 21", False), ("414 254 7040", False), ("417 254", False), ("8200", False),
        ("10", False),
    ],
)  # fmt: skip
def test_qualifiers_follow_their_key_in_order(names, is_right):
    values = {"01": GTIN, "00": SSCC, "414": GLN, "417": GLN, "7040": "1ABC"}
    segments = [part for name in names.split() for part in (name, values.get(name, "X1"))]
    if is_right:
        assert [segment for pair in parse_path(segments).qualifiers for segment in pair] == segments[2:]
    else:
        with pytest.raises(MalformedLink):
            parse_path(segments)


@pytest.mark.parametrize("key", KEYS)
def test_every_wrong_digit_of_a_key_shows(key):
    right = {"01": GTIN, "00": SSCC, "414": GLN, "417": GLN}[key]
    assert parse_path([key, right]).value == right
    for place, digit in enumerate(right):
        wrong = f"{right[:place]}{(int(digit) + 1) % 10}{right[place + 1 :]}"
        with pytest.raises(MalformedLink, match="GS1 Digital Link"):
            parse_path([key, wrong])
    for wrong in (right[1:], f"0{right}", right[:-1] + "x", "", f" {right[1:]}"):
        with pytest.raises(MalformedLink):
            parse_path([key, wrong])


@given(
    st.text("0123456789", min_size=13, max_size=13),
    st.text("ABCabc012-./_%&()*+,:;<=>?!\"'", min_size=1, max_size=20),
    st.text("XYZ987-/", min_size=1, max_size=20),
)
def test_a_link_is_read_back_from_its_own_address(digits, lot, serial):
    link = DigitalLink("01", with_check_digit(digits), (("10", lot), ("21", serial)))
    assert parse_uri(f"https://choque.example{link.path()}") == link
    assert parse_uri(f"https://choque.example{link.path(upto=1)}").qualifiers == (("10", lot),)


@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=60))
def test_nonsense_is_malformed_and_nothing_worse(segments, query):
    try:
        link = parse_path(segments, query)
    except MalformedLink:
        return
    assert link.key in KEYS


def test_a_very_long_address_is_refused():
    with pytest.raises(MalformedLink):
        parse_path(["01", GTIN, "10", "A"], "x=" + "y" * 3000)
