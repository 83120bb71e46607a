"""Forms of households: who they are, where they grow things, what papers they hold, where money goes."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from marketplace.core.clock import local_date, utcnow
from marketplace.core.forms import (
    BaseForm,
    PhoneField,
    PhotoField,
    QuantityField,
    ReplaySafeForm,
    Required,
    VietnameseDateField,
)
from marketplace.core.text import nfc
from sellers.ports import Made
from sellers.queries import SiteView
from sellers.rules import BANKS, CERTIFICATE_KINDS, HOUSEHOLD_KINDS, IDENTITY_METHODS, PRODUCTIONS, Scope

_BIGGEST_ID = 2**63 - 1
_WHOLE = Decimal(1)


def _read_id(typed: object) -> int:
    """Return a number from a hidden value; 0, which names nothing, for what is none."""
    text = str(typed)
    number = int(text) if text.isascii() and text.isdigit() else 0
    return number if number <= _BIGGEST_ID else 0


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Phần này dài quá {length} ký tự. Hãy viết gọn lại.")


class PlaceForm(BaseForm):
    """What every household says of itself."""

    shown_name = StringField(
        _l("Tên hiện trên chợ"), validators=[Required("Hãy đặt tên để người mua gọi."), _at_most(120)]
    )
    representative = StringField(
        _l("Họ tên người đại diện"), validators=[Required("Hãy nhập họ tên người đại diện."), _at_most(80)]
    )
    phone = PhoneField(_l("Số điện thoại của hộ"), validators=[Required("Hãy nhập số điện thoại của hộ.")])
    hamlet = StringField(
        _l("Thôn, bản, tổ dân phố"), validators=[Required("Hãy nhập thôn, bản hay tổ dân phố."), _at_most(80)]
    )
    address_line = StringField(_l("Số nhà, ngõ, đường"), validators=[Optional(), _at_most(160)])


class NewHouseholdForm(PlaceForm, ReplaySafeForm):
    """A household that joins."""

    kind = RadioField(
        _l("Bạn bán với tư cách nào?"),
        choices=[SelectChoice(value, label) for value, label in HOUSEHOLD_KINDS.items()],
        default="household",
        validate_choice=False,
        validators=[AnyOf(tuple(HOUSEHOLD_KINDS), message="Hãy chọn hộ gia đình hoặc hợp tác xã.")],
    )
    commune_text = StringField(_l("Xã, phường"), validators=[Required("Hãy gõ tên xã hoặc phường."), _at_most(120)])
    commune_code = HiddenField()


class ProfileForm(PlaceForm):
    """What a household changes about itself later."""

    pickup_note = StringField(_l("Chỉ đường cho bưu tá"), validators=[Optional(), _at_most(160)])
    tax_code = StringField(
        _l("Mã số thuế"),
        validators=[
            Optional(),
            Regexp(r"^\s*(\d{10}|\d{12}|\d{10}-\d{3})\s*$", message="Mã số thuế có 10 hoặc 12 chữ số."),
        ],
    )
    story = TextAreaField(_l("Câu chuyện của nhà"), validators=[Optional(), _at_most(3000)])
    photo = PhotoField(_l("Ảnh của hộ"))
    kept_photo = HiddenField()


class SiteForm(ReplaySafeForm):
    """A place where things grow, live or are made. Which fields are asked depends on its kind."""

    name = StringField(_l("Tên gọi"), validators=[Required("Hãy đặt tên để dễ chọn khi ghi sổ."), _at_most(80)])
    parent_id = SelectField(_l("Nằm trong chuồng nào?"), coerce=_read_id, validate_choice=False)
    area_m2 = QuantityField(
        _l("Diện tích (m²)"), step=_WHOLE, noun="Diện tích", example="500 (tính bằng m²)", validators=[Optional()]
    )
    capacity_heads = QuantityField(
        _l("Nuôi được tối đa (con)"), step=_WHOLE, noun="Số con", example="20", validators=[Optional()]
    )
    planting_area_code = StringField(_l("Mã số vùng trồng"), validators=[Optional(), _at_most(40)])

    def __init__(self, *args: Any, asked: Sequence[str], barns: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        """Keep the fields that are ``asked`` of such a place; ``barns`` are where a pen may stand."""
        super().__init__(*args, **kwargs)
        self.parent_id.choices = [SelectChoice(str(key), name) for key, name in barns]
        for name in ("parent_id", "area_m2", "capacity_heads", "planting_area_code"):
            if name not in asked:
                del self[name]


class CertificateForm(ReplaySafeForm):
    """A certificate as it stands on paper."""

    kind = RadioField(
        _l("Loại giấy"),
        choices=[SelectChoice(value, label) for value, label in CERTIFICATE_KINDS.items()],
        validate_choice=False,
        validators=[AnyOf(tuple(CERTIFICATE_KINDS), message="Hãy chọn loại giấy chứng nhận.")],
    )
    stars = SelectField(
        _l("Số sao OCOP"),
        choices=[SelectChoice("", _l("Không phải OCOP"))]
        + [SelectChoice(str(stars), f"{stars} sao") for stars in (3, 4, 5)],
        default="",
        validate_choice=False,
        validators=[AnyOf(("", "3", "4", "5"), message="OCOP có 3, 4 hoặc 5 sao.")],
    )
    number = StringField(_l("Số giấy"), validators=[Required("Hãy chép số ghi trên giấy."), _at_most(60)])
    issuer = StringField(_l("Nơi cấp"), validators=[Required("Hãy ghi nơi cấp giấy."), _at_most(120)])
    produces = SelectMultipleField(_l("Giấy cấp cho hàng nào?"), validate_choice=False)
    other_produces = TextAreaField(_l("Tên hàng khác ghi trên giấy"), validators=[Optional(), _at_most(2000)])
    productions = SelectMultipleField(_l("Giấy cấp cho cả loại hàng?"), validate_choice=False)
    sites = SelectMultipleField(_l("Giấy cấp cho nơi sản xuất nào?"), coerce=_read_id, validate_choice=False)
    scope = StringField(_l("Phạm vi ghi trên giấy"), validators=[Optional(), _at_most(200)])
    issued_on = VietnameseDateField(_l("Ngày cấp"), validators=[Required("Hãy chọn ngày cấp.")])
    expires_on = VietnameseDateField(_l("Ngày hết hạn"), validators=[Optional()])
    photo = PhotoField(_l("Ảnh chụp giấy"))
    kept_photo = HiddenField()

    def offer(self, made: Made, sites: Sequence[SiteView]) -> None:
        """Offer what the household makes, and where; what was ticked stays ticked."""
        self.produces.choices = [SelectChoice(name, name) for name in made.produces]
        self.productions.choices = [
            SelectChoice(code, PRODUCTIONS[code]) for code in made.productions if code in PRODUCTIONS
        ]
        self.sites.choices = [SelectChoice(site.id, site.name) for site in sites]

    @property
    def covers(self) -> Scope:
        """What the paper is for, as it was ticked and typed."""
        typed = (nfc(line).strip(" ;,.") for line in re.split(r"[\n;]", self.other_produces.data or ""))
        ticked = (nfc(name) for name in self.produces.data or ())
        return Scope(
            tuple(name for name in (*ticked, *typed) if name),
            tuple(self.productions.data or ()),
            tuple(self.sites.data or ()),
        )

    def validate_issued_on(self, field: Field) -> None:
        """Refuse a paper from the future."""
        if field.data is not None and field.data > local_date(utcnow()):
            message = "Ngày cấp không thể ở tương lai."
            raise ValidationError(message)


class PayoutForm(BaseForm):
    """Where money goes."""

    bank_bin = SelectField(
        _l("Ngân hàng"),
        choices=[SelectChoice("", _l("Chọn ngân hàng"))]
        + [SelectChoice(number, name) for number, name in BANKS.items()],
        validate_choice=False,
        validators=[AnyOf(tuple(BANKS), message="Hãy chọn ngân hàng.")],
    )
    account_number = StringField(_l("Số tài khoản"), validators=[Required("Hãy nhập số tài khoản."), _at_most(40)])
    holder = StringField(_l("Tên chủ tài khoản"), validators=[Required("Hãy nhập tên chủ tài khoản."), _at_most(80)])
    proof = PasswordField(
        _l("Mật khẩu bạn đang dùng"), validators=[InputRequired("Hãy nhập mật khẩu để đổi nơi nhận tiền.")]
    )


class IdentityForm(BaseForm):
    """An officer's check of who a household is."""

    method = RadioField(
        _l("Bạn đã xác minh bằng cách nào?"),
        choices=[SelectChoice(value, label) for value, label in IDENTITY_METHODS.items()],
        validate_choice=False,
        validators=[AnyOf(tuple(IDENTITY_METHODS), message="Hãy chọn cách xác minh.")],
    )
    number = StringField(_l("Số giấy tờ đã xem"), validators=[Optional(), _at_most(20)])
    reason = StringField(
        _l("Lý do, nếu chưa xác minh được hoặc có hộ trùng tên"), validators=[Optional(), _at_most(300)]
    )
    seen = HiddenField()
    decision = StringField(validators=[Regexp("^(dat|chua)$", message="Hãy bấm một trong hai nút bên dưới.")])


class DecisionForm(BaseForm):
    """An officer's word on a certificate."""

    decision = StringField(validators=[Regexp("^(dat|chua)$", message="Hãy bấm một trong hai nút bên dưới.")])
    reason = StringField(_l("Lý do, nếu trả lại"), validators=[Optional(), _at_most(300)])
    certificate_id = IntegerField(validators=[InputRequired(), NumberRange(1, _BIGGEST_ID)])


class ChangeDecisionForm(BaseForm):
    """An officer's word on what a household wishes to change, or on an account in another name."""

    decision = StringField(validators=[Regexp("^(dat|chua)$", message="Hãy bấm một trong hai nút bên dưới.")])
    reason = StringField(_l("Lý do"), validators=[Optional(), _at_most(300)])
    subject_id = IntegerField(validators=[InputRequired(), NumberRange(1, _BIGGEST_ID)])


class BareForm(BaseForm):
    """A button: nothing but the proof that it was pressed on our page."""
