//go:build tools

// Package tools pins the command that the Pulumi engine is built from.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
