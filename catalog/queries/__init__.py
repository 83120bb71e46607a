"""Reads of what is for sale."""

from catalog.queries.basket import OfferLine, list_offer_lines
from catalog.queries.cards import (
    ProductCard,
    list_commune_cards,
    list_household_cards,
    list_newest_cards,
    list_product_cards,
)
from catalog.queries.desk import DeskProduct, DeskProductPage, DeskStock, get_desk_product, list_desk_products
from catalog.queries.documents import SearchDocument, list_search_documents
from catalog.queries.home import HomeShelves, get_home_shelves
from catalog.queries.pages import LotOnSale, ProductPage, ReviewView, get_product_page, list_own_reviews

__all__ = [
    "DeskProduct",
    "DeskProductPage",
    "DeskStock",
    "HomeShelves",
    "LotOnSale",
    "OfferLine",
    "ProductCard",
    "ProductPage",
    "ReviewView",
    "SearchDocument",
    "get_desk_product",
    "get_home_shelves",
    "get_product_page",
    "list_commune_cards",
    "list_desk_products",
    "list_household_cards",
    "list_newest_cards",
    "list_offer_lines",
    "list_own_reviews",
    "list_product_cards",
    "list_search_documents",
]
