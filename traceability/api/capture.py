"""Capturing events: documents as jobs, single events at once. Needs a key that may capture."""

import hashlib
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask import Response, request, url_for

from marketplace.accounts.gate import needs
from marketplace.accounts.rules import Permission
from marketplace.core.clock import utcnow
from marketplace.core.db import db, transaction
from traceability.api.access import check_key, require_key
from traceability.api.blueprint import blueprint
from traceability.api.negotiation import (
    CAPTURE_LIMITS,
    answer_events_json,
    answer_json,
    public_address,
    read_body,
    read_translation,
)
from traceability.api.paging import next_headers, read_turn
from traceability.api.problems import describe_error
from traceability.errors import EpcisProblem
from traceability.queries.api_keys import KeyView
from traceability.queries.captures import CaptureView, find_capture, list_captures
from traceability.rules.epcis_documents import StoredEvent, write_event
from traceability.rules.leaf import write_time
from traceability.services.capture import accept_document, capture_event, check_document, check_event
from traceability.services.event_store import Source

BEHAVIOURS = ("rollback", "proceed")


@blueprint.post("/capture")
@needs(Permission.PUBLIC)
def capture() -> Response:
    """Take in a document; its events are captured by a job."""
    key = require_key("may_capture")
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", "rollback").strip()
    if behaviour not in BEHAVIOURS:
        raise EpcisProblem("ValidationException", "GS1-Capture-Error-Behaviour is rollback or proceed.")
    body = read_body()
    document = check_document(body, proceeds=behaviour == "proceed")
    with transaction() as session:
        capture_id = accept_document(
            session=session,
            key_id=key.id,
            source=_source(key),
            body=body,
            event_count=len(document.events),
            proceeds=behaviour == "proceed",
            now=utcnow(),
        )
    location = public_address(url_for("epcis.capture_job", capture_id=capture_id))
    return Response(status=202, headers={"Location": location, **CAPTURE_LIMITS})


@blueprint.get("/capture")
@needs(Permission.PUBLIC)
def capture_jobs() -> Response:
    """List the jobs of the key's owner, newest first."""
    key = require_key("may_capture")
    caller = check_key()
    turn = read_turn(caller)
    jobs = list_captures(db.session(), owner_party=key.owner_party, before=turn.place, limit=turn.per_page + 1)
    shown = jobs[: turn.per_page]
    headers = next_headers(caller, shown[-1].row if len(jobs) > len(shown) else None)
    return answer_json([_describe(job) for job in shown], headers={**CAPTURE_LIMITS, **headers})


@blueprint.get("/capture/<capture_id>")
@needs(Permission.PUBLIC)
def capture_job(capture_id: str) -> Response:
    """Say what became of a document."""
    key = require_key("may_capture")
    try:
        job = find_capture(db.session(), uuid.UUID(capture_id), owner_party=key.owner_party)
    except ValueError:
        job = None
    if job is None:
        raise EpcisProblem("NoSuchResourceException", "You have no capture job of this ID.")
    headers = {**CAPTURE_LIMITS, "GS1-Capture-Error-Behaviour": BEHAVIOURS[job.proceeds]}
    return answer_json(_describe(job), headers=headers)


@blueprint.post("/events")
@needs(Permission.PUBLIC)
def capture_single() -> Response:
    """Take in one event at once."""
    key = require_key("may_capture")
    body = read_body()
    incoming = check_event(body)
    # The leaf carries the hash of what was sent, letter for letter, as it does for a document.
    source = replace(_source(key), doc_hash=hashlib.sha256(body).hexdigest())
    with transaction() as session:
        capture_event(session=session, incoming=incoming, source=source, now=utcnow())
    stored = StoredEvent(incoming.content, None, incoming.event_id, incoming.index.event_id is not None)
    # Every character of the ID is escaped: event IDs are URIs, with slashes and question marks of their own.
    location = public_address(f"{url_for('epcis.events')}/{quote(incoming.event_id, safe='')}")
    # What was kept is what came; only the answer is spelled as it was asked for.
    body = write_event(stored, read_translation())
    return answer_events_json(body, status=201, headers={"Location": location, **CAPTURE_LIMITS})


def _source(key: KeyView) -> Source:
    return Source(owner_party=key.owner_party, is_public=key.may_publish)


def _describe(job: CaptureView) -> dict[str, Any]:
    described: dict[str, Any] = {
        "captureID": str(job.capture_id),
        "createdAt": write_time(job.created_at),
        "running": job.is_running,
        "success": job.has_succeeded,
        "captureErrorBehaviour": BEHAVIOURS[job.proceeds],
        "errors": [describe_error(error) for error in job.errors],
        # Beyond the standard: how many events the document holds, and how many were captured.
        "cq:eventCount": job.event_count,
        "cq:capturedCount": job.captured_count,
    }
    if job.finished_at is not None:
        described["finishedAt"] = write_time(job.finished_at)
    return described
