"""Where scans are counted: at the redirection from the printed address, never at a page, so that pages may be kept."""

from flask import request

from marketplace.core.clock import utcnow
from marketplace.core.db import transaction
from marketplace.core.limits import is_within
from traceability.services.scans import record_scan

#: More from one address is a machine, or a whole village behind one provider: either way no longer a count. So nobody
#: brings a lot under suspicion from one place, however many browsers he or she pretends to have.
_LIMIT, _LIMIT_ONE_LOT = "30 per minute", "10 per day"


def count_scan(lot_id: int, pack_id: int = 0) -> None:
    """Count that somebody opened a code. Only what asks for a page is a person with a camera."""
    if request.method != "GET" or "text/html" not in dict(request.accept_mimetypes):
        return
    if not (is_within(_LIMIT, "scan") and is_within(_LIMIT_ONE_LOT, f"scan-{lot_id}")):
        return
    seen_from = f"{request.remote_addr}\n{request.user_agent.string}"
    with transaction() as session:
        record_scan(session=session, lot_id=lot_id, pack_id=pack_id, seen_from=seen_from, now=utcnow())
