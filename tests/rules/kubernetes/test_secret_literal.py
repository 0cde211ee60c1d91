"""secret-literal: where secrets stand, at which line, and that none is shown."""

import pytest

from rules.finding import Blocks, Finding
from rules.rule import judge, rules_of
from rules.subjects.manifest import parse

(RULE,) = (rule for rule in rules_of("kubernetes") if rule.name == "secret-literal")
SECRETS = ("Tr0ub4dor", "hunter2x", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "9f86d081884c7d65")
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: web\n"


def found(text: str) -> list[Finding]:
    return judge([RULE], parse(text, "a.yaml"))


def of_container(body: str) -> list[tuple[str, int]]:
    """Detail and line, counted from 1 below the container's name."""
    return [(each.detail, each.location.line - 6) for each in found(HEAD + body)]


def of_config(body: str) -> list[tuple[str, int]]:
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
    return [(each.detail, each.location.line - 4) for each in found(head + body)]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DB_PASSWORD", "Tr0ub4dor", True),
        ("SECRET_BLAH", "secretsquirrels", True),
        ("POSTGRES_PASSWORD", "postgres", True),
        ("GREETING", "ghp_0123456789abcdefghijABCDEFGHIJ012345", True),
        ("DATABASE_URL", "postgres://a:Tr0ub4dor@db.shop.svc/a", True),
        ("BLAH", "secretsquirrels", False),
        ("DB_PASSWORD", "$(OTHER)", False),
        ("DB_PASSWORD", "${OTHER}", False),
        ("DB_PASSWORD", "changeme", False),
        ("DB_PASSWORD", "", False),
        ("USE_TOKEN", "true", False),
        ("TOKEN_TTL", "3600", False),
        ("CREDENTIALS_SECRET", "web-credentials", False),
        ("GOOGLE_API_KEY", "GOOGLE_API_KEY_VAL", False),
        ("SSL_CERT_FILE", "/etc/ssl/cert.pem", False),
        ("PUBLIC_KEY", "MCowBQYDK2VwAyEA9f86d081884c7d65", False),
    ],
)
def test_variables(name: str, value: str, said: bool) -> None:
    body = f"    env:\n    - name: {name}\n      value: '{value}'\n"
    assert of_container(body) == ([(f"web env {name}", 3)] if said else [])


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ("    args: [--password=Tr0ub4dor]\n", [("web args --password", 1)]),
        ("    args:\n    - --password\n    - Tr0ub4dor\n", [("web args --password", 2)]),
        ("    args:\n    - --password\n    - $(DB_PASSWORD)\n", []),
        ("    args: [--password-file=/run/secrets/db]\n", []),
        (
            "    command:\n    - sh\n    - -c\n    - |\n      set -e\n      TOKEN=hunter2x run\n",
            [("web command TOKEN", 6)],
        ),
        (
            "    lifecycle: {preStop: {exec: {command: [redis-cli, -a, hunter2x, save]}}}\n",
            [("web lifecycle redis-cli -a", 1)],
        ),
        ("    args: [--password=Tr0ub4dor, --token=hunter2x]\n", [("web args --password", 1)]),
        ("    args: --password=Tr0ub4dor\n", []),
    ],
)
def test_commands(body: str, want: list[tuple[str, int]]) -> None:
    assert of_container(body) == want


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ("  API_TOKEN: 9f86d081884c7d65\n", [("data API_TOKEN", 1)]),
        ("  password: |\n    Tr0ub4dor\n", [("data password", 1)]),
        ("  a.properties: 'password=hunter2x'\n", [("data a.properties password", 1)]),
        (
            "  a.ini: |\n    [db]\n\n    password = hunter2x\n    # token = hunter2x\n",
            [("data a.ini password", 4)],
        ),
        (
            "  a.sh: |-\n    run --token hunter2x\n  b: 1\n  c.sh: >\n    run --token hunter2x\n",
            [("data a.sh --token", 2), ("data c.sh --token", 5)],
        ),
        ('  a.json: "{\\n \\"password\\": \\"hunter2x\\"\\n}"\n', [("data a.json password", 1)]),
        ("  a: &x {password: hunter2x}\n  b: [1]\n  c: null\n", []),
    ],
)
def test_config_maps(body: str, want: list[tuple[str, int]]) -> None:
    assert of_config(body) == want


def test_a_secret_may_hold_secrets() -> None:
    text = "apiVersion: v1\nkind: %s\nmetadata: {name: c}\ndata: {DB_PASSWORD: Tr0ub4dor}\n"
    assert not found(text % "Secret")
    (one,) = found(text % "ConfigMap")
    assert one.blocks is Blocks.NEW


def test_no_finding_shows_a_secret() -> None:
    text = HEAD + (
        f"    args: [--password={SECRETS[0]}, 'curl -u ada:{SECRETS[1]} https://a.shop.svc']\n"
        f"    command: [sh, -c, 'GREETING={SECRETS[2]} run']\n"
        f"    env:\n    - {{name: DB_PASSWORD, value: {SECRETS[0]}}}\n"
        f"    - {{name: A, value: {SECRETS[2]}}}\n"
        f"    - {{name: {SECRETS[2]}, value: {SECRETS[2]}}}\n"
        f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n"
        f"  a: |\n    token={SECRETS[3]}\n    {SECRETS[2]}=1\n  {SECRETS[2]}: {SECRETS[2]}\n"
    )
    findings = found(text)
    assert len(findings) >= 8
    for secret in SECRETS:
        assert not [each for each in findings if secret in each.message + each.detail + each.fix]
