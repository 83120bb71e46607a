"""The pages that say whose market this is and by which rules it runs.

Sources: Law 122/2025/QH15 on e-commerce; Law 19/2023/QH15 on consumers.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission

blueprint = Blueprint("about", __name__)
#: Address -> template. Texts are part of the look, so they live with the templates.
PAGES = {
    "gioi-thieu": "introduction",
    "quy-che": "rules",
    "doi-tra": "returns",
    "du-lieu-ca-nhan": "privacy",
    "lien-he": "contact",
}


@blueprint.get("/<any(" + ",".join(f"'{name}'" for name in PAGES) + "):name>")
@needs(Permission.PUBLIC)
def page(name: str) -> ResponseReturnValue:
    """Show one of the market's own pages."""
    return render_template(f"about/{PAGES[name]}.html")
