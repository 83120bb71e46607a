"""Our own vocabulary: what CBV 2.0 and the GS1 Web Vocabulary have no word for, in Vietnamese and English.

Every business step, measurement, method and field (``cq:``) that a sealed body or an answer of ours may hold is here,
with what it says. A word that was used once is never taken away: records for ever point to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from epcis.context import CBV, PREFIXES
from traceability.rules.identifiers import VOCABULARY

#: Kind of term -> what it is, as RDF names it.
_CLASSES = {
    "step": f"{CBV}BizStep",
    "measurement": "https://gs1.org/voc/MeasurementType",
    "method": f"{VOCABULARY}Method",
    "field": "http://www.w3.org/1999/02/22-rdf-syntax-ns#Property",
}
_XSD = "http://www.w3.org/2001/XMLSchema#"
TITLE_VI = "Bảng từ của nhật ký sản xuất"
TITLE_EN = "Words of the production diary"


@dataclass(frozen=True, slots=True)
class Term:
    """One word. ``path`` follows the vocabulary's address; ``holds`` is the kind of value that a field has."""

    kind: str
    path: str
    vi: str
    en: str
    about_vi: str
    about_en: str
    holds: str = ""

    @property
    def uri(self) -> str:
        """The address under which records know it."""
        return VOCABULARY + self.path

    @property
    def anchor(self) -> str:
        """Its place on the page of all words."""
        return self.path.replace("/", "-")


def _step(path: str, vi: str, en: str, about_vi: str, about_en: str) -> Term:
    return Term("step", f"bizstep/{path}", vi, en, about_vi, about_en)


def _field(path: str, holds: str, vi: str, en: str, about_vi: str, about_en: str) -> Term:  # noqa: PLR0917 - a row
    return Term("field", path, vi, en, about_vi, about_en, holds)


