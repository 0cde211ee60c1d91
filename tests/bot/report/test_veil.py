"""What is hidden of the source, and what is not."""

import time

import pytest

from bot.report.veil import Veil, veiled

HIDDEN = {
    'ENV API_KEY="9f86d081884c7d65"': "ENV API_KEY=[hidden]",
    "ENV DB_PASSWORD hunter2": "ENV DB_PASSWORD [hidden]",
    "    password: hunter2-of-the-shop": "    password: [hidden]",
    '  "dbPassword": "hunter2",': '  "dbPassword": [hidden],',
    "--db-password=hunter2 --verbose": "--db-password=[hidden] --verbose",
    "run --password hunter2 --verbose": "run --password [hidden] --verbose",
    "curl --user deploy:Tr0ub4dor https://x": "curl --user deploy:[hidden] https://x",
    "curl -u deploy:Tr0ub4dor https://x": "curl -u deploy:[hidden] https://x",
    'curl -H "Authorization: Bearer abcdef123456"': 'curl -H "Authorization: Bearer [hidden]"',
    "ENV DB_PASSWORD=var.hunter2": "ENV DB_PASSWORD=[hidden]",
    "run --verbose --password hunter2": "run --verbose --password [hidden]",
    'args: ["--password", "hunter2"]': 'args: ["--password", [hidden]]',
    'args: ["--password=hunter2"]': 'args: ["--password=[hidden]',
    "{name: DB_PASSWORD, value: hunter2}": "{name: DB_PASSWORD, value: [hidden]",
    'dsn = "Server=x;Password=hunter2;User=a"': 'dsn = "Server=x;Password=[hidden];User=a"',
    "url: https://x/?token=hunter2": "url: https://x/?token=[hidden]",
    "passphrase: correct horse battery": "passphrase: [hidden]",
    r'json: "{\"password\": \"hunter2\"}"': r'json: "{\"password\": [hidden]}"',
    "docker login -u bot -p hunter2 x": "docker login -u bot -p [hidden] x",
    "mysql -phunter2 -u root": "mysql -p[hidden] -u root",
    "git clone https://bot:hunter2@forge/x": "git clone https://...@forge/x",
    "clone with ghp_" + "a1B2c3D4e5" * 3 + "a1B2c3": "clone with ghp_...",
}
SHOWN = (
    "image: ghcr.io/shop/web:1.4.0@sha256:" + "0123456789abcdef" * 4,
    "DB_PASSWORD_FILE=/run/secrets/db",
    "password: ${DB_PASSWORD}",
    "RUN --mount=type=secret,id=npm npm ci",
    "apiVersion: apps/v1",
    "secretName: web-tls",
    "ENV NODE_ENV=production PATH=/app/bin:$PATH",
    "master_password = var.master_password",
    "access_key      = azurerm_storage_account.logs.primary_access_key",
    "# Basic Authentication for the server",
)


@pytest.mark.parametrize("text", HIDDEN)
def test_what_a_name_or_a_form_gives_away_is_hidden(text: str) -> None:
    assert veiled(text) == HIDDEN[text]


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert veiled(text) == text


def shown(text: str, *secret: int) -> list[str]:
    lines = text.split("\n")
    veil = Veil(lines, secret)
    return [veil.line(number) for number in range(1, len(lines) + 1)]


def test_a_value_beside_a_secrets_name() -> None:
    text = "- name: DB_PASSWORD\n  value: hunter2\n- name: LEVEL\n\n\n  value: info"
    assert shown(text)[1] == "  value: [hidden]"
    assert shown(text)[5] == "  value: info"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("password: |\n  hunter2\n\n  more\nname: x", [2, 4]),
        ("- dbPassword: >-\n    hunter2\n  name: x", [2]),
        ("password:\n  hunter2\nname: x", [2]),
        ("secrets:\n  password:\n    name: db\n  level: info", []),
        ("secrets:\n- db\n- api", []),
        ('password = <<EOF\nhunter2\nkey: 1\nEOF\nname = "x"', [2, 3]),
        ("args:\n- --db-password\n- hunter2\n- --level\n- info", [3]),
        ('"--password",\n"hunter2",\n"x"', [2]),
        ("RUN run --token \\\n    hunter2 \\\n    more", [2]),
        ("- 'password': |-\n    hunter2\n  name: x", [2]),
        ("description: |\n  how to use it", []),
    ],
)
def test_a_value_below_the_name_of_a_secret(text: str, hidden: list[int]) -> None:
    have, lines = shown(text), text.split("\n")
    assert [number for number, line in enumerate(have, 1) if line == "[hidden]"] == hidden
    assert all(one == line or "[hidden]" in one for one, line in zip(have, lines, strict=True))


def test_the_body_of_a_key() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\n  MIIEow\n  IBAAK\n  -----END RSA PRIVATE KEY-----"
    text = f"a: |\n  {key}\nb: 1"
    have = shown(text)
    assert have[2:4] == ["[hidden]", "[hidden]"]
    assert have[5] == "b: 1"


def test_the_data_of_a_secret_and_of_nothing_else() -> None:
    text = (
        "kind: ConfigMap\ndata:\n  level: info\n---\napiVersion: v1\nkind: Secret\nmetadata:\n"
        "  name: db\nstringData:\n  user: shop\n  motd: |\n    open sesame\ntype: Opaque"
    )
    assert shown(text) == [
        *("kind: ConfigMap", "data:", "  level: info", "---", "apiVersion: v1", "kind: Secret"),
        *("metadata:", "  name: db", "stringData:", "  user: [hidden]", "  motd: [hidden]"),
        *("[hidden]", "type: Opaque"),
    ]


def test_a_template_for_a_secrets_data_is_shown_unless_it_holds_a_text() -> None:
    lines = (
        "a: {{ .Values.a | b64enc }}",
        '{{- if eq .b "hunter2" }}',
        "{{- end }}",
        "b: x{{ .c }}",
    )
    text = "kind: Secret\ndata:\n" + "\n".join(f"  {line}" for line in lines)
    want = ["  a: {{ .Values.a | b64enc }}", "[hidden]", "  {{- end }}", "  b: [hidden]"]
    assert shown(text)[2:] == want


def test_lines_in_which_a_rule_found_a_secret() -> None:
    text = (
        "FROM node:22\nRUN echo root:hunter2 | chpasswd && \\\n    ls\nENV PATH=/app \\\n"
        "    PIP_PASSWORD=abc\nCOPY id_rsa /root/.ssh/id_rsa\nARG NPM_TOKEN"
    )
    assert shown(text, 2, 3, 4, 5, 6, 7) == [
        *("FROM node:22", "RUN [hidden]", "    [hidden]", "ENV PATH=[hidden] \\"),
        *("    PIP_PASSWORD=[hidden]", "COPY id_rsa /root/.ssh/id_rsa", "ARG NPM_TOKEN"),
    ]


def test_what_cannot_be_seen_is_written_out_and_long_lines_are_cut() -> None:
    assert shown("a\u202eb\tc\r") == [r"a\u202eb c"]
    assert len(shown("x" * 100_000)[0]) == 240


def test_hostile_lines_take_no_time() -> None:
    began = time.monotonic()
    for line in ("a" * 480, "a=" * 240, "a-" * 240, "--a " * 120, "A_" * 240, '"' * 480, " " * 480):
        shown("\n".join([line, f"ENV {line}", f"{line}:", f"kind: Secret {line}"] * 20), 1, 2)
    assert time.monotonic() - began < 3
