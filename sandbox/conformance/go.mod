module rejoin/sandbox/conformance

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	github.com/twilio/twilio-go v1.31.0
	rejoin v0.0.0
)

require (
	github.com/golang/mock v1.6.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace rejoin => ../..
