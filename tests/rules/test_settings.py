"""Secrets in texts of settings, whatever kind of file it is."""

import time

import pytest

from rules.settings import says_secret, secrets_in

VALUE = "Tr0ub4dor&3"


@pytest.mark.parametrize(
    "text",
    [
        f"password={VALUE}",
        f"password = {VALUE}",
        f"spring.datasource.password={VALUE}",
        f"spring.datasource.password: {VALUE}  # for now",
        f"  apiToken: {VALUE}",
        f'  - apiToken: "{VALUE}"',
        f"export DB_PASSWORD='{VALUE}'",
        f'{{"user": "ada", "password": "{VALUE}"}}',
        f'  "password" : "{VALUE}",',
        f"<password>{VALUE}</password>",
        f"'password' => '{VALUE}',",
        "url: postgres://app:Tr0ub4dor@db.shop.svc/app",
        'proxy_set_header Authorization "Bearer 9f86d081884c7d65";',
        'header: "Authorization: Basic dXNlcjpUcjB1YjRkb3I="',
        "mysql -u root -pTr0ub4dor -e 'select 1'",
        f"  --password={VALUE} \\",
        "CREATE USER app WITH PASSWORD 'Tr0ub4dor';",
        "CREATE USER app IDENTIFIED BY 'Tr0ub4dor';",
        "anything ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "# ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_secrets(text: str) -> None:
    found = list(secrets_in(f"a: 1\n{text}\nb: 2\n"))
    assert [line for line, _what in found] == [1]
    assert not [what for _line, what in found if VALUE in what or "Tr0ub4dor" in what]


@pytest.mark.parametrize(
    "text",
    [
        f"# password={VALUE}",
        f"// password={VALUE}",
        f"; password={VALUE}",
        f"<!-- password={VALUE} -->",
        "password=",
        "password: null",
        "password: ${DB_PASSWORD}",
        "password: {{ .Values.password }}",
        "password: $(DB_PASSWORD)",
        "clientSecret: $dex.github.clientSecret",
        "password: |",
        "password: *anchor",
        "password: {from: secret}",
        "secretName: web-tls",
        "existingSecret: web-tls",
        "tls_secret: shop/web-tls",
        "password_file: /run/secrets/db",
        "tokenURL: https://login.shop.internal/token",
        "password_encryption_method: scram-sha-256",
        "token.ttl=3600",
        "passwordMinLength: 12",
        "authorization: enabled",
        "authorization:\n  resourceAttributes:",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada",
        'TOKEN="$(cat /run/secrets/token)"',
        "redis://redis:6379/0",
        "API_KEY=API_KEY",
        "API_KEY=API_KEY_VALUE",
        "COOKIE_SECRET=SECRET",
        "PASSWORD=yourpassword",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert list(secrets_in(f"a: 1\n{text}\nb: 2\n")) == []


def test_one_a_line_at_its_line() -> None:
    text = "password=hunter2\r\n\n# password=x\ntoken=abc123def\npassword=a token=b\n"
    assert [line for line, _what in secrets_in(text)] == [0, 3, 4]


def test_a_name_is_about_its_last_part() -> None:
    assert says_secret("spring.datasource.password", VALUE)
    assert not says_secret("password.encoder.strength", VALUE)
    assert not says_secret("TLS_SECRET", "web-tls")
    assert says_secret("CLIENT_SECRET", VALUE)


@pytest.mark.parametrize(
    "piece",
    ["password=a ", '"password":"', "<password>", " // ", "\t", "a: ", "://a:b@", "'", "=>"],
)
def test_time_is_linear(piece: str) -> None:
    def seconds(count: int) -> float:
        text = (piece * count)[:count]
        start = time.process_time()
        sum(1 for _each in secrets_in(text))
        return time.process_time() - start

    seconds(1000)
    assert seconds(400_000) < 3


def test_many_secrets_take_no_longer() -> None:
    start = time.process_time()
    assert sum(1 for _each in secrets_in("password=hunter2x\n" * 20_000)) == 20_000
    assert time.process_time() - start < 3
