"""Tests of parcels."""
