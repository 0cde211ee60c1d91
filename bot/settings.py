"""Every environment variable of the server, read once."""

import base64
import ipaddress
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import operator
from bot.operator import Operator

_PREFIX = "REDLINE_"
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class SettingsError(Exception):
    """What is wrong or missing, all of it: ``faults`` has one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["Redline cannot start:", *(f"- {fault}" for fault in faults)]))
        self.faults = tuple(faults)


class SandboxMode(StrEnum):
    """How programs are kept from the machine; ``auto`` takes the first way that works here."""

    AUTO = "auto"
    BUBBLEWRAP = "bubblewrap"
    SANDLOCK = "sandlock"
    OFF = "off"


class Settings(BaseSettings):
    """The settings, checked. Times are seconds. Nothing of it changes while a process lives."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="ignore"
    )

    state_dir: Path = Field(default_factory=lambda: _state_home() / "redline")
    database_url: SecretStr = SecretStr("")
    broker_url: SecretStr = SecretStr("")
    listen: str = "127.0.0.1:8000"
    public_url: str = ""

    github_url: str = "https://api.github.com"
    github_app_id: int | None = Field(default=None, gt=0)
    github_private_key: SecretStr = SecretStr("")
    github_token: SecretStr = SecretStr("")
    github_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    gitlab_url: str = "https://gitlab.com"
    gitlab_token: SecretStr = SecretStr("")
    gitlab_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    repositories: Annotated[tuple[str, ...], NoDecode] = ()

    sandbox: SandboxMode = SandboxMode.AUTO
    forge_pace_seconds: float = Field(default=3, ge=0, le=3600)
    lease_seconds: Seconds = 60
    stage_seconds: Seconds = 600
    review_seconds: Seconds = 1200
    publish_after_seconds: Seconds = 90
    settle_seconds: float = Field(
        default=6, ge=0, le=600, description="How long a listing may lack what was just written."
    )
    recheck_seconds: float = Field(
        default=60, ge=0, le=3600, description="The least time between two rechecks of a change."
    )
    workers: int = Field(default=2, ge=1, le=64)
    reconcile_seconds: Seconds = 60
    forge_walk_seconds: Seconds = 900

    config: Path | None = Field(default=None, description="The operator's file.")
    secret_key: SecretStr = SecretStr("")
    ca_bundle: Path | None = None
    log: Literal["json", "text"] = "json"

    _operator: Operator = PrivateAttr(default_factory=Operator)

    @field_validator(
        "github_webhook_secret", "gitlab_webhook_secret", "repositories", mode="before"
    )
    @classmethod
    def _comma_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(item for part in value.split(",") if (item := part.strip()))
        return value

    @field_validator("github_private_key")
    @classmethod
    def _one_line_key(cls, value: SecretStr) -> SecretStr:
        """A PEM that came through an ``.env`` file has its line ends written as ``\\n``."""
        return SecretStr(value.get_secret_value().replace("\\n", "\n"))

    @property
    def operator(self) -> Operator:
        """What the operator's file says; without one nothing."""
        return self._operator

    @property
    def database(self) -> str:
        """Where the ledger is, as a SQLAlchemy URL."""
        url = self.database_url.get_secret_value()
        if not url:
            return f"sqlite:///{self.state_dir / 'redline.db'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the receiver."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def page_url(self) -> str:
        """Where people reach this server, without a slash at the end."""
        return (self.public_url or f"http://{self.listen}").rstrip("/")

    @property
    def github(self) -> bool:
        """Whether GitHub is configured, in whatever part."""
        own = (self.github_private_key, self.github_token)
        return bool(self.github_app_id or self.github_webhook_secret or _any(*own))

    @property
    def gitlab(self) -> bool:
        """Whether GitLab is configured, in whatever part."""
        return bool(self.gitlab_webhook_secret or _any(self.gitlab_token))

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log to leave out."""
        plain = [value for value in self.__dict__.values() if isinstance(value, SecretStr)]
        listed = (*self.github_webhook_secret, *self.gitlab_webhook_secret)
        values = [one.get_secret_value() for one in (*plain, *listed)]
        urls = (self.database_url.get_secret_value(), self.broker_url.get_secret_value())
        values += [urlsplit(url).password or "" for url in urls]
        return tuple(filter(None, values))

    @property
    def key(self) -> bytes:
        """What signs marks."""
        return self.secret_key.get_secret_value().encode()

    def allows(self, repository: str) -> bool:
        """Whether ``owner/name`` may be reviewed; without patterns all may that the App sees."""
        patterns = self.repositories
        return not patterns or any(_pattern(one).fullmatch(repository.lower()) for one in patterns)


def load() -> Settings:
    """Read the environment. Makes the state folder, and the secret key in it where none is set.

    Raises SettingsError with every fault that was found.
    """
    settings, faults = _read()
    faults += [*_faults(settings), *_prepare(settings.state_dir)]
    if faults:
        raise SettingsError(faults)
    if _any(settings.secret_key):
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_kept_key(settings.state_dir))})


def chosen(variables: Sequence[str]) -> Settings:
    """The environment for who goes by some of it only; raises SettingsError with their faults."""
    settings, faults = _read()
    if theirs := [fault for fault in faults if fault.startswith(tuple(variables))]:
        raise SettingsError(theirs)
    return settings


def _read() -> tuple[Settings, list[str]]:
    """The environment, with the default in place of what cannot be understood."""
    values, faults = _from_files()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [_worded(fault) for fault in error.errors()]
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        settings = Settings(**values | {name: _default(name) for name in wrong})
    if settings.config is None:
        return settings, faults
    found, wrong_there = operator.load(settings.config)
    faults += [f"{_PREFIX}CONFIG: {fault}" for fault in wrong_there]
    return _limited(settings, found), faults


def _limited(settings: Settings, found: Operator) -> Settings:
    """With the operator's file, whose limits hold where the environment sets none."""
    limits = {"review_seconds": found.limits.review, "stage_seconds": found.limits.stage}
    said = settings.model_fields_set
    open_ = {name: seconds for name, seconds in limits.items() if seconds and name not in said}
    limited = settings.model_copy(update=open_)
    limited._operator = found
    return limited


