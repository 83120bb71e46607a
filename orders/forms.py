"""Forms of the basket, the checkout and the household's desk."""

import re
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError

from marketplace.core.forms import BaseForm, PhoneField, QuantityField, Required

MAX_ID = 2**63 - 1
_CARRIER_BYTES = 150
_ZERO = re.compile(r"0+(?:[.,]0*)?")


class FitsCarrier:
    """At most 150 bytes: that is what carriers print, and a letter with marks takes up to three."""

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise ``ValidationError`` for a longer text."""
        if len((field.data or "").strip().encode()) > _CARRIER_BYTES:
            message = "Bưu cục chỉ in được chừng 100 chữ. Hãy viết ngắn lại."
            raise ValidationError(message)


class AmountField(QuantityField):
    """How much of something is wanted; zero too. Whether the amount fits the goods' unit is not decided here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, step=Decimal("1E-9"), **kwargs)

    def _parse(self, typed: str) -> Decimal:
        return Decimal(0) if _ZERO.fullmatch(typed.strip()) else super()._parse(typed)


class LineForm(BaseForm):
    """One line of a basket: which offer, and how much of it. Zero takes it out."""

    offer_id = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
    quantity = AmountField(_l("Số lượng"), validators=[Required("Hãy nhập số lượng.")])


class RemoveForm(BaseForm):
    """Takes one line out of a basket."""

    offer_id = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])


class AddressForm(BaseForm):
    """Who gets the goods, and where. A place may be typed by its old name; the commune is then picked from a list."""

    name = StringField(
        _l("Họ và tên người nhận"),
        validators=[
            Required("Hãy nhập họ tên người nhận."),
            Length(2, 80, message="Họ tên dài từ 2 đến 80 ký tự."),
            FitsCarrier(),
        ],
    )
    phone = PhoneField(_l("Số điện thoại"), validators=[Required("Hãy nhập số điện thoại để bưu tá gọi.")])
    email = StringField(
        _l("Thư điện tử"),
        validators=[
            Optional(strip_whitespace=True),
            Length(max=254),
            Email(message="Địa chỉ thư chưa đúng, ví dụ lan@thu.vn."),
        ],
    )
    place = StringField(
        _l("Xã, phường hoặc đặc khu"),
        validators=[Required("Hãy nhập xã hoặc phường."), Length(max=120, message="Tên nơi nhận quá dài.")],
    )
    commune_code = HiddenField()
    address_line = StringField(
        _l("Số nhà, đường, thôn"),
        validators=[
            Required("Hãy nhập số nhà, tên đường hoặc thôn."),
            Length(3, 200, message="Hãy ghi từ 3 đến 200 ký tự."),
            FitsCarrier(),
        ],
    )
    address_note = StringField(
        _l("Dặn bưu tá"), validators=[Optional(), Length(max=200, message="Lời dặn dài tối đa 200 ký tự.")]
    )


class PlaceOrderForm(BaseForm):
    """How to pay, and the sum that the buyer has seen."""

    payment = RadioField(
        _l("Cách trả tiền"),
        choices=[
            SelectChoice("cod", _l("Trả tiền khi nhận hàng")),
            SelectChoice("transfer", _l("Chuyển khoản bằng mã VietQR")),
            SelectChoice("card", _l("Thẻ Visa, Mastercard, JCB")),
        ],
        default="cod",
    )
    total_shown = IntegerField(validators=[InputRequired(), NumberRange(1, 10**12)])
    basket = HiddenField(validators=[InputRequired(), Length(max=40)])


class ReasonForm(BaseForm):
    """Why something is stopped."""

    reason = TextAreaField(
        _l("Lý do"),
        validators=[
            Required("Hãy ghi lý do."),
            Length(5, 300, message="Lý do dài từ 5 đến 300 ký tự."),
        ],
    )


class CancelForm(BaseForm):
    """A buyer's cancellation; the reason may stay empty."""

    reason = StringField(_l("Lý do"), validators=[Optional(), Length(max=300, message="Lý do dài tối đa 300 ký tự.")])


class ReviewForm(BaseForm):
    """Stars and words for one product of a delivered consignment."""

    line_id = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])
    stars = RadioField(
        _l("Bạn chấm mấy sao?"),
        choices=[SelectChoice(str(count), f"{count} sao") for count in range(5, 0, -1)],
        validators=[InputRequired(message="Hãy chọn từ 1 đến 5 sao.")],
    )
    words = TextAreaField(
        _l("Bạn thấy thế nào?"),
        validators=[Optional(), Length(max=1000, message="Nhận xét dài tối đa 1.000 ký tự.")],
    )
