"""The conversation with Viettel Post: tokens, envelopes, time-outs.

Good is HTTP 200, status 200 *and* error false.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from logistics.ports import Done, NotSent, RefusedByCarrier, Unknown

#: The carrier answers most calls within a second; a create may take long before it is lost.
_CONNECT_S = 3.0
_READ_S = 15.0
_OK = 200
_TOO_MANY = 429
_SERVER_ERROR = 500
#: Said in the envelope, so nothing has happened behind it and the same call may go out again.
_TOKEN_REFUSALS = ("token invalid", "header token is required")

Answer = Done[Any] | RefusedByCarrier | Unknown | NotSent


@dataclass(frozen=True, slots=True)
class Account:
    """Where the partner API is, and who we are there."""

    base_url: str
    username: str
    password: str
    read_timeout_s: float = _READ_S


class ViettelPostClient:
    """Calls the partner API.

    Safe to share between threads: one of them fetches a token, the others wait for it.
    """

    def __init__(self, account: Account, http: httpx.Client | None = None) -> None:
        """Prepare; nothing is called yet."""
        self._account = account
        self._http = http or httpx.Client(
            base_url=account.base_url,
            timeout=httpx.Timeout(account.read_timeout_s, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=20),
            trust_env=False,
        )
        self._lock = threading.Lock()
        self._token = ""

    def read(self, path: str, query: Mapping[str, str | int]) -> Answer:
        """Get a catalogue, which needs no token. Once more after a failure: reading changes nothing."""
        answer: Answer = NotSent("")
        for _ in range(2):
            answer = self._send("GET", path, query=query)
            if isinstance(answer, Done | RefusedByCarrier):
                break
        return answer

    def post(self, path: str, body: Mapping[str, Any], *, is_bare: bool = False) -> Answer:
        """Post with a token.

        ``is_bare`` marks the one call that answers without an envelope when all is well. A refused token is
        replaced once, and only when the envelope says so: then nothing happened the first time.
        """
        for _ in range(2):
            token = self._get_token()
            if not isinstance(token, Done):
                return token
            answer = self._send("POST", path, body=body, token=token.value, is_bare=is_bare)
            if not (isinstance(answer, RefusedByCarrier) and answer.reason.lower().startswith(_TOKEN_REFUSALS)):
                return answer
            self._forget(token.value)
        # Two tokens in a row were refused: that is our set-up, and asking on and on will not mend it.
        return NotSent("token refused twice")

    def _get_token(self) -> Done[str] | NotSent:
        with self._lock:
            if self._token:
                # Perhaps another thread fetched it while this one was waiting.
                return Done(self._token)
            credentials = {"USERNAME": self._account.username, "PASSWORD": self._account.password}
            short = self._log_in("/v2/user/Login", credentials, "")
            if not isinstance(short, Done):
                return short
            long = self._log_in("/v2/user/ownerconnect", credentials, short.value)
            if isinstance(long, Done):
                self._token = long.value
            return long

    def _log_in(self, path: str, credentials: Mapping[str, str], token: str) -> Done[str] | NotSent:
        answer = self._send("POST", path, body=credentials, token=token)
        if isinstance(answer, Done):
            data = answer.value
            if isinstance(data, Mapping) and data.get("token"):
                return Done(str(data["token"]))
            return NotSent("login answered without a token")
        # Whatever happened to the login, the call that needed it was never made.
        return NotSent(f"login: {answer.reason}")

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token = ""

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
        token: str = "",
        is_bare: bool = False,
    ) -> Answer:
        headers = {"Token": token} if token else {}
        try:
            response = self._http.request(method, path, json=body, params=query, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return NotSent(type(error).__name__)
        except httpx.HTTPError as error:
            # Names only: messages of exceptions may carry addresses and phone numbers into logs.
            return Unknown(type(error).__name__)
        if response.status_code == _TOO_MANY:
            return NotSent("too many requests")
        if response.status_code >= _SERVER_ERROR:
            return Unknown(f"HTTP {response.status_code}")
        return _open(response, is_bare=is_bare)


def _open(response: httpx.Response, *, is_bare: bool) -> Answer:
    """Take an answer out of its envelope."""
    try:
        data = response.json()
    except ValueError:
        return Unknown(f"HTTP {response.status_code} without JSON")
    if is_bare and isinstance(data, list):
        return Done(data)
    if not isinstance(data, Mapping) or not isinstance(data.get("error"), bool):
        return Unknown(f"HTTP {response.status_code} without an envelope")
    return _judge(response.status_code, data)


def _judge(http_status: int, envelope: Mapping[str, Any]) -> Answer:
    message = str(envelope.get("message") or "")[:300]
    if envelope["error"] is True and not message.lower().startswith("system error"):
        return RefusedByCarrier(str(envelope.get("status") or http_status), message)
    if envelope["error"] is False and http_status == envelope.get("status") == _OK:
        # The print code comes in ``message``, where nobody looks for it.
        data = envelope.get("data")
        return Done(message if data is None else data)
    return Unknown(f"HTTP {http_status}: {message}")
