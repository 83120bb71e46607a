"""The carrier's catalogue and price list: every commune is understood, and no price is out of order."""

import unicodedata

import pytest
import resvg_py
from hypothesis import given
from hypothesis import strategies as st

from simulators.viettelpost.barcode import code128_svg
from simulators.viettelpost.places import NEW_DISTRICT_BASE, catalogue
from simulators.viettelpost.prices import SERVICES, list_prices, price_of, volumetric_g
from simulators.viettelpost.states import FINAL, NAMES, REASONS, SCRIPTS, steps_after

PROVINCES = st.sampled_from(list(catalogue().provinces.values()))
COMMUNES = [ward for ward in catalogue().list_wards(-1) if ward.district_id > NEW_DISTRICT_BASE]
WEIGHTS = st.integers(min_value=1, max_value=30_000)


def test_every_commune_is_understood_as_it_is_written():
    places = catalogue()
    assert len(COMMUNES) == 3321
    misread = [
        ward.name
        for ward in COMMUNES
        if (found := places.read(f"Thôn 5, {ward.name}, {places.provinces[ward.province_id].full_name}")) is None
        or found.ward != ward
    ]
    assert misread == []


@given(ward=st.sampled_from(COMMUNES))
def test_accents_case_and_the_country_do_not_matter(ward):
    home = catalogue().provinces[ward.province_id]
    text = unicodedata.normalize("NFD", f"Số 1, {ward.name.upper()} , {home.name}, Việt Nam")
    found = catalogue().read(text)
    assert found is not None
    assert found.ward == ward
    assert found.province == home


@pytest.mark.parametrize("text", ["", ",,", "Việt Nam", "Số 1, Xã Vân Du", "Xã Vân Du, Tỉnh Thanh Hoá Mới"])
def test_an_address_without_a_province_is_not_understood(text):
    assert catalogue().read(text) is None


def test_ids_that_do_not_belong_together_are_no_place():
    places = catalogue()
    ward = COMMUNES[0]
    other = next(one for one in places.provinces.values() if one.id != ward.province_id)
    assert places.find(ward.province_id, ward.district_id, ward.id) is not None
    assert places.find(ward.province_id, 0, ward.id) is not None
    assert places.find(other.id, other.new_district_id, ward.id) is None
    assert places.find(ward.province_id, other.new_district_id, ward.id) is None
    assert places.find(999, 0, ward.id) is None


@given(sender=PROVINCES, receiver=PROVINCES, weight=WEIGHTS, more=WEIGHTS)
def test_more_weight_is_never_cheaper_and_the_way_back_costs_the_same(sender, receiver, weight, more):
    for service in SERVICES:
        light = price_of(service.code, sender, receiver, weight_g=weight)
        heavy = price_of(service.code, sender, receiver, weight_g=weight + more)
        back = price_of(service.code, receiver, sender, weight_g=weight)
        assert (light and light.total) == (back and back.total)
        if heavy is not None:
            assert light is not None
            assert heavy.total >= light.total > light.main > 0


@given(sender=PROVINCES, receiver=PROVINCES, weight=WEIGHTS, cod=st.integers(min_value=0, max_value=100_000_000))
def test_a_price_is_the_sum_of_its_parts(sender, receiver, weight, cod):
    for price in list_prices(sender, receiver, weight_g=weight, volume_g=0, cod=cod):
        told = price.as_fields()
        parts = ("MONEY_TOTAL_FEE", "MONEY_FEE", "MONEY_COLLECTION_FEE", "MONEY_OTHER_FEE", "MONEY_VAS", "MONEY_VAT")
        assert told["MONEY_TOTAL"] == sum(told[part] for part in parts)
        assert (told["MONEY_COLLECTION_FEE"] > 0) == (cod > 1_000_000)


def test_a_large_box_is_charged_by_its_volume():
    home = catalogue().provinces[1]
    assert volumetric_g(60, 40, 30) == 12_000
    small = price_of("VCN", home, home, weight_g=3000)
    large = price_of("VCN", home, home, weight_g=3000, volume_g=volumetric_g(60, 40, 30))
    assert small is not None
    assert large is not None
    # 10 kg beyond the first two, 2.500 for each half.
    assert (small.main, large.main) == (21_500, 66_500)


def test_a_service_that_does_not_exist_has_no_price():
    home = catalogue().provinces[1]
    assert price_of("XYZ", home, home, weight_g=100) is None
    assert price_of("VHT", home, home, weight_g=15_001) is None


def test_journeys_have_known_states_and_stop_at_a_final_one():
    for _title, steps in SCRIPTS.values():
        assert all(step.status in NAMES for step in steps)
        assert all(step.reason is None or step.reason in REASONS for step in steps)
        assert not any(step.status in FINAL for step in steps[:-1])


def test_a_journey_goes_on_from_where_the_parcel_stands():
    assert [step.status for step in steps_after("happy", 400)] == [500, 501]
    assert steps_after("happy", 102)[0].status == 103
    with pytest.raises(ValueError, match="script must be one of"):
        steps_after("nowhere", 102)


@pytest.mark.parametrize("text", ["15123456789", "VTP-0001", "~ A z 0"])
def test_a_barcode_can_be_read_back(text):
    import io

    import zxingcpp
    from PIL import Image

    svg = str(code128_svg(text)).replace("<path", '<rect width="100%" height="100%" fill="#fff"/><path')
    picture = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=1200))
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert (code.text, code.format.name) == (text, "Code128")


@pytest.mark.parametrize("text", ["", "cam Vân Du"])
def test_a_barcode_holds_plain_letters_only(text):
    with pytest.raises(ValueError, match="printable ASCII"):
        code128_svg(text)
