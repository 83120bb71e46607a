"""The shop window: the home page and the page of a product."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.queries import HomeShelves, ProductPage, get_home_shelves, get_product_page
from catalog.queries.pages import LotOnSale
from catalog.queries.papers import list_papers
from catalog.views.blueprint import blueprint
from catalog.views.journey import tell_journey
from catalog.views.kinds import SHOP_KINDS
from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import local_date, utcnow
from marketplace.core.db import db
from marketplace.core.forms import format_phone
from marketplace.core.photos import photo_url
from marketplace.core.quantity import format_number, format_quantity
from marketplace.core.shared_pages import shared
from sellers import queries as sellers
from traceability.queries.lots import LotView, UnsellableLot, explain_unsellable, list_lots
from traceability.queries.story import list_story
from traceability.rules.claims import find_claims, find_unproved
from traceability.rules.obstacles import PASSING

_COMMUNES_SHOWN = 6
#: What plus and minus do to a weighed amount; any multiple of the unit's own step may be typed.
_HALF = Decimal("0.5")
_GRAMS_IN_KG = 1000


@dataclass(frozen=True, slots=True)
class AmountChooser:
    """How the stepper of a product page behaves. Texts, since they go into the page as they are."""

    first: str
    step: str
    minimum: str
    maximum: str


@blueprint.get("/")
@needs(Permission.PUBLIC)
@shared
def home() -> ResponseReturnValue:
    """Show what is fresh, what the communes have verified, and how the market works."""
    session = db.session()
    shelves: HomeShelves = get_home_shelves(session, utcnow())
    communes = sellers.list_active_communes(session)
    return render_template(
        "catalog/home.html",
        kinds=SHOP_KINDS,
        shelves=shelves,
        communes=communes[:_COMMUNES_SHOWN],
        commune_count=len(communes),
    )


@blueprint.get("/san-pham/<slug>")
@needs(Permission.PUBLIC)
@shared
def product(slug: str) -> ResponseReturnValue:
    """Show a product: price, what is left, who makes it, and where it comes from."""
    session = db.session()
    page = get_product_page(session, slug)
    household = sellers.get_household(session, page.household_id)
    on_sale = {page.product_id: (page.household_id, [lot.lot_id for lot in page.lots])}
    certificates = list_papers(session, on_sale, local_date(utcnow())).get(page.product_id, [])
    lots = list_lots(session, [lot.lot_id for lot in page.all_lots])
    told = next((lots[lot.lot_id] for lot in page.lots if lot.lot_id in lots), None)
    journey = tell_journey(told, list_story(session, told)) if told else []
    public_url = current_app.config["PUBLIC_URL"]
    address = public_url + url_for("catalog.product", slug=page.slug)
    picture = public_url + photo_url(page.photos[0], "medium") if page.photos else None
    return render_template(
        "catalog/product.html",
        page=page,
        household=household,
        certificates=certificates,
        badges=sellers.pick_badges(certificates),
        unproved=find_unproved(find_claims(page.name, page.other_names, page.description), certificates),
        lots=page.lots,
        told=told,
        journey=journey,
        recalled=_in_state(lots, page.all_lots, "recalled"),
        stopped=_list_stopped(page),
        chooser=_chooser(page),
        address=address,
        picture=picture,
        basket_url=_basket_url(),
        seller=_disclose(household),
        facts=_describe(page, household, address, picture),
    )


def _disclose(household: sellers.HouseholdView) -> list[tuple[str, str]]:
    """Return who sells, as Law 19/2023/QH15 (article 37) wants it shown before a distance sale."""
    address = (household.address_line, household.hamlet, household.commune_name, household.province_name)
    rows = [
        (_("Tên gọi"), household.shown_name),
        (_("Người đại diện"), household.representative),
        (_("Địa chỉ"), ", ".join(part for part in address if part)),
        (_("Điện thoại"), format_phone(household.phone)),
        (_("Mã số thuế"), household.tax_code or ""),
    ]
    return [(term, value) for term, value in rows if value]


def _in_state(lots: dict[int, LotView], listed: tuple[LotOnSale, ...], state: str) -> list[LotView]:
    return [lots[lot.lot_id] for lot in listed if lot.lot_id in lots and lots[lot.lot_id].state == state]


def _list_stopped(page: ProductPage) -> list[UnsellableLot]:
    """Return the lots whose goods lie there and may not be sold for now: the product is not sold out."""
    there = [lot.lot_id for lot in page.all_lots if lot.free > 0]
    if page.available > 0 or not there:
        return []
    found = explain_unsellable(db.session(), there, local_date(utcnow()))
    return [lot for lot in found if lot.obstacle in PASSING]


def _basket_url() -> str | None:
    """Return where goods go into the basket, or None when no package offers one."""
    return url_for("orders.add_to_basket") if "orders.add_to_basket" in current_app.view_functions else None


def _chooser(page: ProductPage) -> AmountChooser:
    is_weighed = page.step < 1
    first = min(Decimal(1), page.available) if page.available > 0 else Decimal(1)
    return AmountChooser(
        first=format_number(first),
        step=str(_HALF if is_weighed and page.available >= _HALF else page.step),
        minimum=str(page.step),
        maximum=str(page.available),
    )


def _describe(page: ProductPage, household: sellers.HouseholdView, address: str, picture: str | None) -> dict[str, Any]:
    """Return the product in the words of schema.org, for search engines (JSON-LD)."""
    in_stock = page.is_on_sale and page.available > 0
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.name,
        "description": page.description or _("%(name)s của %(who)s", name=page.name, who=household.shown_name),
        "category": page.category_name,
        "url": address,
        "countryOfOrigin": "VN",
        "brand": {"@type": "Brand", "name": household.shown_name},
        "offers": {
            "@type": "Offer",
            "url": address,
            "price": page.price_vnd,
            "priceCurrency": "VND",
            "availability": f"https://schema.org/{'InStock' if in_stock else 'OutOfStock'}",
            "eligibleQuantity": {"@type": "QuantitativeValue", "unitText": page.unit_label},
            "seller": {"@type": "Organization", "name": household.shown_name},
        },
    }
    if picture:
        facts["image"] = [picture]
    if page.stars is not None:
        facts["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": round(page.stars, 1),
            "reviewCount": page.rating_count,
        }
    return facts


@blueprint.app_template_filter("left_label")
def left_label(amount: Decimal, unit: str) -> str:
    """Write what is left the way buyers ask for it: ``còn 40 kg``."""
    return str(_("còn %(amount)s", amount=format_quantity(amount, unit)))


@blueprint.app_template_filter("weight_label")
def weight_label(grams: int) -> str:
    """Write a weight: ``500 g``, ``1,1 kg``."""
    return f"{grams} g" if grams < _GRAMS_IN_KG else format_quantity(Decimal(grams) / _GRAMS_IN_KG, "kg")
