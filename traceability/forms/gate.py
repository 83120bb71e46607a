"""Forms that mend what a lot lacks before it may be sold."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from marketplace.core.forms import PhotosField, ReplaySafeForm, VietnameseDateField
from traceability.rules.entries import MAX_PHOTOS, MAX_SHORT

_TOO_LONG = _l("Đoạn này quá dài. Hãy viết ngắn lại.")
_CHOOSE = _l("Hãy chọn một mục trong danh sách.")


class LotDetailsForm(ReplaySafeForm):
    """What is added about a lot after it was made."""

    photos = PhotosField(_l("Ảnh sản phẩm"))
    kept_photos = HiddenField(validators=[Length(max=65 * MAX_PHOTOS)])
    best_before_on = VietnameseDateField(_l("Hạn sử dụng"), validators=[Optional()])
    brand = StringField(_l("Nhãn hiệu (nếu có)"), validators=[Optional(), Length(max=MAX_SHORT, message=_TOO_LONG)])


def _offered(_form: object, field: SelectField | RadioField) -> None:
    if str(field.data) not in {str(choice.value) for choice in field.choices or ()}:
        raise ValidationError(_CHOOSE)


class StandardForm(ReplaySafeForm):
    """Which standard a household keeps for one kind of production."""

    template = SelectField(
        _l("Cho loại sản xuất nào?"), validators=[InputRequired(message=_CHOOSE), _offered], validate_choice=False
    )
    code = RadioField(
        _l("Hộ đang theo tiêu chuẩn nào?"),
        validators=[InputRequired(message=_l("Hãy chọn tiêu chuẩn mà hộ đang theo.")), _offered],
        validate_choice=False,
    )
    number = StringField(_l("Số hiệu"), validators=[Optional(), Length(max=MAX_SHORT, message=_TOO_LONG)])

    def offer(self, templates: Iterable[tuple[str, str]], standards: Iterable[tuple[str, str]]) -> None:
        """Say what there is to choose from."""
        self.template.choices = [SelectChoice(code, label) for code, label in templates]
        self.code.choices = [SelectChoice(code, label) for code, label in standards]
