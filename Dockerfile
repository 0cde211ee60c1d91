# One image for every role: redline serve, receiver, worker, reconciler.
FROM debian:12.12-slim AS build
WORKDIR /src
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv=3.11.* \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/build \
    && python3 -m venv --without-pip /opt/redline
COPY requirements.txt ./
COPY tools/hatchling.txt tools/
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes --requirement tools/hatchling.txt \
    && /opt/build/bin/pip --python /opt/redline/bin/python install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY rules/ rules/
COPY bot/ bot/
COPY workers/ workers/
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/build/bin/pip --python /opt/redline/bin/python install --no-cache-dir --no-deps --no-index --find-links wheels redline==0.1.0

FROM debian:12.12-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        bubblewrap=0.8.* \
        ca-certificates=20* \
        git=1:2.39.* \
        python3=3.11.* \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 redline \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /var/lib/redline redline \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/redline
COPY --from=build /opt/redline/ /opt/redline/
ENV HOME=/var/lib/redline \
    PATH=/opt/redline/bin:/usr/local/bin:/usr/bin:/bin \
    REDLINE_LISTEN=0.0.0.0:8000 \
    REDLINE_STATE_DIR=/var/lib/redline
WORKDIR /var/lib/redline
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["redline"]
CMD ["serve"]
