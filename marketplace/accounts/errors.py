"""What can go wrong with people and their accounts."""

from marketplace.core.errors import Refused


class LoginTaken(Refused):
    """Somebody else signs in with this number or address already."""

    def __init__(self, field: str) -> None:
        what = "số điện thoại" if field == "phone" else "địa chỉ thư điện tử"
        super().__init__("login_taken", f"Không dùng được {what} này. Hãy chọn {what} khác.", field=field)


class NoLogin(Refused):
    """A person must stay able to sign in."""

    def __init__(self) -> None:
        message = "Hãy giữ lại số điện thoại hoặc thư điện tử để còn đăng nhập được."
        super().__init__("no_login", message, field="phone")


class AlreadyMember(Refused):
    """Who belongs to a household needs no leave to help it."""

    def __init__(self) -> None:
        message = "Người này đã là người của hộ, không cần thêm vào danh sách làm hộ."
        super().__init__("already_member", message, field="helper_phone")


class NoSuchHelper(Refused):
    """Nobody here has this phone number."""

    def __init__(self) -> None:
        message = "Chưa có ai đăng ký bằng số này. Hãy nhờ người đó đăng ký trước, rồi thêm lại."
        super().__init__("no_such_helper", message, field="helper_phone")
