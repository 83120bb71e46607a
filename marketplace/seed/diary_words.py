"""What diaries of the invented market say: inputs, work and recipes, by kind of farming and by product."""
# ruff: noqa: E501 - tables of sentences

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Came:
    """Something that came in: what, its name, how much of which unit, from whom, under which paper."""

    what: str
    name: str
    amount: str
    unit: str
    supplier: str
    paper_no: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Work at a share (0 to 1) of the season's time."""

    share: float
    kind: str
    note: str
    product: str = ""
    ingredient: str = ""
    dose: str = ""
    target: str = ""
    waiting_days: int | None = None
    operator: str = "household"


@dataclass(frozen=True, slots=True)
class Way:
    """How a kind of farming goes: its length in days, the scenes of its photos, what came in and what was done."""

    days: int
    site_kind: str
    site_name: str
    scenes: tuple[str, ...]
    came: tuple[Came, ...]
    done: tuple[Done, ...]


_SHOP = "Cửa hàng vật tư nông nghiệp xã"
WAYS: dict[str, Way] = {
    "rice": Way(
        112,
        "field",
        "Ruộng Đồng Cửa",
        ("rice", "terraces", "drying"),
        (
            Came("seed", "Giống lúa xác nhận cấp 1", "12", "kg", "Công ty giống cây trồng Thanh Hóa", "XN1-2026"),
            Came("fertiliser", "Phân hữu cơ vi sinh", "240", "kg", _SHOP),
        ),
        (
            Done(0.02, "planting", "Cấy tay, mỗi khóm ba dảnh, hàng sông rộng cho thoáng."),
            Done(
                0.2,
                "fertilising",
                "Bón thúc đẻ nhánh lúc lúa bén rễ, nước xăm xắp.",
                product="Phân NPK 16-16-8",
                dose="8 kg một sào",
            ),
            Done(0.45, "watering", "Rút nước phơi ruộng năm ngày cho rễ ăn sâu rồi mới lấy nước lại."),
            Done(
                0.55,
                "spraying",
                "Phun một lần duy nhất, chiều mát, theo dự báo của trạm.",
                product="Tricô-ĐHCT",
                ingredient="Nấm Trichoderma",
                dose="50 g một sào",
                target="Khô vằn",
                waiting_days=7,
            ),
            Done(0.98, "preparing", "Gặt lúc khô sương, tuốt và phơi hai nắng trên sân gạch."),
        ),
    ),
    "vegetable": Way(
        52,
        "field",
        "Ruộng màu Bái Trên",
        ("beds", "beds", "packing"),
        (
            Came("seed", "Hạt giống có bao bì", "0.5", "kg", "Trại giống rau quả huyện cũ", "GR-0426"),
            Came("fertiliser", "Phân chuồng ủ hoai", "400", "kg", "Chuồng nhà và nhà bên"),
        ),
        (
            Done(0.02, "planting", "Lên luống cao hai gang, phủ rơm giữ ẩm."),
            Done(0.2, "watering", "Tưới sáng sớm và chiều mát bằng nước giếng khoan."),
            Done(
                0.35,
                "fertilising",
                "Bón thúc bằng đậu tương ngâm, không dùng phân tươi.",
                product="Đậu tương ngâm ủ",
                dose="pha loãng một phần hai mươi",
            ),
            Done(
                0.5,
                "spraying",
                "Bắt sâu bằng tay không xuể nên phun thuốc sinh học một lần.",
                product="Delfin WG",
                ingredient="Bacillus thuringiensis",
                dose="20 g cho bình 16 lít",
                target="Sâu tơ",
                waiting_days=3,
            ),
            Done(0.8, "tending", "Nhổ cỏ, tỉa lá gốc, vun luống."),
        ),
    ),
    "fruit": Way(
        210,
        "orchard",
        "Vườn đồi sau nhà",
        ("orchard", "orchard", "packing"),
        (
            Came("fertiliser", "Phân bò ủ với vỏ trấu", "1500", "kg", "Trại bò trong thôn"),
            Came("seed", "Cây giống ghép trồng dặm", "15", "cay", "Trại cây giống Phủ Quỳ", "CG-118"),
        ),
        (
            Done(0.05, "tending", "Tỉa cành tăm và cành vượt sau khi hái vụ trước."),
            Done(
                0.25,
                "fertilising",
                "Đào rãnh quanh tán bón phân ủ rồi lấp đất.",
                product="Phân bò ủ",
                dose="25 kg một gốc",
            ),
            Done(0.45, "watering", "Tưới nhỏ giọt cách ngày lúc cây nuôi quả."),
            Done(
                0.55,
                "spraying",
                "Phun dầu khoáng khi thấy nhện đỏ ở lá bánh tẻ.",
                product="SK Enspray 99EC",
                ingredient="Dầu khoáng",
                dose="50 ml cho bình 16 lít",
                target="Nhện đỏ",
                waiting_days=7,
            ),
            Done(0.75, "tending", "Bao quả bằng túi giấy, chống cành sai quả."),
        ),
    ),
    "pig": Way(
        165,
        "barn",
        "Chuồng lợn thôn 3",
        ("barn", "barn", "packing"),
        (
            Came("breed", "Lợn con sau cai sữa", "24", "con", "Trại giống Thọ Xuân", "KD-2026-077"),
            Came("feed", "Ngô, cám gạo và bã đậu", "1800", "kg", "Xay tại nhà và mua trong xã"),
            Came("drug", "Vắc-xin tụ huyết trùng, dịch tả", "48", "hop", "Trạm chăn nuôi và thú y", "VX-0316"),
        ),
        (
            Done(
                0.04,
                "vaccination",
                "Thú y xã tiêm cả đàn, ghi sổ từng con.",
                product="Vắc-xin dịch tả lợn",
                dose="1 ml một con",
                operator="vet",
            ),
            Done(
                0.2,
                "feeding",
                "Ngày ba bữa cám nấu trộn rau, máng rửa sau mỗi bữa.",
                product="Cám gạo, ngô, bã đậu",
                dose="1,2 kg một con",
            ),
            Done(0.35, "cleaning", "Thay đệm lót trấu, rắc vôi lối đi."),
            Done(
                0.45,
                "medicine",
                "Bốn con ho sau đợt rét, điều trị năm ngày rồi nhốt riêng.",
                product="Tylosin 20%",
                ingredient="Tylosin",
                dose="1 ml cho 20 kg",
                target="Ho, viêm phổi",
                waiting_days=14,
                operator="vet",
            ),
            Done(
                0.8,
                "feeding",
                "Tăng ngô và rau xanh giai đoạn cuối, không dùng chất tạo nạc.",
                product="Ngô, cám gạo, rau muống",
                dose="2,4 kg một con",
            ),
        ),
    ),
    "poultry": Way(
        135,
        "barn",
        "Vườn thả dưới đồi",
        ("poultry", "poultry", "packing"),
        (
            Came("breed", "Con giống một ngày tuổi", "200", "con", "Lò ấp gia cầm thị trấn cũ", "KD-G-219"),
            Came("feed", "Thóc, ngô mảnh", "600", "kg", "Nhà trồng và mua trong xã"),
        ),
        (
            Done(
                0.05,
                "vaccination",
                "Nhỏ vắc-xin lúc bảy ngày tuổi, tiêm nhắc lúc ba tuần.",
                product="Vắc-xin Newcastle",
                dose="1 giọt một con",
                operator="vet",
            ),
            Done(
                0.25,
                "feeding",
                "Sáng thả vườn, chiều cho ăn thêm thóc và rau.",
                product="Thóc, ngô, rau",
                dose="80 g một con",
            ),
            Done(0.4, "cleaning", "Quét chuồng, rắc men vi sinh lên nền trấu."),
            Done(
                0.5,
                "medicine",
                "Trộn thuốc phòng cầu trùng khi trời ẩm kéo dài.",
                product="Amprolium",
                ingredient="Amprolium",
                dose="1 g một lít nước",
                target="Cầu trùng",
                waiting_days=7,
                operator="vet",
            ),
            Done(0.85, "tending", "Đảo bãi thả, bổ sung ổ rơm mới."),
        ),
    ),
    "cattle": Way(
        320,
        "barn",
        "Chuồng bò cạnh bãi cỏ",
        ("barn", "packing"),
        (
            Came("breed", "Bê vàng lai Sind", "4", "con", "Nhà nuôi bò sinh sản cùng xã", "KD-B-041"),
            Came("feed", "Rơm cuộn và cỏ voi", "3000", "kg", "Ruộng nhà"),
        ),
        (
            Done(
                0.05,
                "vaccination",
                "Tiêm lở mồm long móng đợt một.",
                product="Vắc-xin lở mồm long móng",
                dose="2 ml một con",
                operator="vet",
            ),
            Done(
                0.4,
                "feeding",
                "Chăn bãi đê buổi sáng, chiều ăn cỏ voi băm.",
                product="Cỏ voi, rơm",
                dose="30 kg một con",
            ),
            Done(
                0.6,
                "medicine",
                "Tẩy giun định kỳ theo lịch của thú y.",
                product="Ivermectin 1%",
                ingredient="Ivermectin",
                dose="1 ml cho 50 kg",
                target="Giun sán",
                waiting_days=28,
                operator="vet",
            ),
            Done(0.9, "cleaning", "Dọn chuồng, tắm và kiểm tra chân móng."),
        ),
    ),
    "fish": Way(
        120,
        "pond",
        "Ao và bến cá",
        ("pond", "sea", "packing"),
        (
            Came("breed", "Giống thả đã kiểm dịch", "3000", "con", "Trại giống thủy sản Hoằng Hóa", "KDTS-088"),
            Came("material", "Đá lạnh, túi và thùng xốp", "40", "cai", "Bến cá"),
        ),
        (
            Done(0.03, "checking", "Đo độ mặn, độ pH và nhiệt độ nước trước khi thả."),
            Done(
                0.2,
                "feeding",
                "Cho ăn theo cữ, kéo vó kiểm tra sức ăn.",
                product="Thức ăn tươi và cám viên",
                dose="3% trọng lượng",
            ),
            Done(0.5, "watering", "Thay một phần ba nước theo con nước lớn."),
            Done(0.75, "cleaning", "Vệ sinh lưới, sàng và dụng cụ ướp."),
        ),
    ),
    "processed": Way(
        24,
        "workshop",
        "Nhà chế biến",
        ("kitchen", "drying", "packing"),
        (Came("packaging", "Bao bì dùng cho thực phẩm", "200", "cai", "Xưởng bao bì thành phố", "HQ-2026-15"),),
        (
            Done(0.1, "preparing", "Rửa, nhặt và để ráo; loại những phần không đạt."),
            Done(0.35, "processing", "Làm theo cách của nhà, ghi giờ và nhiệt độ từng mẻ."),
            Done(0.7, "checking", "Nếm và xem màu, mùi; để lại một mẫu lưu."),
            Done(0.9, "cleaning", "Rửa dụng cụ bằng nước sôi, phơi nắng."),
        ),
    ),
    "honey": Way(
        75,
        "orchard",
        "Bãi đặt đõ ong",
        ("bees", "bees", "packing"),
        (
            Came("breed", "Đàn ong nội tách đàn", "12", "cai", "Hội nuôi ong huyện cũ"),
            Came("material", "Chai thủy tinh đã tiệt trùng", "120", "chai", "Đại lý bao bì", "HQ-CH-7"),
        ),
        (
            Done(0.1, "tending", "Chuyển đõ về gần nguồn hoa, kê cao tránh kiến."),
            Done(0.4, "checking", "Kiểm tra cầu ong, bỏ mũ chúa, không cho ăn đường."),
            Done(0.75, "checking", "Mật đã vít nắp trên tám phần, đủ độ chín để quay."),
        ),
    ),
    "craft": Way(
        18,
        "workshop",
        "Nhà dệt",
        ("drying", "kitchen"),
        (
            Came("ingredient", "Cói chẻ phơi khô", "90", "kg", "Đồng cói Nga Sơn"),
            Came("material", "Sợi đay xe đôi", "12", "kg", "Chợ huyện cũ"),
        ),
        (
            Done(0.1, "preparing", "Chọn sợi cùng độ dài, nhuộm và phơi trong bóng râm."),
            Done(0.4, "processing", "Hai người dệt trên go gỗ, một người cài một người dập."),
            Done(0.9, "checking", "Ghim biên, sấy khô và kiểm tra hoa văn."),
        ),
    ),
}

