"""What names and descriptions claim of certificates, however it is written."""

from dataclasses import dataclass

import pytest

from traceability.rules.claims import find_claims, find_unproved


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Rau muống", set()),
        ("Rau muống VietGAP", {"vietgap"}),
        ("rau VIET  gap", {"vietgap"}),
        ("Rau Việt-Gap", {"vietgap"}),
        ("V.i.e.t G.A.P", {"vietgap"}),
        ("Lợn VietGAHP", {"vietgap"}),
        ("người Việt gặp nhau", set()),
        ("Mắm tôm OCOP", {"ocop"}),
        ("O.C.O.P 4 sao", {"ocop-4"}),
        ("Mắm tôm 5 sao OCOP", {"ocop-5"}),
        ("OCOP5sao", {"ocop-5"}),
        ("OCOP hạng năm sao", {"ocop-5"}),
        ("OCOP ★★★★", {"ocop-4"}),
        ("OCOP 4⭐", {"ocop-4"}),
        ("OCOP 3 sao, sắp lên 4 sao", {"ocop-4"}),
        ("khách sạn 5 sao", set()),
        ("mèo cọp", set()),
        ("Cải hữu cơ", {"organic"}),
        ("cai huu co", {"organic"}),
        ("Organic rice", {"organic"}),
        ("bón phân hữu cơ và phủ cỏ", set()),
        ("phân bón hữu cơ vi sinh", set()),
        ("đất giàu chất hữu cơ", set()),
        ("bón phân gà; rau hữu cơ", {"organic"}),
        ("có giấy chứng nhận an toàn thực phẩm", {"food_safety"}),
        ("làm an toàn thực phẩm", set()),
    ],
)
def test_claims(text, claims):
    assert find_claims(text) == claims


def test_texts_are_read_together():
    assert find_claims("Mắm tôm OCOP", "", "Hạng 5 sao của tỉnh. Rau VietGAP.") == {"ocop-5", "vietgap"}


@dataclass(frozen=True)
class Paper:
    kind: str
    stars: int | None = None


@pytest.mark.parametrize(
    ("claims", "papers", "unproved"),
    [
        ({"ocop-5"}, [Paper("ocop", 3)], ["OCOP 5 sao"]),
        ({"ocop-3"}, [Paper("ocop", 4)], []),
        ({"ocop"}, [Paper("ocop", 3)], []),
        ({"ocop"}, [Paper("vietgap")], ["OCOP"]),
        ({"organic", "vietgap"}, [Paper("vietgap")], ["hữu cơ"]),
        (set(), [], []),
    ],
)
def test_stars_and_kinds_prove(claims, papers, unproved):
    assert find_unproved(claims, papers) == unproved
