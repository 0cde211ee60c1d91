"""baked-secret: what is one, what only looks like one, and at which line."""

import pytest

from rules.dockerfile.baked_secret import baked_secret
from rules.finding import Finding, Severity
from rules.rule import judge
from rules.subjects.dockerfile import parse

VALUE = "Tr0ub4dor&3"


def found(text: str) -> list[Finding]:
    return judge([baked_secret], [parse(text, "app/Dockerfile")])


def lines(body: str) -> list[int]:
    """The lines that are reported, counted from 1 below a FROM."""
    return [each.location.line - 1 for each in found(f"FROM debian:12.8\n{body}\n")]


@pytest.mark.parametrize(
    "body",
    [
        # ENV and ARG: a name that is meant for a secret, and a value that is one
        f"ENV DB_PASSWORD={VALUE}",
        f"ENV DB_PASSWORD {VALUE}",
        "ENV DB_PASSWORD='x y z w'",
        'ENV PGPASSWORD="postgres"',
        "ENV MYSQL_ROOT_PASSWORD=root",
        "ENV REDIS_PASS=hunter2",
        "ENV MYSQL_PWD=hunter2",
        "env api_key=9f86d081884c7d65",
        "ENV apiKey=9f86d081884c7d65",
        "ENV GITHUB_PAT=abcdef1234",
        "ENV STRIPE_SECRET_KEY=sk_test_51Hxxx",
        "ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ENV AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "ENV CONFIG=ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "ENV RAILS_MASTER_KEY=0123456789abcdef",
        "ENV SECRET_KEY_BASE=0123456789abcdef",
        "ENV JWT_SECRET=s3cr3t",
        "ENV NEW_RELIC_LICENSE_KEY=0123456789abcdef0123456789abcdef0123abcd",
        "ENV DATABASE_URL=postgres://app:Tr0ub4dor@db.shop.internal/app",
        "ENV SOME_KEY=Zk3vQ9xT1bN7mR5wY2cL8pH4",
        "ARG NPM_TOKEN",
        "ARG GITHUB_TOKEN=",
        "ARG password=pass!1213Fs",
        "ARG SSH_PRIVATE_KEY",
        "ARG DB_PASSWORD=changeme",
        "ARG AWS_SECRET_ACCESS_KEY",
        "ARG USERNAME TOKEN",
        "ARG PIP_INDEX_URL=https://app:Tr0ub4dor@wheels.shop.internal/simple",
        # COPY and ADD
        "COPY id_rsa /root/.ssh/id_rsa",
        "COPY --chown=app:app ssh/id_ed25519 /home/app/.ssh/",
        "ADD id_rsa /root/.ssh/id_rsa\nRUN rm /root/.ssh/id_rsa",
        'COPY ["id_rsa", "/root/.ssh/id_rsa"]',
        "COPY .env .",
        "COPY .env.production /app/.env",
        "COPY config/prod.env /app/",
        "COPY .env* ./",
        "COPY tls.key /etc/nginx/tls.key",
        "COPY certs/server-key.pem /etc/ssl/private/",
        "COPY *.pem /etc/ssl/private/",
        "COPY keystore.jks client.p12x /app/",
        "COPY .netrc /root/",
        "COPY .git-credentials /root/",
        "COPY .aws/credentials /root/.aws/credentials",
        "COPY .aws /root/.aws",
        "COPY .docker/config.json /root/.docker/config.json",
        "COPY service-account.json /app/",
        "COPY credentials.json /app/",
        "COPY secrets.yaml /app/",
        "COPY .npmrc /root/.npmrc",
        "COPY deploy_key /root/.ssh/",
        "COPY build/deploy /root/.ssh/id_rsa",
        "COPY private_key.pem gcp-key.jsonx /app/",
        "COPY key.json /app/",
        "COPY --from=build /root/.ssh/id_rsa /root/.ssh/id_rsa",
        # commands
        "RUN curl -u deploy:Tr0ub4dor https://files.shop.internal/a",
        "RUN curl --user=deploy:Tr0ub4dor https://files.shop.internal/a",
        "RUN curl -H 'Authorization: Bearer abcdef0123456789' https://files.shop.internal/a",
        'RUN curl -H "PRIVATE-TOKEN: abcdef0123456789" https://files.shop.internal/a',
        "RUN git clone https://ada:Tr0ub4dor@git.shop.internal/app.git",
        "RUN git clone https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/o/app.git",
        "RUN export API_TOKEN=abcdef123456 && make",
        "RUN API_TOKEN=abcdef123456 make",
        "RUN wget --user=ada --password=Tr0ub4dor https://files.shop.internal/a",
        "RUN docker login -u ada -p Tr0ub4dor registry.shop.internal",
        "RUN sshpass -p Tr0ub4dor scp ada@host:/a /a",
        "RUN mysql -u root -pTr0ub4dor -e 'create database app'",
        "RUN echo 'root:Tr0ub4dor' | chpasswd",
        'RUN echo "root:root" | chpasswd',
        "RUN echo Tr0ub4dor | passwd --stdin root",
        "RUN npm config set //registry.shop.internal/:_authToken abcdef0123456789",
        'RUN echo "//npm.shop.internal/:_authToken=abcdef0123" > ~/.npmrc && npm ci && rm ~/.npmrc',
        'RUN echo "machine github.com login ada password Tr0ub4dor" > ~/.netrc',
        'RUN echo "mysql mysql/root_password password Tr0ub4dor" | debconf-set-selections',
        "RUN --mount=type=secret,id=key cp /run/secrets/key /root/.ssh/id_rsa && git clone a",
        "RUN redis-cli -a Tr0ub4dor ping",
        "RUN htpasswd -bc /etc/nginx/.htpasswd admin Tr0ub4dor",
        "RUN aws configure set aws_secret_access_key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "RUN openssl genrsa -aes256 -passout pass:Tr0ub4dor -out /k 2048",
        "RUN gpg --batch --passphrase Tr0ub4dor --import a.asc",
        "RUN pip install --index-url https://$USER:Tr0ub4dor@wheels.shop.internal/simple app",
        'RUN echo "API_SECRET=abcdef0123" >> /app/settings.env',
        'RUN ["curl", "-u", "deploy:Tr0ub4dor", "https://files.shop.internal/a"]',
        'CMD ["app", "--password=Tr0ub4dor"]',
        "ENTRYPOINT app --api-key 9f86d081884c7d65",
        "HEALTHCHECK CMD curl -u admin:Tr0ub4dor http://127.0.0.1/health",
        "LABEL token=glpat-0123456789abcdefghij",
        "ONBUILD RUN API_TOKEN=abcdef123456 make",
    ],
)
def test_one_secret_is_one_finding(body: str) -> None:
    assert lines(body) == [1]


