"""The page that explains the EPCIS interface to whoever writes the other program."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from traceability.rules.epcis_documents import MAX_BYTES, MAX_EVENTS
from traceability.views.blueprint import blueprint


@blueprint.get("/epcis")
@needs(Permission.PUBLIC)
def interface() -> ResponseReturnValue:
    """Explain the interface, in Vietnamese and in English."""
    return render_template(
        "traceability/interface.html",
        address=f"{current_app.config['PUBLIC_URL']}/epcis/v2",
        most_events=MAX_EVENTS,
        most_bytes=MAX_BYTES,
    )