def _from_files() -> tuple[dict[str, Any], list[str]]:
    """``REDLINE_NAME_FILE`` in place of ``REDLINE_NAME``: each file's text, and what is wrong."""
    values, faults = {}, []
    for field in Settings.model_fields:
        variable = _PREFIX + field.upper()
        path = os.environ.get(f"{variable}_FILE")
        if path and os.environ.get(variable):
            faults.append(f"{variable} and {variable}_FILE are both set: choose one")
        elif path:
            try:
                values[field] = Path(path).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{variable}_FILE: cannot read {path}: {error}")
    return values, faults


def _default(field: str) -> Any:
    return Settings.model_fields[field].get_default(call_default_factory=True)


def _worded(fault: Any) -> str:
    """One of pydantic's faults without the value, which may be a secret."""
    name = _PREFIX + str(fault["loc"][0]).upper() if fault["loc"] else "settings"
    return f"{name}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _faults(settings: Settings) -> Iterator[str]:
    if not settings.github and not settings.gitlab:
        yield (
            "no forge is configured: set REDLINE_GITHUB_APP_ID and REDLINE_GITHUB_PRIVATE_KEY, "
            "or REDLINE_GITHUB_TOKEN, or REDLINE_GITLAB_TOKEN"
        )
    if settings.github:
        yield from _github_faults(settings)
    if settings.gitlab:
        yield from _gitlab_faults(settings)
    yield from _address_faults(settings)
    key = settings.secret_key.get_secret_value()
    if key and len(key) < 32:
        yield "REDLINE_SECRET_KEY is too short: at least 32 characters"
    if settings.ca_bundle is not None and not settings.ca_bundle.is_file():
        yield f"REDLINE_CA_BUNDLE: there is no file {settings.ca_bundle}"


