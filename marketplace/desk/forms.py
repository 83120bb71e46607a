"""Forms of the operator's desk."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace.core.forms import BaseForm, ReplaySafeForm, Required
from traceability.rules.erasure import MAX_WHY, REASONS, SUBJECTS

_TOO_LONG = _l("Đoạn này quá dài. Hãy viết ngắn lại.")


class ErasureForm(ReplaySafeForm):
    """Whose data is to be erased, and why."""

    subject = RadioField(
        _l("Xóa dữ liệu của ai?"),
        choices=[SelectChoice(code, label) for code, label in SUBJECTS.items()],
        validators=[InputRequired(message=_l("Hãy chọn xóa dữ liệu của ai."))],
        invalid_choice_message=_l("Hãy chọn xóa dữ liệu của ai."),
    )
    wanted = StringField(
        _l("Tìm bằng gì?"),
        validators=[
            Required(_l("Hãy ghi số điện thoại, thư điện tử, mã hộ hoặc họ tên.")),
            Length(max=120, message=_TOO_LONG),
        ],
    )
    reason = RadioField(
        _l("Lý do"),
        choices=[SelectChoice(code, label) for code, label in REASONS.items()],
        validators=[InputRequired(message=_l("Hãy chọn lý do."))],
        invalid_choice_message=_l("Hãy chọn lý do."),
    )
    note = StringField(_l("Ghi chú cho người duyệt"), validators=[Length(max=300, message=_TOO_LONG)])


class RefuseErasureForm(BaseForm):
    """Why a request is closed without erasing."""

    why = TextAreaField(
        _l("Vì sao không xóa?"),
        validators=[Required(_l("Hãy ghi vì sao không xóa.")), Length(max=MAX_WHY, message=_TOO_LONG)],
    )


class PressedForm(BaseForm):
    """A button: nothing but the proof that it was pressed on our page."""
