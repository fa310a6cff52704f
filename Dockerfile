# The image holds the binary, its licences, the certificates of authorities, and nothing else: no shell, no git. Mount the
# repository of the tenancy at /work:
#
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" hedgerow vet
#
# Neither base is pinned by a digest: both tags move with fixes alone.
FROM --platform=$BUILDPLATFORM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -o /hedgerow ./cmd/hedgerow \
 && go run ./scripts/dist "$TARGETOS/$TARGETARCH" /THIRD_PARTY_LICENSES

FROM gcr.io/distroless/static-debian13:nonroot
LABEL org.opencontainers.image.source="https://github.com/hedgerow-dev/hedgerow" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /hedgerow /usr/bin/hedgerow
COPY --from=build /src/LICENSE /THIRD_PARTY_LICENSES /usr/share/doc/hedgerow/
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/bin/hedgerow"]
CMD ["--help"]
