"""secret-literal."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate

from rules.commands import leaks, passwords_in_urls
from rules.finding import Blocks, Location, Problem, Severity, named
from rules.rule import rule
from rules.secrets import masked, tokens
from rules.settings import says_secret, secrets_in
from rules.subjects.manifest import Manifest
from rules.subjects.workload import LONGEST_NAME, Container
from rules.subjects.yaml import Map, Scalar

_COMMANDS = (("command",), ("args",))
_HOOKS = (
    ("livenessProbe", "exec", "command"),
    ("readinessProbe", "exec", "command"),
    ("startupProbe", "exec", "command"),
    ("lifecycle", "postStart", "exec", "command"),
    ("lifecycle", "preStop", "exec", "command"),
)
_WHO = "whoever may read the repository or list the object has it"

BAD_ENV = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            env:
              - name: DB_PASSWORD
>               value: Tr0ub4dor
"""
BAD_CONFIG = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: web}
  data:
    LOG_LEVEL: debug
>   API_TOKEN: 9f86d081884c7d65
    application.properties: |
      server.port=8080
      # spring.datasource.password=an-old-one
>     spring.datasource.password=Tr0ub4dor
"""
BAD_ARGS = """
  apiVersion: batch/v1
  kind: CronJob
  metadata: {name: backup}
  spec:
    jobTemplate:
      spec:
        template:
          spec:
            containers:
              - name: backup
                image: ghcr.io/shop/backup:1.4.0
                command: [/backup]
                args:
                  - --user=ada
>                 - --password=Tr0ub4dor
"""
BAD_URL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: a-password-in-an-address}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
>         - {name: DATABASE_URL, value: "postgres://app:Tr0ub4dor@db.shop.svc/app"}
"""
GOOD_MENDED = """
  apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    template:
      spec:
        containers:
          - name: web
            image: ghcr.io/shop/web:1.4.0
            env:
              - name: DB_PASSWORD
                valueFrom: {secretKeyRef: {name: web-db, key: password}}
"""
GOOD = """
  apiVersion: v1
  kind: Pod
  metadata: {name: web}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - name: DB_PASSWORD
            valueFrom: {secretKeyRef: {name: web-db, key: password}}
          - {name: DATABASE_URL, value: "postgres://app:$(DB_PASSWORD)@db.shop.svc/app"}
        args: [--password, $(DB_PASSWORD), --token-file=/run/secrets/token]
"""
GOOD_WHERE_IT_IS = """
  apiVersion: v1
  kind: Pod
  metadata: {name: names-of-secrets-are-none}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env:
          - {name: DB_PASSWORD_FILE, value: /run/secrets/db}
          - {name: TLS_SECRET, value: web-tls}
          - {name: TOKEN_URL, value: "https://login.shop.internal/token"}
          - {name: CLIENT_SECRET, value: "vault:secret/data/web#client"}
"""
GOOD_WORDS_ALIKE = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: words-that-only-sound-alike}
  data:
    TOKEN_TTL: "3600"
    PASSWORD_MIN_LENGTH: "12"
    MAX_TOKENS: "4096"
    KEYCLOAK_ADMIN: admin
    GPG_KEY: 7169605F62C751356D054A26A821E680E5FA6305
    ssh.pub: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
"""
GOOD_SWITCHES = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: switches-and-empty-values}
  data:
    ALLOW_EMPTY_PASSWORD: "yes"
    AUTH_TOKEN: ""
    USE_PASSWORD: "true"
"""
GOOD_PLACEHOLDER = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: to-be-filled-in}
  data:
    API_TOKEN: <your-token>
    DB_PASSWORD: changeme
    ADMIN_PASSWORD: ${ADMIN_PASSWORD}
    config.yaml: |
      clientSecret: $OAUTH_CLIENT_SECRET
      password: {{ .Values.password }}
"""
GOOD_OBJECT = """
  apiVersion: v1
  kind: Secret
  metadata: {name: this-is-what-secrets-are-for}
  stringData: {DB_PASSWORD: Tr0ub4dor}
"""
GOOD_SCRIPT = """
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: a-script-that-asks}
  data:
    start.sh: |
      export TOKEN="$(cat /run/secrets/token)"
      curl -H "Authorization: Bearer $TOKEN" https://files.shop.internal/a
      mysql -u root -p"$MYSQL_ROOT_PASSWORD" -e 'select 1'
"""
GOOD_LOCAL = """
  apiVersion: v1
  kind: Pod
  metadata: {name: only-within-the-pod}
  spec:
    containers:
      - name: web
        image: ghcr.io/shop/web:1.4.0
        env: [{name: DATABASE_URL, value: "postgres://app:app@localhost:5432/app"}]
