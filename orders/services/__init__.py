"""Use cases that change baskets, orders and money."""
