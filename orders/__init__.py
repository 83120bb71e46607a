"""Buying it and paying for it."""
