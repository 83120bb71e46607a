"""What goes wrong when people transfer money: too little, too much, a slip of the pen, in two parts, twice, late."""

ACCIDENTS = {
    "none": "Chuyển đúng như đơn hàng",
    "short": "Chuyển thiếu một phần mười",
    "over": "Chuyển thừa 10.000đ",
    "wrong_content": "Gõ sai một chữ trong nội dung",
    "no_content": "Quên ghi nội dung",
    "split": "Chia làm hai lần chuyển",
    "twice": "Bấm nhầm, chuyển hai lần",
    "repeated": "Ngân hàng báo tin hai lần",
    "late": "Ngân hàng báo tin muộn",
}
_SURPLUS = 10_000
_FORGOTTEN = "chuyen tien"


def plan(amount: int, content: str, accident: str) -> list[tuple[int, str]]:
    """Return what a buyer really transfers, as (đồng, content). Raises ValueError for an unknown accident."""
    if accident not in ACCIDENTS:
        message = f"accident must be one of {', '.join(ACCIDENTS)}"
        raise ValueError(message)
    changed = {
        "short": [(amount - max(1, amount // 10), content)],
        "over": [(amount + _SURPLUS, content)],
        "wrong_content": [(amount, _with_a_slip(content))],
        "no_content": [(amount, _FORGOTTEN)],
        "split": [(amount // 2, content), (amount - amount // 2, content)],
        "twice": [(amount, content), (amount, content)],
    }
    return changed.get(accident, [(amount, content)])


def _with_a_slip(content: str) -> str:
    """Change the last letter or digit into another one."""
    for place in range(len(content) - 1, -1, -1):
        if content[place].isalnum():
            return content[:place] + ("Y" if content[place] in "Xx" else "X") + content[place + 1 :]
    return content