"""


@rule(
    Severity.BLOCKING,
    blocks=Blocks.NEW,
    bad=[BAD_ENV, BAD_CONFIG, BAD_ARGS, BAD_URL],
    good=[
        GOOD_MENDED,
        GOOD,
        GOOD_WHERE_IT_IS,
        GOOD_WORDS_ALIKE,
        GOOD_SWITCHES,
        GOOD_PLACEHOLDER,
        GOOD_OBJECT,
        GOOD_SCRIPT,
        GOOD_LOCAL,
    ],
)
def secret_literal(manifest: Manifest) -> Iterator[Problem]:
    """A secret stands in a manifest.

    It is in git for ever, in every clone and every CI log, and in the cluster everybody who may
    look at pods or ConfigMaps reads it, which many more may than read Secrets. Arguments show in
    the node's list of processes too.

    Judged are variables, arguments, commands and ConfigMaps. A Secret's own data are not: that is
    where a secret belongs, though how it gets there without standing in git is another question.
    Placeholders, references, paths and the names of Secrets are no secrets.

    Fix: take the value from a Secret (`valueFrom.secretKeyRef`, a mounted file) that something
    else fills, as external-secrets or sealed-secrets do, and revoke the one that is in git now.
    """
    for container in manifest.containers:
        yield from _variables(container)
        yield from _arguments(container)
    if manifest.kind == "ConfigMap" and manifest.api == "v1":
        yield from _settings(manifest)


def _variables(container: Container) -> Iterator[Problem]:
    """One problem for each variable, at its value; of equal names the last one counts."""
    for each in container.node.maps("env"):
        name, value = each.text("name"), each.text("value")
        if not value or (what := _kept(name, value)) is None:
            continue
        shown = named(masked(name[:LONGEST_NAME]))
        yield _problem(
            _at(container.path, each),
            f"{container.words}: {what} stands in its variable {shown}",
            f"{container.key} env {masked(name[:LONGEST_NAME])}",
            container.name,
        )


def _at(path: str, variable: Map) -> Location:
    """The value's line; its block is the value alone, for what is in it is hidden."""
    line, value = variable.line_of("value"), variable.get("value")
    return Location(path, line, block=(line, max(line, value.last if value else line)))


def _kept(name: str, value: str) -> str | None:
    """What secret a variable holds, in words."""
    if says_secret(name, value):
        return "a secret"
    if any(passwords_in_urls(value)):
        return "a password in a URL"
    return next((what for _at, what in tokens(value)), None)


def _arguments(container: Container) -> Iterator[Problem]:
    """The secrets in its commands, one a line."""
    seen: set[int] = set()
    for keys in (*_COMMANDS, *_HOOKS):
        words = container.node.scalars(*keys)
        for word, line, what in _said(words):
            if line not in seen:
                seen.add(line)
                yield _problem(
                    Location(container.path, line, block=(word.line, word.last)),
                    f"{container.words}: {_quoted(what)} stands in its `{keys[-1]}`",
                    f"{container.key} {keys[0]} {what}",
                    container.name,
                )


def _said(words: list[Scalar]) -> Iterator[tuple[Scalar, int, str]]:
    """The secrets in the words of a command: where, at which line, and what it is."""
    text = " ".join(each.text for each in words)
    starts = list(accumulate((len(each.text) + 1 for each in words), initial=0))
    ends = [found.start() for found in re.finditer("\n", text)]
    for at, what in (*((each.at, each.what) for each in leaks(text)), *tokens(text)):
        place = bisect_right(starts, at) - 1
        within = bisect_left(ends, at) - bisect_left(ends, starts[place])
        yield words[place], _line(words[place], within), what


def _line(scalar: Scalar, within: int) -> int:
    """The line of the file that a line of the text stands on, from 0, where that is certain."""
    lines = scalar.text.rstrip("\n").count("\n") + 1
    literal = scalar.last - scalar.line == lines
    return scalar.line + 1 + within if literal else scalar.line


def _settings(manifest: Manifest) -> Iterator[Problem]:
    """The secrets in a ConfigMap: single values, and lines of the files that it holds."""
    data = manifest.root.get("data")
    for key, (line, node) in data.entries.items() if isinstance(data, Map) else ():
        if not isinstance(node, Scalar) or node.value is None:
            continue
        shown = masked(key[:LONGEST_NAME])
        value = node.text.strip()
        what = _kept(key, value) if "\n" not in value else None
        if what is not None:
            message = f"ConfigMap {named(manifest.name)}: {what} stands in {named(shown)}"
            yield _problem(_of(manifest, line, node), message, f"data {shown}")
            continue
        for within, name in secrets_in(node.text):
            message = f"ConfigMap {named(manifest.name)}: {_quoted(name)} stands in {named(shown)}"
            place = Location(manifest.path, _line(node, within), block=(line, node.last))
            yield _problem(place, message, f"data {shown} {masked(name)}")


def _of(manifest: Manifest, line: int, node: Scalar) -> Location:
    return Location(manifest.path, line, block=(line, max(line, node.last)))


def _quoted(what: str) -> str:
    """A name as code, words as they are."""
    return what if " " in what else f"the secret {named(masked(what[:LONGEST_NAME]))}"


def _problem(place: Location, said: str, detail: str, container: str | None = None) -> Problem:
    return Problem(
        place,
        f"{said}: {_WHO}.",
        detail=detail,
        container=container,
        fix="Take it from a Secret that something else fills, and revoke the one in git.",
    )
