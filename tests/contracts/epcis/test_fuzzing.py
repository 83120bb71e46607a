"""Everything that our description allows, and much that it does not, is asked of the running server."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories.repository import bearer
from traceability.api.description import describe_interface

schema = schemathesis.openapi.from_dict(describe_interface())
# Without the phase that takes each of the hundred parameters through all its edges, it takes some tens of seconds.
schema.config.phases.update(phases=["examples", "fuzzing"])
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

pytestmark = pytest.mark.slow


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_interface_is_as_it_is_described(case, repository):
    response = case.call(base_url=repository.url, headers=bearer(repository.secret))
    if "/subscriptions" in case.path and case.method != "OPTIONS":
        # The one thing that a server may answer with 501 here is what it says it does not do.
        assert response.status_code in {400, 404, 405, 406, 414, 501}
    else:
        case.validate_response(response, checks=_CHECKS)
