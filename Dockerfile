# Astrolabe's own image: api, relay, worker and migrate are commands of the one program in it.
# Base: Debian 13 or newer with Python, for example `--build-arg BASE=python:3.13-slim`.
ARG BASE=python:3.13-slim
FROM ${BASE} AS wheel

# What builds, tests and types the code stays in this stage.
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /build
COPY requirements.lock ./
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml LICENSE ./
COPY docs/package-page.md docs/
COPY astrolabe astrolabe
COPY api api
COPY cli cli
COPY domain domain
COPY migrations migrations
COPY store store
COPY workers workers
RUN /opt/venv/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist .

FROM ${BASE}

# pg_dump and pg_restore must be at least as new as the servers of the instances; Docker's command line carries the
# compose kind. The kinds npx and cli are processes of the host and need a worker outside a container.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv postgresql-client docker-cli docker-compose \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --home-dir /var/lib/astrolabe --uid 10001 astrolabe \
 && install --directory --owner astrolabe --mode 0700 /var/lib/astrolabe-webhooks

WORKDIR /opt/astrolabe
COPY requirements-runtime.lock ./
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-runtime.lock
COPY --from=wheel /build/dist dist
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl \
 && rm --recursive dist \
 && ln -s /opt/venv/bin/astrolabe /usr/local/bin/astrolabe

USER astrolabe
ENV ASTROLABE_DATA=/var/lib/astrolabe
VOLUME /var/lib/astrolabe
ENTRYPOINT ["astrolabe"]
CMD ["api", "--bind", "0.0.0.0:8400"]
