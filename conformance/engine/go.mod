module github.com/hedgerow-dev/hedgerow/conformance/engine

go 1.26.0