@pytest.mark.parametrize(
    "body",
    [
        # names that only sound alike
        "ARG USERNAME=app",
        "ARG USER_NAME",
        "ENV PRIVATE_REGISTRY=registry.shop.internal",
        "ENV TOKEN_TTL=3600 PASSWORD_MIN_LENGTH=12 MAX_TOKENS=4096",
        "ENV TOKENIZERS_PARALLELISM=false KEYCLOAK_ADMIN=admin KEYBOARD=de",
        "ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
        "ENV GPG_KEYS 7169605F62C751356D054A26A821E680E5FA6305",
        "ENV NGINX_GPGKEY 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62",
        "ENV PUBLIC_KEY=MCowBQYDK2VwAyEA9f86d081884c7d65",
        "ENV PWD=/app OLDPWD=/ COMPASS=north BYPASS=all",
        "ENV AUTH_TYPE=oauth AUTH=basic",
        "ENV PRIMARY_KEY=id PARTITION_KEY=customer CACHE_KEY=v1",
        "ENV API_KEY_HEADER=X-Api-Key",
        "ENV AWS_SECRET_NAME=prod/db SECRET_ARN=arn:aws:secretsmanager:eu-west-1:1:secret:db",
        "ARG AWS_ACCESS_KEY_ID",
        "ARG SSH_PUBLIC_KEY",
        "ENV MONKEY=banana TURKEY=ankara",
        # values that are none
        "ENV DB_PASSWORD=",
        "ENV DB_PASSWORD=\"\" API_TOKEN=''",
        "ENV DB_PASSWORD=changeme",
        "ENV API_TOKEN=<your-token>",
        "ENV API_TOKEN=your-token-here",
        "ENV API_KEY=xxxxxxxx",
        "ENV DB_PASSWORD=${DB_PASSWORD_FROM_BASE}",
        "ENV DB_PASSWORD_FILE=/run/secrets/db",
        "ENV SSL_KEY=/etc/ssl/private/tls.key",
        "ENV SECRET_DIR=/run/secrets",
        "ENV TOKEN_URL=https://login.shop.internal/token",
        "ENV CLIENT_SECRET=vault:secret/data/app#client",
        "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes MYSQL_RANDOM_ROOT_PASSWORD=1",
        "ENV USE_TOKEN=true DISABLE_AUTH=true",
        "ENV DATABASE_URL=postgresql://app:app@localhost:5432/app",
        "ENV DATABASE_URL=postgresql://$USER:$PASS@db.shop.internal/app",
        "ENV V=22.11.0 SHA=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "ENV YARN_KEY=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "ARG TOKEN_FILE",
        # files
        "COPY . .",
        "COPY id_rsa.pub /root/.ssh/authorized_keys",
        "COPY .env.example .env",
        "COPY .env.sample .env.template /app/",
        "COPY certs/ca.pem certs/ca-bundle.pem certs/tls.crt fullchain.pem /etc/ssl/certs/",
        "COPY nginx_signing.key /etc/apt/trusted.gpg.d/",
        "COPY truststore.jks /app/",
        "COPY package.json package-lock.json tsconfig.json ./",
        "COPY src/secrets/ src/secrets/",
        "COPY secret_manager.py token.go password.js ./",
        "COPY environment.yml envoy.yaml ./",
        "COPY --from=build /etc/passwd /etc/group /etc/shadow /etc/",
        "ADD https://packages.shop.internal/archive.key /etc/apt/trusted.gpg.d/archive.asc",
        "ADD https://packages.shop.internal/id_rsa /tmp/",
        "ADD git@github.com:org/.env /tmp/",
        "COPY credentials.yml.enc config/",
        # commands
        "RUN --mount=type=secret,id=npm,target=/root/.npmrc npm ci",
        "RUN --mount=type=secret,id=token,env=API_TOKEN make",
        'RUN --mount=type=secret,id=t curl -H "Authorization: Bearer $(cat /run/secrets/t)" https://a',
        "RUN --mount=type=bind,source=.env,target=.env make",
        "RUN --mount=type=ssh git clone git@github.com:org/app.git",
        "RUN TOKEN=$(cat /run/secrets/t) && export TOKEN",
        "RUN --mount=type=secret,id=k cp /run/secrets/k ~/.ssh/id_rsa && make; rm ~/.ssh/id_rsa",
        "RUN ./configure --with-password-argon2 --enable-token",
        "RUN adduser --disabled-password --gecos '' app",
        "RUN echo 'app ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers",
        "RUN sed -i 's/password=.*/password=/' /etc/app.conf",
        "RUN sed -i 's/passwd_mode=.*/passwd_mode=2/' /etc/miniserv.conf",
        "RUN keytool -importcert -noprompt -storepass changeit -file ca.crt",
        "RUN echo $PASSWORD | docker login -u ada --password-stdin registry.shop.internal",
        'RUN echo "root:$(openssl rand -hex 16)" | chpasswd',
        "RUN curl -u $USER:$PASSWORD https://files.shop.internal/a",
        "RUN curl https://user@files.shop.internal/a http://[::1]:80/@a",
        "RUN SECRET_KEY=dummy python manage.py collectstatic",
        "RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile",
        "RUN key='B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8'; gpg --recv-keys \"$key\"",
        "RUN go build -ldflags '-X main.token=none -X main.version=1.2.3'",
        "RUN ssh-keyscan github.com >> /root/.ssh/known_hosts",
        "RUN mysql -u root -p$MYSQL_ROOT_PASSWORD -e 'select 1'",
        "RUN pip install --no-cache-dir secretstorage==3.3.3 keyring==25.5.0",
        "RUN useradd --password '!' app",
        "RUN echo percona/root_password password '' | debconf-set-selections",
        'CMD ["app", "--password-file=/run/secrets/db", "--token", "$TOKEN"]',
        "RUN docker build --secret id=npm,src=.npmrc .",
        "RUN openssl genrsa -passout pass:$PASS -out /k && ffmpeg -pass 1 -i a",
        "COPY keys.json private_key.py translations/key.jsonc ./",
        "# ENV DB_PASSWORD=hunter2",
        "RUN make \\\n  # API_TOKEN=abcdef123456\n  all",
    ],
)
def test_what_only_looks_like_a_secret_is_none(body: str) -> None:
    assert lines(body) == []


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (
            "ENV A=1 \\\n    DB_PASSWORD=hunter2 \\\n    # API_TOKEN=x\n    API_TOKEN=abcdef\n",
            [2, 4],
        ),
        ("RUN true && \\\n\n  curl -u a:hunter2 https://b && \\\n  rm -rf /x", [3]),
        ("COPY a \\\n  .env \\\n  id_rsa \\\n  /app/", [2, 3]),
        ("RUN <<EOF\nset -e\n# API_TOKEN=abcdef\nAPI_TOKEN=abcdef make\nEOF\nENV B=1", [4]),
        ("COPY <<a <<b /etc/\nPASSWORD=\na\nPASSWORD=hunter2\nb", [4]),
        ("RUN cat <<EOF > /k\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nEOF", [2]),
        ("ARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\nRUN npm ci", [1, 2]),
        ("ARG NPM_TOKEN\nENV NPM_TOKEN=${NPM_TOKEN:-none}", [1, 2]),
        ("FROM scratch\nCOPY --from=0 /app /app\nENV DB_PASSWORD=hunter2", [3]),
        ("ENV DB_PASSWORD=hunter2 DB_PASSWORD_2=hunter3", [1, 1]),
    ],
)
def test_each_secret_has_its_own_line(body: str, want: list[int]) -> None:
    assert lines(body) == want


