package lambda

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// nodePackages are the parts of the AWS SDK for JavaScript that handlers of
// real-time APIs use most.
var nodePackages = []string{
	"@aws-sdk/client-apigatewaymanagementapi", "@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb",
	"@aws-sdk/util-dynamodb", "@aws-sdk/client-lambda", "@aws-sdk/client-s3", "@aws-sdk/client-sns",
	"@aws-sdk/client-sqs", "@aws-sdk/client-ssm", "@aws-sdk/client-secrets-manager", "@aws-sdk/client-sts",
	"@aws-sdk/client-eventbridge", "@aws-sdk/client-sfn", "@aws-sdk/client-cognito-identity-provider",
	"@aws-sdk/credential-providers", "@smithy/signature-v4", "@smithy/protocol-http",
}

// RuntimeInstall fills the runtime folder dir (Options.RuntimeDir) with what
// Lambda's runtime of a kind, "nodejs" or "python", brings along: the AWS SDK,
// through npm or pip as found on PATH, with the environment of this process.
// What the tool prints goes to out. The folder of that kind is replaced in one
// step when all went well, and stays as it was otherwise.
func RuntimeInstall(ctx context.Context, kind, dir string, out io.Writer) error {
	tool, args, err := installer(kind)
	if err != nil {
		return err
	}
	program, err := exec.LookPath(tool)
	if err != nil {
		return fmt.Errorf("%s is needed to install the %s runtime folder and is not on PATH: install it first", tool, kind)
	}
	return replaceDir(filepath.Join(dir, kind), func(fresh string) error {
		cmd := exec.CommandContext(ctx, program, args(fresh)...) //nolint:gosec // the person's npm or python3
		cmd.Stdout, cmd.Stderr = out, out
		cmd.WaitDelay = stopGrace
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s could not install the %s runtime folder: %w", tool, kind, err)
		}
		return nil
	})
}

// installer is the program that fills a runtime folder, and its arguments.
func installer(kind string) (tool string, args func(folder string) []string, err error) {
	switch kind {
	case "nodejs":
		return "npm", func(folder string) []string {
			return append([]string{"install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts"}, nodePackages...)
		}, nil
	case "python":
		return "python3", func(folder string) []string {
			return []string{"-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--target", folder, "boto3"}
		}, nil
	}
	return "", nil, fmt.Errorf("unknown runtime folder %q: it is nodejs or python", kind)
}

// replaceDir fills a fresh directory and puts it in the place of dir.
func replaceDir(dir string, fill func(fresh string) error) error {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	if err := fill(fresh); err != nil {
		return err
	}
	old := fresh + ".old"
	if err := os.Rename(dir, old); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		_ = os.Rename(old, dir) // put it back
		return err
	}
	if runtime.GOOS == "windows" { // files in use cannot go
		_ = os.RemoveAll(old)
		return nil
	}
	return os.RemoveAll(old)
}
