"""The bare page that ours are measured against: Flask, one SELECT, one Jinja template, nothing else.

Served by the same server with the same options. ``/<rows>/<size>``: so many rows, padded to about so many bytes.
"""

import os

from flask import Flask
from sqlalchemy import create_engine, text

app = Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"], pool_size=3)
_ROWS = text(
    "SELECT p.id, p.slug, p.name, p.unit, p.category, p.sold_count, o.price_vnd, o.state"
    " FROM catalog_products p JOIN catalog_offers o ON o.product_id = p.id ORDER BY p.id LIMIT :rows"
)
_PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{{ rows[0].name }}</title></head><body>
<ul>{% for row in rows %}
<li class="{{ row.state }}"><a href="/san-pham/{{ row.slug }}">{{ row.name }}</a>
<b>{{ row.price_vnd }}</b> / {{ row.unit }}
<small>{{ row.category }}, {{ row.sold_count }}, {{ row.id }}</small></li>{% endfor %}
</ul>{{ filling }}</body></html>"""
_TEMPLATE = app.jinja_env.from_string(_PAGE)
_ROW_BYTES = 230


@app.get("/<int:rows>/<int:size>")
def page(rows: int, size: int) -> str:
    """Show some rows."""
    with engine.connect() as connection:
        found = connection.execute(_ROWS, {"rows": rows}).all()
    return _TEMPLATE.render(rows=found, filling="x" * max(0, size - rows * _ROW_BYTES))