def test_one_before_the_first_stage_counts() -> None:
    (one,) = found("ARG REGISTRY_TOKEN=hunter2\nFROM a:1\n")
    assert (one.location.line, one.detail) == (1, "ARG REGISTRY_TOKEN")


def test_one_in_a_stage_that_is_only_copied_from_counts() -> None:
    build = "FROM a:1 AS build\nCOPY .netrc /root/\nRUN rm /root/.netrc\n"
    text = f"{build}FROM b:1\nCOPY --from=build /x /x\n"
    (one,) = found(text)
    assert (one.location.line, one.detail) == (2, "build COPY .netrc")


def test_no_finding_shows_a_secret() -> None:
    secrets = ["hunter2", "Tr0ub4dor", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "s3cr3tvalue"]
    text = (
        f"FROM a:1\nENV PASSWORD={secrets[0]}\nRUN curl -u ada:{secrets[1]} https://x\n"
        f"ENV X={secrets[2]}\nRUN --mount=type=ssh API_TOKEN={secrets[3]} make\n"
        f"RUN git clone https://ada:{secrets[1]}@git.shop.internal/a.git\n"
    )
    findings = found(text)
    assert len(findings) == 5
    for secret in secrets:
        assert not [one for one in findings if secret in repr(one)]


def test_edits_above_and_a_new_tag_change_no_identity() -> None:
    (before,) = found("FROM a:1\nRUN x\nENV DB_PASSWORD=hunter2\n")
    (after,) = found("# c\n\nFROM a:2\nRUN y\nRUN x\nENV B=1 \\\n  DB_PASSWORD=hunter3\n")
    assert before.identity == after.identity
    assert after.location.line == 7
    assert after.location.block == (6, 7)


@pytest.mark.parametrize("name", [".npmrc", "secrets", "./secrets/"])
def test_what_often_is_one_warns(name: str) -> None:
    (one,) = found(f"FROM a:1\nCOPY {name} /x\n")
    assert one.severity is Severity.WARNING


def test_a_key_file_blocks() -> None:
    (one,) = found("FROM a:1\nCOPY id_rsa /x\n")
    assert one.severity is Severity.BLOCKING
