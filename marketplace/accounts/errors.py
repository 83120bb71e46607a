"""What can go wrong with people and their accounts."""

from marketplace.core.errors import Refused


class LoginTaken(Refused):
    """Somebody else signs in with this number or address already."""

    def __init__(self, field: str) -> None:
        what = "Số điện thoại" if field == "phone" else "Địa chỉ thư"
        super().__init__("login_taken", f"{what} này đã có tài khoản. Hãy đăng nhập.", field=field)


class NotYourHousehold(Refused):
    """The person may not work for this household (any more)."""

    def __init__(self) -> None:
        super().__init__("not_your_household", "Bạn không được làm hộ cho hộ này.", field="household_id")


class NoSuchHelper(Refused):
    """Nobody here has this phone number."""

    def __init__(self) -> None:
        message = "Chưa có ai đăng ký bằng số này. Hãy nhờ người đó đăng ký trước, rồi thêm lại."
        super().__init__("no_such_helper", message, field="phone")
