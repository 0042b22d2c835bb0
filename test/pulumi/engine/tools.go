//go:build tools

// Package tools pins the command that the Pulumi engine is built from. It is the newest that is served as a Go module; the
// SDKs of package.json may be newer, and Pulumi's Automation API takes any engine since 3.2.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