def _github_faults(settings: Settings) -> Iterator[str]:
    key, token = _any(settings.github_private_key), _any(settings.github_token)
    app = settings.github_app_id is not None
    if app != key:
        yield "REDLINE_GITHUB_APP_ID and REDLINE_GITHUB_PRIVATE_KEY go together: one is missing"
    if key and "-----BEGIN" not in settings.github_private_key.get_secret_value():
        yield "REDLINE_GITHUB_PRIVATE_KEY is not a PEM key"
    if token and (app or key):
        yield "REDLINE_GITHUB_TOKEN and a GitHub App are both set: choose one"
    if not (token or app or key):
        yield "GitHub's webhook secret is set, but neither an App nor REDLINE_GITHUB_TOKEN"
    if token and not settings.repositories:
        yield "REDLINE_REPOSITORIES must be set when REDLINE_GITHUB_TOKEN is"
    if not settings.github_webhook_secret:
        yield "REDLINE_GITHUB_WEBHOOK_SECRET is not set: anyone could send webhooks"
    yield from _forge_url_faults("REDLINE_GITHUB_URL", settings.github_url)


def _gitlab_faults(settings: Settings) -> Iterator[str]:
    if not _any(settings.gitlab_token):
        yield "REDLINE_GITLAB_TOKEN is not set, but GitLab's webhook secret is"
    if not settings.repositories:
        yield "REDLINE_REPOSITORIES must be set when REDLINE_GITLAB_TOKEN is"
    if not settings.gitlab_webhook_secret:
        yield "REDLINE_GITLAB_WEBHOOK_SECRET is not set: anyone could send webhooks"
    for secret in settings.gitlab_webhook_secret:
        if _bad_signing_token(secret.get_secret_value()):
            yield "REDLINE_GITLAB_WEBHOOK_SECRET: a signing token is whsec_ and base64 behind it"
    yield from _forge_url_faults("REDLINE_GITLAB_URL", settings.gitlab_url)


def _bad_signing_token(secret: str) -> bool:
    """Whether it looks like a token that signs, and is none: it would hold nothing back."""
    if not secret.startswith("whsec_"):
        return False
    try:
        return not base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return True


def _forge_url_faults(name: str, url: str) -> Iterator[str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield f"{name} is not an https:// address"
    elif parts.username or parts.password:
        yield f"{name} must not hold a user or a password"
    elif parts.scheme == "http" and not loopback(url):
        yield f"{name}: http is accepted for a forge on this machine only, use https"


def _address_faults(settings: Settings) -> Iterator[str]:
    if not re.fullmatch(r".+:\d{1,5}", settings.listen) or settings.address[1] > 65535:
        yield "REDLINE_LISTEN is not HOST:PORT"
    if settings.public_url and urlsplit(settings.public_url).scheme not in ("http", "https"):
        yield "REDLINE_PUBLIC_URL is not an http:// or https:// address"
    if not re.match(r"(sqlite:///|postgresql\+psycopg://)", settings.database):
        yield "REDLINE_DATABASE_URL must begin with postgresql+psycopg:// or sqlite:///"
    broker = settings.broker_url.get_secret_value()
    if broker and not re.match(r"(redis|rediss|unix|redis\+socket)://", broker):
        yield "REDLINE_BROKER_URL must begin with redis://, rediss:// or unix://"
    forges = [settings.github_url] * settings.github + [settings.gitlab_url] * settings.gitlab
    if settings.forge_pace_seconds == 0 and not all(map(loopback, forges)):
        yield "REDLINE_FORGE_PACE_SECONDS=0 is accepted for a forge on this machine only"


def loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prepare(state: Path) -> list[str]:
    """Make the state folder, for our own user only."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return [f"REDLINE_STATE_DIR: cannot make {state}: {error.strerror}"]
    if not os.access(state, os.W_OK | os.X_OK):
        return [f"REDLINE_STATE_DIR: {state} cannot be written to"]
    return []


def _kept_key(state: Path) -> str:
    """The key in the state folder; whoever comes first makes it, and all others read that one."""
    path = state / "secret.key"
    if not path.exists():
        mine = path.with_suffix(f".{secrets.token_hex(8)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            path.hardlink_to(mine)  # fails if it exists, and never shows half a key
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text("ascii").strip()


def _state_home() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")


def _pattern(pattern: str) -> re.Pattern[str]:
    """``*`` stays within one part of a name, ``**`` does not; both forges ignore case."""
    parts = (
        {"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*|\*|\?)", pattern.lower())
    )
    return re.compile("".join(parts), re.DOTALL)


def _any(*values: SecretStr) -> bool:
    return any(value.get_secret_value() for value in values)