_STEPS = (
    _step("season_opening", "Mở vụ, mở lứa", "Season opened", "Một vụ hay một lứa bắt đầu trên một nơi sản xuất.",
          "A crop cycle or a batch of animals begins at a site."),
    _step("season_closing", "Kết thúc vụ", "Season closed", "Vụ đã xong: không ghi thêm vật tư hay thu hoạch.",
          "The season is over: nothing more goes in or comes out."),
    _step("planting", "Gieo trồng", "Planting", "Hạt hay cây giống được gieo, trồng.",
          "Seed or seedlings were put in."),
    _step("stocking", "Thả giống", "Stocking animals",
          "Con giống vào ao, chuồng. Khác bước “stocking” của CBV là bày hàng.",
          "Young animals went into a pond or barn. Not CBV's stocking, which is about shelves."),
    _step("fertilising", "Bón phân", "Fertilising", "Phân bón được đưa vào vụ.", "Fertiliser was applied."),
    _step("feeding", "Cho ăn", "Feeding", "Thức ăn được đưa vào lứa nuôi.", "Feed was given."),
    _step("watering", "Tưới nước", "Watering", "Nước tưới được đưa vào vụ.", "Water was given."),
    _step("spraying", "Phun thuốc", "Spraying", "Thuốc bảo vệ thực vật được phun; thời gian cách ly tính từ ngày này.",
          "A plant protection product was applied; its waiting period runs from this day."),
    _step("medicine", "Cho thuốc", "Medicine given", "Thuốc thú y được dùng; thời gian ngừng thuốc tính từ ngày này.",
          "A veterinary drug was given; its withdrawal period runs from this day."),
    _step("vaccination", "Tiêm phòng", "Vaccination", "Vật nuôi được tiêm vắc-xin.", "Animals were vaccinated."),
    _step("tending", "Chăm sóc", "Tending", "Việc chăm sóc khác: làm cỏ, tỉa cành, vun gốc.",
          "Other care: weeding, pruning, earthing up."),
    _step("cleaning", "Vệ sinh", "Cleaning", "Chuồng, ao, nhà xưởng hay dụng cụ được làm sạch.",
          "A barn, pond, workshop or tool was cleaned."),
    _step("preparing", "Sơ chế", "Preparing", "Hàng được rửa, phân loại, cắt tỉa.",
          "Produce was washed, sorted, trimmed."),
    _step("processing", "Chế biến, ủ", "Processing", "Nguyên liệu được chế biến, ủ, làm chín.",
          "Ingredients were processed, fermented or cured."),
)  # fmt: skip
_SENSORS = (
    Term("measurement", "measurement/timeInRange", "Thời gian trong ngưỡng", "Time in range",
         "Phần trăm thời gian mà giá trị nằm trong ngưỡng cho phép, làm tròn xuống 0,1.",
         "Per cent of the time in which values lay within the allowed range, rounded down to 0.1."),
    Term("method", "method/hold-until-next-1h", "Giữ đến lần đo sau", "Hold until the next reading",
         "Mỗi giá trị được coi là giữ nguyên đến lần đo sau, nhiều nhất một giờ.",
         "Each reading is taken to stand until the next one, for one hour at most."),
)  # fmt: skip
_FIELDS = (
    _field("kind", "string", "Loại ghi chép", "Kind of record", "Bước trong sổ: incoming, spraying, harvest, recall…",
           "The step of the diary: incoming, spraying, harvest, recall …"),
    _field("household", "anyURI", "Hộ", "Household", "Tên ngẫu nhiên của hộ có sổ này.",
           "The random name of the household whose diary this is."),
    _field("enteredBy", "anyURI", "Người ghi", "Entered by",
           "Tên ngẫu nhiên của người ghi; không ai đọc ra là ai từ đây.",
           "The random name of whoever entered it; it does not say who that is."),
    _field("enteredRole", "string", "Vai trò người ghi", "Role of who entered it",
           "household: người trong hộ; helper: người ghi hộ; officer: cán bộ xã; system: chợ tự ghi.",
           "household; helper: somebody on its behalf; officer: of the commune; system: the market itself."),
    _field("timePrecision", "string", "Độ chính xác thời gian", "Precision of time",
           "day: chỉ biết ngày; giờ trong eventTime là 12 giờ trưa.",
           "day: only the day is known; eventTime says noon."),
    _field("photos", "hexBinary", "Ảnh", "Photos", "SHA-256 của từng ảnh chụp kèm theo.",
           "SHA-256 of each photo taken."),
    _field("privateCommit", "hexBinary", "Cam kết phần riêng", "Commitment to private details",
           "SHA-256 của muối ngẫu nhiên và phần ghi không công khai (người bán, ghi chú).",
           "SHA-256 of a random salt and the details that are not public (supplier, notes)."),
    _field("season", "anyURI", "Vụ", "Season", "Vụ hay lứa mà ghi chép thuộc về.",
           "The season that the record belongs to."),
    _field("template", "string", "Kiểu vụ", "Template", "Kiểu sản xuất: rice, vegetable, pig…",
           "The kind of farming: rice, vegetable, pig …"),
    _field("produce", "string", "Mặt hàng", "Produce", "Thứ được trồng, nuôi hay làm ra.",
           "What is grown, raised or made."),
    _field("lot", "string", "Mã lô", "Lot code", "Mã in trên tem của lô.", "The code printed on the lot's label."),
    _field("lots", "string", "Các mã lô", "Lot codes", "Mã của các lô mà ghi chép nói đến.",
           "Codes of the lots that the record is about."),
    _field("amount", "decimal", "Lượng", "Amount", "Lượng theo đơn vị ở “unit”.", "The amount, in the unit of “unit”."),
    _field("unit", "string", "Đơn vị", "Unit", "Đơn vị của hộ: kg, con, bó, chai…",
           "The household's unit: kg, heads, bunches, bottles …"),
    _field("packContent", "decimal", "Lượng trong mỗi gói", "Content of a pack", "Theo đơn vị của lô đã đóng gói.",
           "What one pack holds, in the unit of the lot that was packed."),
    _field("what", "string", "Loại vật tư", "Kind of input", "seed, fertiliser, pesticide, feed, drug…",
           "seed, fertiliser, pesticide, feed, drug …"),
    _field("name", "string", "Tên vật tư", "Name of the input", "Tên ghi trên bao bì.", "The name on its packaging."),
    _field("paperNo", "string", "Số giấy tờ", "Paper number", "Số hóa đơn hay giấy kiểm dịch.",
           "Number of the invoice or quarantine paper."),
    _field("supplierLot", "string", "Số lô của nơi bán", "Supplier's lot", "Số lô in trên bao bì vật tư.",
           "The lot number on the input's packaging."),
    _field("product", "string", "Sản phẩm đã dùng", "Product used", "Tên phân, thuốc, thức ăn đã dùng.",
           "The fertiliser, pesticide, drug or feed that was used."),
    _field("activeIngredient", "string", "Hoạt chất", "Active ingredient", "Hoạt chất của thuốc.",
           "The active ingredient of the product."),
    _field("dose", "string", "Liều lượng", "Dose", "Liều và lượng nước như đã pha.", "Dose and water as mixed."),
    _field("target", "string", "Đối tượng", "Target", "Sâu, bệnh hay việc nhằm tới.", "The pest, disease or aim."),
    _field("operatorRole", "string", "Người làm", "Who did it", "household, hired hay vet; không ghi tên.",
           "household, hired or vet; never a name."),
    _field("waitingDays", "integer", "Số ngày cách ly", "Waiting days", "Số ngày cách ly ghi trên nhãn.",
           "Days of the waiting period on the label."),
    _field("waitingUntil", "date", "Cách ly đến hết ngày", "Waiting until", "Ngày cuối của thời gian cách ly.",
           "The last day of the waiting period."),
    _field("ruleVersion", "string", "Bản quy tắc", "Version of the rules", "Bản quy tắc đã áp dụng khi ghi.",
           "The version of the rules that were applied."),
    _field("madeOn", "date", "Ngày làm ra", "Made on", "Ngày thu hoạch, giết mổ, làm ra hay đóng gói.",
           "The day of harvest, slaughter, making or packing."),
    _field("bestBeforeOn", "date", "Hạn dùng", "Best before", "Ngày cuối nên dùng.",
           "The last day on which it is at its best."),
    _field("grade", "string", "Phân hạng", "Grade", "Hạng do hộ tự xếp.", "The grade given by the household."),
    _field("brand", "string", "Nhãn hiệu", "Brand", "Nhãn hiệu ghi trên hàng.", "The brand on the goods."),
    _field("reason", "string", "Lý do", "Reason", "Vì sao: hao hụt, giữ hàng, thu hồi, đính chính.",
           "Why: a loss, a hold, a recall, a correction."),
    _field("decision", "string", "Quyết định", "Decision", "verified: xác nhận; sent_back: trả lại để bổ sung.",
           "verified, or sent_back for something that is missing."),
    _field("officerTitle", "string", "Chức danh cán bộ", "Officer's title", "Chức danh, không ghi tên.",
           "The title, never the name."),
    _field("reviewedRecords", "hexBinary", "Ghi chép đã xem", "Records reviewed",
           "Mã niêm phong của các ghi chép mà cán bộ đã xem.",
           "Seals of the records that the officer had before them."),
    _field("explained", "string", "Điều đã giải thích", "Warnings explained",
           "Mã của những cảnh báo mà cán bộ đã ghi lý do khi xác nhận.",
           "Codes of the warnings for which the officer gave a reason."),
    _field("instruction", "string", "Hướng dẫn", "Instruction", "Người mua phải làm gì khi thu hồi.",
           "What buyers are to do in a recall."),
    _field("saleGate", "string", "Cửa kiểm trước khi bán", "Gate before sale", "open: đủ điều kiện; closed: chưa đủ.",
           "open or closed: whether the lot met every rule before it went on sale."),
    _field("gateChecks", "string", "Các mục đã kiểm", "Checks of the gate", "Mã của từng mục đã kiểm.",
           "Codes of what was checked."),
    _field("measure", "string", "Đại lượng đo", "Measure", "Nhiệt độ, độ ẩm, amoniac, ôxy hòa tan, độ pH hay ánh sáng.",
           "temperature, humidity, ammonia, oxygen, ph, light."),
    _field("dailyRange", "string", "Khoảng giá trị từng ngày", "Range by day",
           "Giá trị thấp nhất, cao nhất theo ngày: “2026-11-01 24.1 31.2; …”.",
           "Lowest and highest value by day: “2026-11-01 24.1 31.2; …”."),
    _field("lowLimit", "decimal", "Ngưỡng dưới", "Lower limit", "Giá trị thấp nhất được phép.",
           "The lowest allowed value."),
    _field("highLimit", "decimal", "Ngưỡng trên", "Upper limit", "Giá trị cao nhất được phép.",
           "The highest allowed value."),
    _field("eventCount", "integer", "Số sự kiện", "Events in a capture",
           "Số sự kiện trong một lần gửi qua giao diện EPCIS.",
           "How many events a capture through the EPCIS interface holds."),
    _field("capturedCount", "integer", "Số sự kiện đã nhận", "Events captured", "Số sự kiện đã nhận trong lần gửi ấy.",
           "How many of them were captured."),
)  # fmt: skip
TERMS: Mapping[str, Term] = MappingProxyType({term.path: term for term in (*_STEPS, *_SENSORS, *_FIELDS)})
#: Kind of term -> heading, in the order of the page.
GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "step": "Các bước công việc",
        "field": "Các trường của ghi chép",
        "measurement": "Đại lượng của cảm biến",
        "method": "Cách tính của cảm biến",
    }
)