#: Product -> (main ingredient, amount, unit, where it came from).
INGREDIENTS: dict[str, tuple[str, str, str, str]] = {
    "nem-chua": ("Thịt mông lợn nóng, bì lợn, thính gạo", "40", "kg", "Lò mổ Hạc Thành"),
    "nem-nuong": ("Thịt vai lợn, mỡ phần, hành tím", "35", "kg", "Lò mổ Hạc Thành"),
    "nem-thinh": ("Tai lợn, bì lợn, thính gạo nếp", "30", "kg", "Lò mổ Trung Chính"),
    "gio-lua": ("Thịt nạc mông lợn nóng", "45", "kg", "Nhà nuôi lợn cùng xã"),
    "lap-suon": ("Thịt lợn bản, mắc khén, hạt dổi", "60", "kg", "Bản Đôn"),
    "thit-trau": ("Bắp trâu thả đồi, gừng, mắc khén", "80", "kg", "Nhà nuôi trâu ở bản"),
    "ruoc-thit": ("Thịt mông lợn", "90", "kg", "Nhà nuôi lợn cùng phường"),
    "mam-tom": ("Moi biển tươi và muối hạt", "400", "kg", "Thuyền cửa Ba Làng"),
    "mam-tep": ("Tép riu và thính gạo", "120", "kg", "Người cất vó trong vùng"),
    "nuoc-mam": ("Cá cơm than và muối hạt", "900", "kg", "Thuyền cửa Ba Làng"),
    "nuoc-mam-qn": ("Cá nục, cá trích và muối hạt", "1200", "kg", "Bến cá Quảng Nham"),
    "mam-cay": ("Cáy sống và muối hạt", "150", "kg", "Bãi lác ven sông Yên"),
    "tuong-xp": ("Nếp cái, đỗ tương và muối", "110", "kg", "Ruộng nhà"),
    "mang-kho": ("Măng vầu tươi", "700", "kg", "Rừng giao khoán Mường Ca Da"),
    "moc-nhi": ("Phôi gỗ bồ đề cấy giống", "300", "cai", "Trại nấm giống của tỉnh"),
    "mien-tl": ("Gạo 13/2", "300", "kg", "Ruộng trong làng"),
    "mien-dong": ("Củ dong riềng đỏ", "900", "kg", "Nương Bình Liêu"),
    "banh-da": ("Gạo tẻ và muối", "160", "kg", "Ruộng trong làng"),
    "dau-lac": ("Lạc nhân vụ xuân", "420", "kg", "Ruộng màu Hà Trung"),
    "bot-san-day": ("Củ sắn dây tươi", "800", "kg", "Vườn đồi Ngọc Lặc"),
    "banh-gai": ("Lá gai, nếp cái, đỗ xanh", "45", "kg", "Ruộng nhà và chợ làng"),
    "che-lam": ("Bột nếp rang, mật mía, gừng", "60", "kg", "Lò mật Kim Tân"),
    "keo-lac": ("Lạc nhân và đường mía", "70", "kg", "Lạc Nga An"),
    "tra-xanh": ("Búp chè một tôm hai lá", "90", "kg", "Đồi chè Bình Sơn"),
    "che-tn": ("Búp chè Tân Cương", "100", "kg", "Nương chè nhà"),
    "ruou-sim": ("Quả sim chín và men lá", "160", "kg", "Đồi sim trong vùng"),
    "sam-bao": ("Củ sâm báo ba năm", "120", "kg", "Ruộng chân núi Báo"),
}
#: Product -> what the seed or breed was, where the kind's own words would be wrong.
SEEDS: dict[str, str] = {
    "buoi-lv": "Cành ghép bưởi Luận Văn đầu dòng", "mia-tim": "Hom mía tím Kim Tân", "dua-ht": "Chồi dứa Queen",
    "chuoi-tay": "Cây chuối tây nuôi cấy mô", "chuoi-tieu": "Cây chuối tiêu hồng nuôi cấy mô", "dua-vang": "Hạt dưa Kim Hoàng hậu",
    "dua-hau": "Hạt dưa hấu Hắc Mỹ Nhân", "khoai-lang": "Dây khoai lang mật", "khoai-tay": "Củ giống khoai tây Marabel",
    "san-tuoi": "Hom sắn nếp", "ngo-nep": "Hạt ngô nếp HN88", "gao-nep-chv": "Giống nếp cái hoa vàng phục tráng",
    "gao-nep-hc": "Giống nếp hạt cau giữ tại bản", "gao-st25": "Giống ST25 xác nhận", "gao-te": "Giống Bắc thơm số 7",
    "ngan": "Ngan con một tuần tuổi", "vit-cl": "Vịt bầu Cổ Lũng con", "ga-doi": "Gà ta lai chọi con", "trung-ga": "Gà ta hậu bị",
    "trung-vit": "Vịt cỏ hậu bị", "lon-man": "Lợn cỏ con bản địa", "ngao": "Ngao cám giống", "tom-the": "Tôm thẻ giống PL12",
    "ca-qua": "Cá quả giống", "ca-chep": "Cá chép lai giống", "ca-me": "Cá mè giống", "nam-bao": "Bịch phôi nấm bào ngư xám",
    "la-dong": "Thân ngầm dong rừng", "hanh-tim": "Củ hành tím giống", "toi-tia": "Tép tỏi tía giống", "doc-mung": "Chồi dọc mùng",
}  # fmt: skip
#: Caught at sea, not raised: nothing is stocked or fed.
CAUGHT = frozenset({"moi-kho", "muc-kho", "ca-thu"})
