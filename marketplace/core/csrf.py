"""Against forged requests: only a page of ours may send a form.

The browser's own word comes first: ``Sec-Fetch-Site: same-origin`` cannot be set by any page (W3C Fetch Metadata,
https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header). The token of the session decides for those who do not
send it. A token alone fails honest people: somebody new who opens two pages at once gets two sessions, and the form of
the page whose session lost would be refused.
"""

from flask import current_app, g, request
from flask_wtf.csrf import CSRFProtect

_SAME, _FOREIGN = "same-origin", frozenset({"cross-site", "same-site"})


class ForgeryProtection(CSRFProtect):
    """Flask-WTF's protection, which believes the browser where it speaks."""

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - its signature
        """Refuse a changing request with status 400 (``CSRFError``) unless one of our pages sent it."""
        is_checked = request.method in current_app.config["WTF_CSRF_METHODS"] and not (
            apply_exemptions and (not request.endpoint or self._is_exempt())
        )
        if not is_checked:
            return
        site = request.headers.get("Sec-Fetch-Site")
        if site == _SAME:
            # The forms look at it too.
            g.csrf_valid = True
            return
        if site in _FOREIGN:
            self._error_response("The page of another site has sent this request.")
        super().protect()
