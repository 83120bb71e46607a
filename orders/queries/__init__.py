"""Reads of baskets, orders and money."""
