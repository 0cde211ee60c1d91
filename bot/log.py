"""Structured logs, without secrets."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

    from bot.settings import Settings

HIDDEN = "[hidden]"
_MAX_TEXT = 20_000
_SHORTEST = 6  # a shorter secret would tear holes into words that merely contain it
_NAMES = re.compile(
    r"authorization|x-hub-signature|x-gitlab-token|private-token|cookie|password|passwd|secret"
    r"|token|api[-_]?key|private[-_]?key",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\b(authorization|x-hub-signature(?:-256)?|x-gitlab-token|private-token|cookie|set-cookie)"
    r"(['\"]?\s*[:=]\s*['\"]?)(?:(?:bearer|basic|token)\s+)?[^\s'\",;]+",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"\b(?:gh[a-z]_[A-Za-z0-9]{16,}|ghs_[A-Za-z0-9_.-]{16,}|github_pat_\w{16,}"
    r"|gl[a-z]{2,6}-[\w-]{16,}|whsec_[\w+/=-]{8,}|v1\.[0-9a-f]{40}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|(?:AKIA|ASIA)[A-Z0-9]{16}|xox[abprs]-[\w-]{10,})"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.IGNORECASE)


class Redactor:
    """Takes secrets out of what is logged: known values, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {part for secret in secrets for part in _parts(secret) if len(part) >= _SHORTEST}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def __call__(self, _logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
        """As a processor of structlog."""
        return {key: self._value(key, value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """The text without secrets, and of a length that a log can carry."""
        text = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + " [cut]"
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _PEM.sub(HIDDEN, text)
        text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
        text = _TOKEN.sub(HIDDEN, text)
        return _USER.sub(rf"\1{HIDDEN}@", text)

    def _value(self, key: str, value: Any) -> Any:
        if isinstance(value, bool | int | float | None):
            return value
        if _NAMES.search(key):
            return HIDDEN
        if isinstance(value, Mapping):
            return {str(name): self._value(str(name), one) for name, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value("", one) for one in value]
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        return self.text(str(value))


def configure(settings: "Settings") -> None:
    """Send all logs of this process, those of libraries too, to stderr by one way."""
    set_up(settings.log, settings.secrets)


def set_up(form: str, secrets: Iterable[str]) -> None:
    """``form`` is ``json`` or ``text``; ``secrets`` are values that must never be shown."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    shown: Processor = structlog.processors.JSONRenderer()
    if form == "text":
        shown = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            Redactor(secrets),
            shown,
        ],
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _take_over(formatter)


def _take_over(formatter: logging.Formatter) -> None:
    """One handler, at the root; the libraries' own ones would pass secrets by the redactor."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "sqlalchemy", "alembic"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    # They tell of each request and statement, with parameters: nobody reads that, and much leaks.
    for name in (
        "httpx",
        "httpcore",
        "urllib3",
        "github",
        "gitlab",
        "sqlalchemy",
        "alembic",
        "kombu",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of each retry, in long words; what is in the way is said when it is given up.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def _parts(secret: str) -> list[str]:
    """A secret of several lines may be logged line by line, or with its line ends written out."""
    lines = secret.splitlines()
    return [secret, secret.replace("\n", "\\n"), *(lines if len(lines) > 1 else [])]
