"""The form with which the operator issues a key to another system."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from marketplace.core.forms import ReplaySafeForm, Required
from traceability.rules.epcis_access import MARKET_PARTY

NEW_OWNER = "new"


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Phần này dài quá {length} ký tự. Hãy viết gọn lại.")


class ApiKeyForm(ReplaySafeForm):
    """Whose key it is, what for, and what it may do."""

    owner = SelectField(_l("Khóa của ai?"), validate_choice=True)
    owner_name = StringField(_l("Tên đơn vị mới"), [_at_most(120)])
    purpose = StringField(_l("Dùng vào việc gì?"), [Required("Hãy ghi khóa này dùng vào việc gì."), _at_most(200)])
    may_query = BooleanField(_l("Xem sự kiện của mình, ngoài những gì đã công khai"))
    may_capture = BooleanField(_l("Gửi sự kiện vào chợ"))
    may_publish = BooleanField(_l("Sự kiện gửi vào được công khai cho mọi người"))

    def offer_owners(self, owners: Iterable[tuple[str, str]]) -> None:
        """Let the operator choose among those who have keys, the market itself, and somebody new."""
        known = [(party, name) for party, name in owners if party != MARKET_PARTY]
        self.owner.choices = [
            (NEW_OWNER, _l("Đơn vị mới")),
            (MARKET_PARTY, _l("Chợ này (thấy cả bán hàng và bưu gửi)")),
            *known,
        ]

    @property
    def owner_party(self) -> str | None:
        """The chosen owner, or None for a new one."""
        return None if self.owner.data == NEW_OWNER else str(self.owner.data)
