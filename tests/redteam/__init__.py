"""Attempts to sell what must not be sold or to say what is not true, over HTTP as the person who would try.

Each test bears ``@pytest.mark.attack("name")``; the table in docs/traceability.md lists the same names.
"""