@cache
def write_vocabulary() -> Mapping[str, Any]:
    """Return the whole vocabulary as JSON-LD."""
    whole = {
        "@id": VOCABULARY,
        "@type": "owl:Ontology",
        "dcterms:title": _in_both(TITLE_VI, TITLE_EN),
    }
    method = {
        "@id": _CLASSES["method"],
        "@type": "rdfs:Class",
        "rdfs:label": _in_both("Cách tính", "Method"),
        "rdfs:isDefinedBy": {"@id": VOCABULARY},
    }
    return {"@context": _context(), "@graph": [whole, method, *(_describe(term) for term in TERMS.values())]}


def write_term(term: Term) -> Mapping[str, Any]:
    """Return one word as JSON-LD."""
    return {"@context": _context(), **_describe(term)}


def _context() -> Mapping[str, str]:
    return {prefix: PREFIXES[prefix] for prefix in ("rdfs", "owl", "xsd", "dcterms", "cbv")} | {"cq": VOCABULARY}


def _describe(term: Term) -> Mapping[str, Any]:
    described: dict[str, Any] = {
        "@id": term.uri,
        "@type": _CLASSES[term.kind],
        "rdfs:label": _in_both(term.vi, term.en),
        "rdfs:comment": _in_both(term.about_vi, term.about_en),
        "rdfs:isDefinedBy": {"@id": VOCABULARY},
    }
    if term.holds:
        described["rdfs:range"] = {"@id": _XSD + term.holds}
    return described


def _in_both(vi: str, en: str) -> list[dict[str, str]]:
    return [{"@value": vi, "@language": "vi"}, {"@value": en, "@language": "en"}]
