"""The operator's forms about parcels."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from marketplace.core.forms import BaseForm, Required


class StepForm(BaseForm):
    """A button: nothing but its protection."""


class RemittanceForm(BaseForm):
    """The cash of one parcel, as the carrier's statement says."""

    statement = StringField(
        _l("Số bảng kê của đơn vị vận chuyển"),
        validators=[
            Required(_l("Hãy ghi số bảng kê để sau này đối chiếu được.")),
            Length(max=80, message=_l("Số bảng kê dài nhất 80 ký tự.")),
        ],
    )
