"""Tables of people, roles and who acts for whom."""

from datetime import datetime
from typing import Any

from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Identity, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.base import Base

_ = (AsaList, RoleMixin, UserMixin, Any)
