"""Drawn pictures of goods, fields and barns, made from shapes and seeded dice."""
