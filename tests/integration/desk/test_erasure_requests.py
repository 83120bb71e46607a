"""What a request for erasure must say, and how a person is recognised in what others wrote."""

import uuid

import pytest

from marketplace.core.clock import utcnow
from marketplace.core.errors import Refused
from traceability.rules.erasure import describe, read_wanted
from traceability.services.erasure import ask_erasure


@pytest.mark.parametrize(
    ("subject", "subject_id", "wanted", "code"),
    [
        ("planet", 1, "", "subject_unknown"),
        ("account", None, "", "subject_not_found"),
        ("named", None, "Lan", "wanted_too_short"),
        ("named", None, "0912", "wanted_too_short"),
    ],
)
def test_a_request_says_whom(session, subject, subject_id, wanted, code):
    with pytest.raises(Refused) as refusal:
        ask_erasure(
            session=session, subject=subject, subject_id=subject_id, wanted=wanted, reason="asked", note="",
            asked_by=1, key=uuid.uuid4(), now=utcnow(),
        )  # fmt: skip
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("told", "is_found"),
    [
        ("Mua của Trần Văn Bốn", True),
        ("tran van bon, chợ huyện", True),
        ("TRẦN  VĂN-BỐN", True),
        ("Trần Văn Bống", False),
        ("gọi 0987.654.321", True),
        ("gọi +84 987654321", True),
        ("hóa đơn 0987654", False),
    ],
)
def test_a_person_is_recognised_in_words(told, is_found):
    wanted = describe(["Trần Văn Bốn", "Bốn"], ["+84987654321"])
    assert wanted.is_in(told) is is_found
    assert read_wanted("0987 654 321").is_in(told) is (is_found and any(ch.isdigit() for ch in told))
