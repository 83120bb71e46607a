"""The browser's session: Flask's own, which a page fetched in advance leaves as it is.

A fetch in advance may be answered long after the person has gone on. Its answer would put back the session of before:
the basket or the sign-in of a moment ago would be gone.
"""

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin


class PatientSessions(SecureCookieSessionInterface):
    """Sets no cookie in answer to a fetch in advance (``Sec-Purpose: prefetch``, https://fetch.spec.whatwg.org).

    Only where the browser also says which site a request comes from, since a form of such a page cannot rely on a token
    (see ``core.csrf``).
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Say whether this answer carries the session."""
        is_early = request.headers.get("Sec-Purpose", "").startswith("prefetch") and "Sec-Fetch-Site" in request.headers
        return not is_early and super().should_set_cookie(app, session)
