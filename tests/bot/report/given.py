"""A review as people meet one, and the source that it speaks of."""

from dataclasses import replace

from bot.report.making import record
from bot.report.page import Around, Past
from bot.report.record import Head, Record
from bot.review import Action, Effect, Outcome, Pardon, PardonKind, Review
from rules.finding import Finding, Location, Severity, Suggestion
from tests.bot.given import HEAD, NEXT, change, finding, result, unchecked, warning

AT = 1795392000.0  # 23 Nov 2026, 00:00 UTC
FILES = {
    "deploy/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: ghcr.io/shop/web:latest
          securityContext:
            privileged: true
          env:
            - name: DB_PASSWORD
              value: hunter2-of-the-shop
            - name: LOG_LEVEL
              value: info
""",
    "services/web/Dockerfile": """\
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
ENV API_KEY="9f86d081884c7d65"
RUN apt-get update && apt-get install -y curl
USER node
CMD ["node", "server.js"]
""",
}
PRIVILEGED = replace(
    finding(
        "privileged-container",
        "deploy/web.yaml",
        14,
        message="Container `web` runs privileged: it can take over its node.",
        project="deploy",
    ),
    suggestion=Suggestion(14, 14, "            privileged: false"),
)
FLOATING = finding(
    "floating-image",
    "deploy/web.yaml",
    12,
    severity=Severity.WARNING,
    family=None,
    message="Image `ghcr.io/shop/web:latest` has a tag that moves.",
    project="deploy",
)
BAKED = replace(
    finding(
        "baked-secret",
        family=None,
        message="`API_KEY` is a secret, and whoever pulls the image can read it.",
        project="services/web",
    ),
    location=Location("services/web/Dockerfile", 5),
)
PACKAGES = warning(path="services/web/Dockerfile", line=6)
BASE = finding(
    "floating-base",
    "services/web/Dockerfile",
    1,
    severity=Severity.WARNING,
    family=None,
    message="Base image `node:22` moves with each patch release.",
    project="services/web",
)
USER = finding(
    "named-user",
    "services/web/Dockerfile",
    7,
    severity=Severity.INFO,
    family=None,
    message="`USER node` is a name: Kubernetes cannot tell that it is not root.",
    project="services/web",
)

EFFECTS = (
    Effect("prod/eu", "aws_s3_bucket.logs", "aws_s3_bucket", Action.CREATE),
    Effect(
        "prod/eu",
        "aws_db_instance.main",
        "aws_db_instance",
        Action.REPLACE,
        "delete-create",
        ("engine_version",),
    ),
    Effect(
        "prod/eu",
        "aws_security_group_rule.ssh",
        "aws_security_group_rule",
        Action.UPDATE,
        opened=("0.0.0.0/0",),
    ),
)


def old(count: int) -> tuple[Finding, ...]:
    """Findings that were there before."""
    return tuple(
        finding("root-container", f"apps/{n}.yaml", 3 + n, name=f"app-{n}", new=False)
        for n in range(count)
    )


def source(where: Location) -> list[str]:
    """The lines of a file, as git has it: what is behind the last line end is empty."""
    return FILES.get(where.path, "").split("\n")


def full(head: str = HEAD) -> Review:
    """A review with something of everything."""
    results = (
        result(PRIVILEGED, FLOATING, *old(4), stage="kubernetes-rules", seconds=0.41),
        result(BAKED, BASE, USER, stage="dockerfile-rules", seconds=0.12),
        result(
            PACKAGES,
            stage="hadolint",
            seconds=1.93,
            notes=("`charts/web` is judged when rendered: 4 files",),
        ),
        unchecked("tofu-plan", "backend init failed: no credentials for the bucket were given"),
        replace(result(stage="tofu-fmt", outcome=Outcome.NOT_NEEDED, seconds=0.0), effects=EFFECTS),
    )
    waits = Pardon(PardonKind.ALLOW, "ann", "only until the new registry", "2027-01-31")
    return replace(
        Review(change(head), results),
        exceptions={BASE.identity: waits},
    )


def full_record(head: str = HEAD) -> Record:
    return record(full(head), source, "0.1.0")


def around() -> Around:
    """Two reviews, the newest of which is shown."""
    first = Head(NEXT, "Blocks merge: 3 security", "failed", True, {"blocking": 3})
    past = (
        Past(full_record().head, "/reviews/2", AT, shown=True),
        Past(first, "/reviews/1", AT - 7200),
    )
    return Around(past)
