"""The tree of sites (pens in barns), for statements of other packages that ask what stands above and below a site."""

from typing import Any

from sqlalchemy import Select, Subquery, select, union
from sqlalchemy.orm import aliased

from sellers.models import Site


def related_sites(start: Select[Any], name: str) -> Subquery:
    """Return pairs (``site_id``, ``related_id``): each site of ``start`` with itself and all above and below it.

    ``start`` selects one column, ids of sites. ``name`` tells two uses in one statement apart.
    """
    given = start.subquery(f"{name}_given").c[0]
    itself = select(given.label("site_id"), given.label("related_id"))
    up, down = itself.cte(f"{name}_up", recursive=True), itself.cte(f"{name}_down", recursive=True)
    site, part = aliased(Site, name=f"{name}_site"), aliased(Site, name=f"{name}_part")
    up = up.union(
        select(up.c.site_id, site.parent_id).join(site, site.id == up.c.related_id).where(site.parent_id.is_not(None))
    )
    down = down.union(select(down.c.site_id, part.id).join(part, part.parent_id == down.c.related_id))
    return union(select(up.c.site_id, up.c.related_id), select(down.c.site_id, down.c.related_id)).subquery(name)
