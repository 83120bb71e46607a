"""Forms of the household's goods."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from catalog.rules import CATEGORIES, CLOSED_TAX_CLASSES, TAX_CLASSES
from catalog.services.sell import MAX_PRICE_VND, MIN_PRICE_VND
from marketplace.core.forms import BaseForm, MoneyField, PhotosField, QuantityField, ReplaySafeForm, Required
from marketplace.core.quantity import UNITS

MAX_ID = 2**63 - 1
MAX_PARCEL_G = 50_000
_ID_DIGITS = 19
#: Days on the way that goods are said to stand, as households think of them.
TRANSIT_DAYS = (1, 2, 3, 5, 7, 15, 30, 60)
_UNITS = [SelectChoice(unit.code, unit.label) for unit in UNITS.values()]

_OPEN_TAX_CLASSES = {code: label for code, label in TAX_CLASSES.items() if code not in CLOSED_TAX_CLASSES}


def _choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(code, label) for code, label in labels.items()]


def _read_id(typed: str) -> int:
    """Return an id, or 0 for what no row can have."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) < _ID_DIGITS
    return int(typed) if is_number else 0


class ProductForm(ReplaySafeForm):
    """What a household says of a product. Photos sent before an error come back in ``kept_photos``."""

    photos = PhotosField(_l("Ảnh sản phẩm"))
    kept_photos = HiddenField(validators=[Optional(), Length(max=65 * 6)])
    name = StringField(
        _l("Tên sản phẩm"),
        validators=[Required("Hãy nhập tên sản phẩm."), Length(3, 80, message="Tên dài từ 3 đến 80 ký tự.")],
    )
    category = SelectField(
        _l("Nhóm hàng"),
        choices=[SelectChoice("", _l("Chọn nhóm hàng")), *_choices(CATEGORIES)],
        invalid_choice_message="Hãy chọn nhóm hàng.",
        validators=[InputRequired("Hãy chọn nhóm hàng.")],
    )
    unit = RadioField(
        _l("Bán theo"),
        choices=_UNITS,
        invalid_choice_message="Hãy chọn đơn vị bán.",
        validators=[InputRequired("Hãy chọn đơn vị bán.")],
    )
    price = MoneyField(
        _l("Giá một đơn vị"),
        minimum=MIN_PRICE_VND,
        maximum=MAX_PRICE_VND,
        validators=[Required("Hãy nhập giá bán.")],
    )
    content_amount = QuantityField(_l("Mỗi đơn vị bán lấy bao nhiêu từ lô?"), validators=[Optional()])
    content_unit = SelectField(
        _l("Lô tính bằng"),
        choices=[SelectChoice("", _l("Giống đơn vị bán")), *_UNITS],
        invalid_choice_message="Hãy chọn đơn vị của lô.",
        validators=[Optional()],
    )
    description = TextAreaField(
        _l("Giới thiệu"),
        validators=[Optional(), Length(max=4000, message="Lời giới thiệu dài tối đa 4.000 ký tự.")],
    )
    other_names = StringField(
        _l("Tên gọi khác"),
        validators=[Optional(), Length(max=200, message="Các tên gọi khác dài tối đa 200 ký tự.")],
    )
    parcel_g = QuantityField(
        _l("Cân nặng khi gửi đi (gam, cả bao bì)"),
        noun="Cân nặng",
        example="1200 nếu nặng 1,2 kg (tính bằng gam)",
        validators=[Required("Hãy nhập cân nặng khi gửi, tính bằng gam.")],
    )
    max_days_in_transit = RadioField(
        _l("Chịu được mấy ngày đường?"),
        choices=[SelectChoice(str(days), str(days)) for days in TRANSIT_DAYS],
        invalid_choice_message="Hãy chọn số ngày hàng chịu được trên đường.",
        validators=[InputRequired("Hãy chọn số ngày hàng chịu được trên đường.")],
    )
    tax_class = RadioField(
        _l("Loại hàng để tính thuế"),
        choices=_choices(_OPEN_TAX_CLASSES),
        invalid_choice_message="Hãy chọn loại hàng để tính thuế.",
        validators=[InputRequired("Hãy chọn loại hàng để tính thuế.")],
    )
    may_inspect = BooleanField(_l("Người mua được mở kiện xem hàng trước khi nhận"), default=True)

    def validate_parcel_g(self, field: QuantityField) -> None:
        """Whole grams, from 1 g to the 50 kg that one person carries."""
        if field.data is not None and (field.data % 1 or not 1 <= field.data <= MAX_PARCEL_G):
            message = "Cân nặng là số gam tròn, từ 1 đến 50.000."
            raise ValidationError(message)

    def validate_content_unit(self, field: SelectField) -> None:
        """Another unit needs its amount: half a kilogram for a bunch."""
        if field.data and field.data != self.unit.data and self.content_amount.data is None:
            message = "Hãy ghi mỗi đơn vị bán lấy bao nhiêu từ lô, ví dụ 0,5."
            raise ValidationError(message)


class PriceForm(BaseForm):
    """A new price."""

    price = MoneyField(
        _l("Giá mới"),
        minimum=MIN_PRICE_VND,
        maximum=MAX_PRICE_VND,
        validators=[Required("Hãy nhập giá bán.")],
    )


class ListingForm(ReplaySafeForm):
    """Which lot goes on sale, and how much of it in the lot's own unit."""

    lot_id = RadioField(
        _l("Lấy hàng từ lô nào?"),
        choices=[],
        coerce=lambda value: _read_id(str(value)),
        validate_choice=False,
        validators=[InputRequired("Hãy chọn một lô hàng.")],
    )
    amount = QuantityField(_l("Đưa lên sàn bao nhiêu?"), validators=[Required("Hãy nhập số lượng.")])

    def validate_lot_id(self, field: RadioField) -> None:
        """Whether the lot may be sold is for the use case to say; here it only has to be a number."""
        if not field.data:
            message = "Hãy chọn một lô hàng."
            raise ValidationError(message)


class TakeBackForm(ReplaySafeForm):
    """Takes what is free of one lot off the shelf."""

    stock_id = IntegerField(validators=[InputRequired(), NumberRange(1, MAX_ID)])


class StepForm(ReplaySafeForm):
    """A button that changes a product's state."""


class WithdrawForm(StepForm):
    """Stops selling a product for good: nothing brings it back, so somebody says that he or she knows."""

    understood = BooleanField(
        _l("Tôi hiểu món này không bán lại được nữa"),
        validators=[InputRequired("Hãy đánh dấu ô này nếu bạn chắc chắn muốn ngừng bán hẳn.")],
    )


class PhotoForm(BaseForm):
    """Names one photo of a product."""

    sha256 = HiddenField(validators=[InputRequired(), Length(64, 64)])
