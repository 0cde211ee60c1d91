"""What is a secret: by the name of a variable, by a value, by the name of a file.

Names and values decide together: ``API_TOKEN`` may hold a path, and a value that looks like a
word may be a password. When in doubt these are silent, since what they say blocks a merge.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from math import log2


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = _set(
    "password passwords passwd passphrase passcode pword secret secrets token credential"
    " credentials creds apikey authkey"
)
_SECRET_AT_END = frozenset(("pass", "pwd", "pat", "psk"))
_SECRET_ENDING = re.compile(
    r".+(?:password|passwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey)|.+pwd"
)
_KEYS = _set(
    "api access secret private encryption encrypt signing master auth deploy ssh account storage"
    " service license jwt hmac aes rsa app session cookie shared subscription ssl tls"
)
# A last word after which the variable only speaks about a secret.
_ABOUT = _set(
    "file files path paths dir directory folder url uri host hostname port name names header"
    " headers ttl timeout expiry expires expiration expire length len size type types policy"
    " version algorithm algo alg issuer audience enabled disabled endpoint method mode prefix"
    " suffix format regex pattern class provider backend store manager ref arn rotation count"
    " limit rounds server user username env var location lifetime age days hours minutes seconds"
    " required optional validation validator check checks strength hash hint field param id ids"
    " label template reset script command cmd helper program bytes bits iterations cost scheme"
    " domain region namespace group role realm context schema salt dummy link page"
)
_HARMLESS = _set(
    "public pub gpg pgp keyring allow empty random disable enable require skip max min num"
    " generate without hide mask no"
)
_REFERENCE = re.compile(r"\$[A-Za-z_{(@*#?0-9]|\$$|`|\{\{|<%|^%\w+%$|^<.*>$|^@\w+@$|^\[.*\]$")
_EMPTY = re.compile(
    r"(?:true|false|yes|no|on|off|none|null|nil|undefined|unset|empty|default|disabled|enabled"
    r"|auto|\d{1,3}|n/?a"
    r"|changeit|change[-_ ]?(?:me|this|it)\W*.{0,20}|(?:re)?place[-_ ]?(?:me|holder|this).{0,20}"
    r"|to[-_]?do|tbd|[x*.\-_?#]+|(?:your|insert|enter|put|fill|some)[-_ ].{1,60}|.{0,40}[-_ ]here"
    r"|your\w{0,20}(?:password|secret|token|key)"
    r"|(?:an?[-_])?(?:example|sample|dummy|fake|redacted|placeholder)(?:[-_ ].{0,40})?"
    r"|.{0,40}[-_](?:placeholder|dummy)"
    r"|not[-_ ]?(?:used|needed|set|required|a[-_]secret|real)|unused|ignored?|irrelevant|nothing"
    r"|build(?:[-_]?(?:time|only))?|temp|tmp|temporary|throwaway|noop)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(  # a path, a file or an address: where the secret is, not what it is
    r"(?:\.{0,2}|~\w*)/[\w./@%~+:-]*|[A-Za-z]:\\.*|\w[\w+.-]*://.*|(?:arn|vault|ssm|env|file):.*"
    r"|[\w./-]+\.(?:pem|key|crt|json|ya?ml|txt|env|p12|jks|conf|cfg|ini|properties)",
    re.DOTALL,
)
_OBJECT = re.compile(r"(?:[a-z0-9-]{1,63}/)?[a-z]{2,63}\d?(?:[.-](?:[a-z]{1,63}\d?|\d{1,2})){1,9}")
_CAPITALS = re.compile(r"[A-Z]{1,99}(?:_[A-Z]{1,99}){0,9}")
_PATTERN = re.compile(r"[.\])][*+?]|\[\^|\\[1-9wdsS(]")
_TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<aws>(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9]))"
    r"|(?P<github>gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})"
    r"|(?P<gitlab>gl(?:pat|ptt|dt|rt|cbt)-[\w-]{20})"
    r"|(?P<slack>xox[abeprs]-[A-Za-z0-9-]{10}|hooks\.slack\.com/services/T\w{6,12}/B\w{6,12}/\w{20})"
    r"|(?P<stripe>[sr]k_live_[A-Za-z0-9]{16})"
    r"|(?P<openai>sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32})"
    r"|(?P<npm>npm_[A-Za-z0-9]{36})"
    r"|(?P<pypi>pypi-AgE[\w-]{50})"
    r"|(?P<docker>dckr_pat_[\w-]{20})"
    r"|(?P<google>AIza[\w-]{35})"
    r"|(?P<sendgrid>SG\.[\w-]{22}\.[\w-]{43})"
    r"|(?P<vault>hvs\.[\w-]{24})"
    r"|(?P<digitalocean>do[opr]_v1_[a-f0-9]{64})"
    r"|(?P<azure>AccountKey=[A-Za-z0-9+/]{60})"
    r"|(?P<jwt>eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10})"
    r")|(?P<key>-----BEGIN [A-Z ]{0,30}PRIVATE KEY)"
)
_WHOLE = re.compile(f"(?:{_TOKENS.pattern})[A-Za-z0-9_./+=-]*")
_PEM = re.compile(r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY).*", re.DOTALL)
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@`]{1,2000}@", re.IGNORECASE)
_TOKEN_NAMES = {
    "aws": "an AWS access key",
    "jwt": "a signed token",
    "key": "a private key",
    "azure": "an Azure storage key",
}


def names_secret(name: str) -> bool:
    """Whether a variable of this name is meant to hold a secret: ``DB_PASSWORD``, ``apiKey``."""
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    if not words or words[-1] in _ABOUT or not _HARMLESS.isdisjoint(words):
        return False
    if len(words) > 1 and words[-1].isdigit():
        words.pop()
    pairs = pairwise(words)
    return (
        not _SECRET.isdisjoint(words)
        or words[-1] == "pass"
        or (len(words) > 1 and words[-1] in _SECRET_AT_END)
        or any(_SECRET_ENDING.fullmatch(word) and word != "oldpwd" for word in words)
        or any(first in _KEYS and second == "key" for first, second in pairs)
    )


def may_name_secret(name: str) -> bool:
    """Whether it might: ``KEY``, ``NPM_AUTH``. Then the value has to look random too."""
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    plain = bool(words) and _HARMLESS.isdisjoint(words)
    return plain and words[-1] in ("key", "auth", "authorization", "salt", "signature")


def is_literal(value: str) -> bool:
    """Whether a value (without quotes) says a secret itself.

    Not an empty one, a variable or command, a switch, a placeholder, a path or an address.
    """
    value = value.strip()
    if not any(map(str.isalnum, value)) or _REFERENCE.search(value) or _PATTERN.search(value):
        return False
    return not _EMPTY.fullmatch(value) and not _ELSEWHERE.fullmatch(value)


def is_object_name(name: str, value: str) -> bool:
    """Whether they say where a secret is, in a Kubernetes Secret: ``TLS_SECRET``, ``web-tls``."""
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    said = bool(words) and words[-1] in ("secret", "secrets", "credentials", "creds", "credential")
    return said and bool(_OBJECT.fullmatch(value))


def repeats(name: str, value: str) -> bool:
    """Whether a value in capitals only says the name again: ``API_KEY``, ``API_KEY_VALUE``."""
    again = f"{value}_".startswith(f"{name}_") or name.endswith(f"_{value}")
    return again and bool(_CAPITALS.fullmatch(value))


def is_elsewhere(value: str) -> bool:
    """Whether a value says where a secret is, or switches something: it cannot be one."""
    value = value.strip()
    switch = bool(re.fullmatch(r"true|false|yes|no|on|off|\d{1,3}", value, re.IGNORECASE))
    return switch or bool(_ELSEWHERE.fullmatch(value))


def refers(value: str) -> bool:
    """Whether a value is taken from a variable or a command."""
    return bool(_REFERENCE.search(value))


def is_random(value: str) -> bool:
    """Whether a value looks made by a machine: 20 or more signs, of many kinds, no words.

    Hex alone is mostly a checksum or the fingerprint of a public key.
    """
    if re.fullmatch(r"[0-9a-fA-F]+", value) or not re.fullmatch(
        r"[A-Za-z0-9+/=_.-]{20,500}", value
    ):
        return False
    mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    counts = [value.count(sign) / len(value) for sign in set(value)]
    return mixed and -sum(part * log2(part) for part in counts) > 3.2


def tokens(text: str) -> Iterator[tuple[int, str]]:
    """Secrets that show by their form: where each starts, and what it is, for people."""
    for found in _TOKENS.finditer(text):
        kind = found.lastgroup or ""
        yield found.start(), _TOKEN_NAMES.get(kind, f"a token of {kind}")


def masked(text: str) -> str:
    """The text without what shows by its form to be a secret: names may be made of one.

    The first signs stay, so that people find it: ``ghp_...``.
    """
    text = _USER.sub(r"\1...@", _PEM.sub(r"\1...", text))
    return _WHOLE.sub(lambda found: f"{found[0][:4]}...", text)


_SAMPLE = re.compile(
    r"(?:^|[._-])(?:example|sample|template|dist|defaults?|tmpl|tpl|j2|tests?|ci|schema|sealed"
    r"|external|encrypted|dummy)(?:$|[._-])"
)
_PRIVATE_FILES = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:[._-](?!.*pub$).*)?"
    r"|[._]netrc|\.git-credentials|\.pgpass|\.pypirc|\.dockercfg|\.dockerconfigjson|\.s3cfg"
    r"|\.boto|\.my\.cnf|\.vault-token|\.vault_pass(?:word)?|kubeconfig|credentials"
    r"|client_secrets?.*\.json|(?:.*[-_])?service[-_]?account(?:[-_]?key)?\.json"
    r"|(?:.*[-_.])?(?:ssh|deploy|private|secret)[-_]?key(?:\.(?:txt|der|json))?"
    r"|(?:gcp|gcloud|google|sa)?[-_]?key(?:file)?\.json|.+\.tfstate"
    r"|.*\.(?:p12|pfx|ppk|kdbx|jks|jceks|keystore|p8|pvk)"
)
_ENV_FILES = re.compile(r"\.env(?:\..+)?|[\w-]+\.env|\.envrc")
_NAMED_FILES = re.compile(
    r"(?:.*[-_.])?(?:secrets?|credentials?|passwords?|api[-_]?keys?|tokens?)"
    r"\.(?:txt|json|ya?ml|properties|ini|toml|conf|cfg|xml)"
)
_KEY_FILES = re.compile(r".*\.(?:pem|key)|private\.(?:asc|gpg)")
_PUBLIC = re.compile(
    r"pub|cert|crt|chain|bundle|root|dhparam|trust|issuer|gpg|pgp|apt|repo|archive|release|signing"
    r"|rpm|yum|isrg|digicert|letsencrypt|amazon|(?:^|[^a-z])ca(?:$|[^a-z])"
)
_PRIVATE_FOLDERS = frozenset((".ssh", ".aws", ".gnupg", ".kube"))
_IN_FOLDER = {".docker": ("config.json",), ".kube": ("config",), ".aws": ("credentials",)}


def is_secret_file(path: str) -> bool:
    """Whether a file of this name holds a key or credentials: ``id_rsa``, ``.env``, ``tls.key``."""
    parts = [part for part in path.lower().replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts:
        return False
    name = parts[-1].replace("*", "")
    inside = parts[-2] if len(parts) > 1 else ""
    if _SAMPLE.search(name):
        return False
    if name in _PRIVATE_FOLDERS or name in _IN_FOLDER.get(inside, ()):
        return True
    if _KEY_FILES.fullmatch(name):
        return not _PUBLIC.search(name.removesuffix(".pem").removesuffix(".key"))
    if name.endswith((".p12", ".pfx", ".jks", ".keystore")) and _PUBLIC.search(name):
        return False
    return any(form.fullmatch(name) for form in (_PRIVATE_FILES, _ENV_FILES, _NAMED_FILES))


def may_be_secret_file(path: str) -> bool:
    """Whether it often does, and often does not: ``.npmrc``, a folder ``secrets`` at the top."""
    plain = path.lower().removeprefix("./").rstrip("/")
    name = plain.rpartition("/")[2]
    return name in (".npmrc", ".yarnrc.yml") or plain in ("secrets", "secret")
