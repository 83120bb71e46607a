"""Viettel Post: the partner API version 2 as its public documents and clients describe it."""
