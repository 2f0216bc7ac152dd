# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
#
# Two images from one recipe: `utarg` (all services and the command line, no root) and `postgres`
# (Debian's PostgreSQL with durable settings). Everything comes from Debian's packages; another base with
# apt works too: --build-arg BASE_IMAGE=debian:trixie-slim.
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      gcc libc6-dev cmake ninja-build pkg-config protobuf-c-compiler \
      libzmq3-dev libprotobuf-c-dev libpq-dev libsodium-dev libjansson-dev uthash-dev uuid-dev \
      libgmp-dev libexpat1-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY proto proto
COPY common common
COPY services services
RUN cmake --preset release && cmake --build --preset release

FROM ${BASE_IMAGE} AS postgres
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-common \
    && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql libnss-wrapper \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -m 1777 /var/lib/utarg-postgres
COPY docker/postgres-entrypoint.sh /usr/local/bin/postgres-entrypoint
USER postgres
VOLUME /var/lib/utarg-postgres
ENTRYPOINT ["postgres-entrypoint"]

FROM ${BASE_IMAGE} AS utarg
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libzmq5 libprotobuf-c1 libpq5 libsodium23 libjansson4 libuuid1 libgmp10 libexpat1 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin utarg
COPY --from=build /src/build/release/bin/ /usr/local/bin/
USER utarg
ENTRYPOINT []
CMD ["utarg", "--help"]
