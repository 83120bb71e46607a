"""Pages of signing in, of one's own account, and of working for a household."""

from marketplace.accounts.views import account, acting, door, reset
from marketplace.accounts.views.blueprint import blueprint
from marketplace.accounts.views.security import init_security

__all__ = ["account", "acting", "blueprint", "door", "init_security", "reset"]
