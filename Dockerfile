# rejoin in a container that holds nothing else: no shell, no packages, no root.
#
#   docker build --build-arg VERSION="$(git describe --tags --always)" -t rejoin .
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" -e TWILIO_API_KEY -e TWILIO_API_SECRET rejoin restore members.ndjson
#
# /data is where backups are looked for and reports are written: mount a folder there that the user may write to.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev TARGETOS=linux TARGETARCH=amd64
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
	-ldflags "-s -w -X rejoin/internal/app.version=$VERSION" -o /root-fs/usr/bin/rejoin . \
	&& mkdir -p /root-fs/etc/ssl/certs /root-fs/tmp /root-fs/data \
	&& cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
	&& echo 'nobody:x:65532:65532:nobody:/data:/sbin/nologin' >/root-fs/etc/passwd \
	&& echo 'nobody:x:65532:' >/root-fs/etc/group \
	&& chmod 1777 /root-fs/tmp && mv /root-fs/data /data

FROM scratch
COPY --from=build /root-fs /
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["/usr/bin/rejoin"]
