"""Forms of signing in, joining, and one's own account."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, PasswordField, RadioField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, NumberRange, Optional

from marketplace.core.forms import BaseForm, PhoneField, Required

_MIN_PASSWORD = 8
_MAX_PASSWORD = 128
_LENGTH = Length(
    _MIN_PASSWORD, _MAX_PASSWORD, message=f"Mật khẩu dài từ {_MIN_PASSWORD} đến {_MAX_PASSWORD} ký tự."
)


class SignInForm(BaseForm):
    """Phone number or e-mail address, and password."""

    login = StringField(
        _l("Số điện thoại hoặc thư điện tử"),
        validators=[Required("Hãy nhập số điện thoại hoặc địa chỉ thư."), Length(max=254)],
    )
    password = PasswordField(
        _l("Mật khẩu"), validators=[InputRequired("Hãy nhập mật khẩu."), Length(max=_MAX_PASSWORD)]
    )
    remember = BooleanField(_l("Nhớ tôi trên máy này"))
    tiep = HiddenField()


class RegisterForm(BaseForm):
    """A new account."""

    purpose = RadioField(
        _l("Bạn đến chợ để làm gì?"),
        choices=[
            ("buy", _l("Mua hàng")),
            ("sell", _l("Bán hàng của nhà")),
            ("help", _l("Giúp hộ khác ghi sổ và bán hàng")),
        ],
        default="buy",
        validators=[InputRequired("Hãy chọn một mục.")],
    )
    name = StringField(
        _l("Họ và tên"),
        validators=[Required("Hãy nhập họ tên."), Length(2, 80, message="Họ tên dài từ 2 đến 80 ký tự.")],
    )
    phone = PhoneField(_l("Số điện thoại"), validators=[Required("Hãy nhập số điện thoại.")])
    password = PasswordField(_l("Mật khẩu"), validators=[InputRequired("Hãy đặt mật khẩu."), _LENGTH])


class ProfileForm(BaseForm):
    """Name and address of an account."""

    name = StringField(
        _l("Họ và tên"),
        validators=[Required("Hãy nhập họ tên."), Length(2, 80, message="Họ tên dài từ 2 đến 80 ký tự.")],
    )
    email = StringField(
        _l("Thư điện tử"),
        validators=[
            Optional(strip_whitespace=True),
            Length(max=254),
            Email(message="Địa chỉ thư chưa đúng, ví dụ lan@thu.vn."),
        ],
    )


class PasswordForm(BaseForm):
    """A new password, with the old one as proof."""

    current = PasswordField(
        _l("Mật khẩu đang dùng"), validators=[InputRequired("Hãy nhập mật khẩu đang dùng."), Length(max=128)]
    )
    password = PasswordField(_l("Mật khẩu mới"), validators=[InputRequired("Hãy đặt mật khẩu mới."), _LENGTH])
    again = PasswordField(
        _l("Nhập lại mật khẩu mới"),
        validators=[EqualTo("password", message="Hai lần nhập chưa giống nhau.")],
    )


class HelperForm(BaseForm):
    """Somebody who may help."""

    phone = PhoneField(
        _l("Số điện thoại của người giúp"), validators=[Required("Hãy nhập số điện thoại của người giúp.")]
    )


class PersonForm(BaseForm):
    """One person, by number."""

    user_id = IntegerField(validators=[InputRequired(), NumberRange(1, 2**63 - 1)])


class ActingForm(BaseForm):
    """The household to work for; empty means one's own work."""

    household_id = IntegerField(validators=[Optional(), NumberRange(1, 2**63 - 1)])
