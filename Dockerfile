# The one image of every binary here: the static binary, and nothing beside it.
#   docker build --build-arg BINARY=target/x86_64-unknown-linux-gnu/release/upgradegate-operator .
FROM scratch
ARG BINARY
ARG TITLE=upgradegate
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="${TITLE}" \
      org.opencontainers.image.description="UpgradeGate: upgrades wait until the application is ready for them" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="https://github.com/upgradegate/upgradegate" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY ${BINARY} /app
USER 65532:65532
ENTRYPOINT ["/app"]
