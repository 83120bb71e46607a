"""Reads of what is for sale."""

from catalog.queries.basket import OfferLine, list_offer_lines
from catalog.queries.desk import DeskProduct, DeskStock, get_desk_product, list_desk_products
from catalog.queries.documents import SearchDocument, list_search_documents
from catalog.queries.pages import (
    ProductCard,
    ProductPage,
    ReviewView,
    get_product_page,
    list_household_cards,
    list_newest_cards,
    list_product_cards,
)

__all__ = [
    "DeskProduct",
    "DeskStock",
    "OfferLine",
    "ProductCard",
    "ProductPage",
    "ReviewView",
    "SearchDocument",
    "get_desk_product",
    "get_product_page",
    "list_desk_products",
    "list_household_cards",
    "list_newest_cards",
    "list_offer_lines",
    "list_product_cards",
    "list_search_documents",
]
