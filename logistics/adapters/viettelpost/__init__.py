"""Viettel Post, partner API version 2."""
