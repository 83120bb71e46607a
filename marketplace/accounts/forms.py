"""Forms of signing in, joining, and one's own account."""

from collections.abc import Sequence
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, IntegerField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length, NumberRange, Optional, ValidationError

from marketplace.accounts.passwords import LONGEST, SHORTEST, is_guessable
from marketplace.core.forms import BaseForm, PhoneField, Required, parse_phone

_LENGTH = Length(SHORTEST, LONGEST, message=f"Mật khẩu cần từ {SHORTEST} đến {LONGEST} ký tự.")
_NAME = (
    Required("Hãy nhập họ và tên."),
    Length(2, 80, message="Họ và tên cần từ 2 đến 80 ký tự."),
)
_TOO_EASY = "Mật khẩu này rất dễ đoán. Hãy chọn mật khẩu khác, chẳng hạn ghép ba bốn từ lại với nhau."
_BIGGEST_ID = 2**63 - 1
_LONGEST_EMAIL = 254


def read_login(typed: str) -> tuple[str | None, str | None]:
    """Return (phone as E.164, None) or (None, e-mail address); (None, None) for what is neither."""
    typed = typed.strip()
    if "@" in typed:
        return None, typed.lower() if len(typed) <= _LONGEST_EMAIL else None
    try:
        return parse_phone(typed), None
    except ValueError:
        return None, None


class SignInForm(BaseForm):
    """Phone number or e-mail address, and password."""

    login = StringField(
        _l("Số điện thoại hoặc thư điện tử"),
        validators=[
            Required("Hãy nhập số điện thoại hoặc thư điện tử."),
            Length(max=_LONGEST_EMAIL, message="Nội dung này quá dài."),
        ],
    )
    password = PasswordField(_l("Mật khẩu"), validators=[InputRequired("Hãy nhập mật khẩu.")])
    remember = BooleanField(_l("Giữ đăng nhập trên máy này"))
    tiep = HiddenField()


class RegisterForm(BaseForm):
    """A new account."""

    #: Where each purpose leads after the first sign-in.
    TARGETS: ClassVar[dict[str, str]] = {"mua": "/", "ban": "/ho-cua-toi/moi", "giup": "/lam-ho"}

    purpose = RadioField(
        _l("Bạn đến chợ để làm gì?"),
        choices=[
            SelectChoice("mua", _l("Mua nông sản")),
            SelectChoice("ban", _l("Bán hàng của nhà")),
            SelectChoice("giup", _l("Giúp nhà khác ghi sổ và bán hàng")),
        ],
        default="mua",
        validate_choice=False,
        validators=[AnyOf(tuple(TARGETS), message="Hãy chọn một mục.")],
    )
    name = StringField(_l("Họ và tên"), validators=_NAME)
    login = StringField(
        _l("Số điện thoại hoặc thư điện tử"),
        validators=[Required("Hãy nhập số điện thoại hoặc thư điện tử.")],
    )
    password = PasswordField(_l("Mật khẩu"), validators=[InputRequired("Hãy đặt mật khẩu."), _LENGTH])
    agrees = BooleanField(
        _l("Tôi đồng ý với quy chế của chợ và cách chợ giữ dữ liệu cá nhân."),
        validators=[InputRequired("Hãy đọc và đánh dấu đồng ý để đăng ký.")],
    )

    def validate_login(self, field: Field) -> None:
        """Take a mobile number or an e-mail address."""
        if "@" in field.data:
            _check_email(field.data)
            return
        try:
            parse_phone(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def validate_password(self, field: Field) -> None:
        """Refuse what anybody would try first."""
        if is_guessable(field.data, self.name.data or "", self.login.data or ""):
            raise ValidationError(_TOO_EASY)


class ProfileForm(BaseForm):
    """Name and login of an account."""

    name = StringField(_l("Họ và tên"), validators=_NAME)
    phone = PhoneField(_l("Số điện thoại"), validators=[Optional()])
    email = StringField(_l("Thư điện tử"), validators=[Optional(strip_whitespace=True)])
    proof = PasswordField(_l("Mật khẩu đang dùng"), validators=[Optional()])

    def validate_email(self, field: Field) -> None:
        """Take an address that can exist."""
        _check_email(field.data)


class PasswordForm(BaseForm):
    """A new password, with the old one as proof. ``own`` are the words that it must not be."""

    current = PasswordField(_l("Mật khẩu đang dùng"), validators=[InputRequired("Hãy nhập mật khẩu đang dùng.")])
    password = PasswordField(_l("Mật khẩu mới"), validators=[InputRequired("Hãy đặt mật khẩu mới."), _LENGTH])
    again = PasswordField(
        _l("Nhập lại mật khẩu mới"),
        validators=[EqualTo("password", message="Hai lần nhập chưa giống nhau.")],
    )

    def __init__(self, *args: Any, own: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._own = tuple(own)

    def validate_password(self, field: Field) -> None:
        """Refuse what anybody would try first."""
        if is_guessable(field.data, *self._own):
            raise ValidationError(_TOO_EASY)


class HelperForm(BaseForm):
    """Somebody who may help."""

    helper_phone = PhoneField(
        _l("Số điện thoại của người làm hộ"),
        validators=[Required("Hãy nhập số điện thoại của người làm hộ.")],
    )


class ResetForm(BaseForm):
    """Somebody who forgot the password."""

    login = StringField(
        _l("Số điện thoại hoặc thư điện tử của người quên mật khẩu"),
        validators=[
            Required("Hãy nhập số điện thoại hoặc thư điện tử."),
            Length(max=_LONGEST_EMAIL, message="Nội dung này quá dài."),
        ],
    )


class PersonForm(BaseForm):
    """One person, by number."""

    user_id = IntegerField(validators=[InputRequired(), NumberRange(1, _BIGGEST_ID)])


class ActingForm(BaseForm):
    """The household to work for; empty means one's own work."""

    household_id = IntegerField(validators=[Optional(), NumberRange(1, _BIGGEST_ID)])


def _check_email(typed: str) -> None:
    try:
        validate_email(typed.strip(), check_deliverability=False)
    except EmailNotValidError:
        message = "Địa chỉ thư điện tử chưa đúng, ví dụ lan@thu.vn."
        raise ValidationError(message) from None
