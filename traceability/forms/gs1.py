"""Forms for GS1 numbers and stickers: prefix, loan, GTIN, GLN; an officer's word; where a sticker was met."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, Regexp

from marketplace.core.forms import BaseForm, ReplaySafeForm, Required

_TOO_LONG = "Dài quá. Hãy viết ngắn lại."


class PrefixForm(ReplaySafeForm):
    """A household says which company prefix GS1 gave it."""

    prefix = StringField(
        _l("Mã doanh nghiệp GS1"), validators=[Required("Hãy nhập mã doanh nghiệp."), Length(max=30, message=_TOO_LONG)]
    )
    paper_no = StringField(
        _l("Số giấy chứng nhận"),
        validators=[Required("Hãy ghi số giấy chứng nhận."), Length(max=60, message=_TOO_LONG)],
    )


class LendForm(BaseForm):
    """Somebody else may number goods under one's prefix."""

    prefix_id = RadioField(_l("Mã nào?"), coerce=int, validate_choice=True)
    borrower = StringField(
        _l("Mã hộ được dùng chung"), validators=[Required("Hãy nhập mã hộ."), Length(max=16, message=_TOO_LONG)]
    )

    def __init__(self, *args: Any, prefixes: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix_id.choices = [SelectChoice(number, prefix) for number, prefix in prefixes]


class GtinForm(BaseForm):
    """A product gets its GTIN."""

    product = SelectField(_l("Mặt hàng"), validate_choice=False, validators=[Required("Hãy chọn mặt hàng.")])
    gtin = StringField(
        _l("Mã GTIN (mã vạch)"), validators=[Required("Hãy nhập mã GTIN."), Length(max=40, message=_TOO_LONG)]
    )

    def __init__(self, *args: Any, products: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product.choices = [SelectChoice(key, label) for key, label in products]


class GlnForm(BaseForm):
    """The household or one of its sites gets its GLN."""

    place = SelectField(_l("Cho nơi nào?"), validate_choice=False, validators=[Required("Hãy chọn một nơi.")])
    gln = StringField(
        _l("Mã địa điểm GLN"), validators=[Required("Hãy nhập mã địa điểm."), Length(max=40, message=_TOO_LONG)]
    )

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place.choices = [SelectChoice(key, label) for key, label in places]


class PrefixDecisionForm(BaseForm):
    """An officer's word on a claimed prefix."""

    decision = StringField(validators=[Regexp("^(dat|chua)$", message="Hãy bấm một trong hai nút bên dưới.")])
    reason = StringField(
        _l("Lý do, nếu trả lại"), validators=[Optional(), Length(max=300, message="Hãy viết lý do dưới 300 chữ.")]
    )


class SightingForm(BaseForm):
    """Somebody says where he or she met a sticker: a province, and nothing about himself or herself."""

    province = SelectField(
        _l("Bạn gặp tem này ở tỉnh, thành phố nào?"),
        validate_choice=False,
        validators=[Required("Hãy chọn tỉnh hoặc thành phố.")],
    )
    serial = StringField(validators=[Optional(), Length(max=20)])

    def __init__(self, *args: Any, provinces: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.province.choices = [SelectChoice("", "")] + [SelectChoice(code, name) for code, name in provinces]


class CloseForm(BaseForm):
    """A button: nothing but the proof that it was pressed on our page."""
