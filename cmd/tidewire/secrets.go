package main

import (
	"errors"
	"fmt"
	"strings"
)

// secretFlag is a flag that says where a secret is. A literal would stand in
// the shell's history and in the list of processes.
type secretFlag struct {
	flag  string // "--api-key"
	name  string // "API key"
	short string // "key"
	stdin bool   // "-" means stdin
}

func apiKeyFlag() secretFlag { return secretFlag{flag: "--api-key", name: "API key", short: "key"} }

func tokenFlag() secretFlag {
	return secretFlag{flag: "--token", name: "token", short: "token", stdin: true}
}

func (s secretFlag) advice() string {
	text := fmt.Sprintf("put the %s into a file and give %s @FILE, or into a variable and give %s env:NAME", s.short, s.flag, s.flag)
	if s.stdin {
		text += fmt.Sprintf(", or give %s - and pipe it in", s.flag)
	}
	return text
}

// check refuses a literal, without repeating it.
func (s secretFlag) check(source string) error {
	if source == "" || source == "-" && s.stdin || strings.HasPrefix(source, "@") || strings.HasPrefix(source, "env:") {
		return nil
	}
	return usagef(s.advice(), "%s does not take the %s itself", s.flag, s.short)
}

// read reads the secret that source names, "" if it is empty.
func (s secretFlag) read(sh *shell, source string) (string, error) {
	if err := s.check(source); err != nil || source == "" {
		return "", err
	}
	secret, err := s.find(sh, source)
	if err != nil {
		return "", hint(fmt.Errorf("read the %s: %w", s.name, err), s.advice())
	}
	if secret == "" || !validValue(secret) {
		return "", hint(errors.New("what "+s.flag+" names is empty, or no "+s.name), s.advice())
	}
	return secret, nil
}

func (s secretFlag) find(sh *shell, source string) (string, error) {
	if name, ok := strings.CutPrefix(source, "env:"); ok {
		return sh.getenv(name), nil
	}
	if source == "-" {
		text, err := sh.readInput("-", maxSecret)
		return strings.TrimSpace(string(text)), err
	}
	text, err := readSmall(strings.TrimPrefix(source, "@"))
	return strings.TrimSpace(string(text)), withoutPrefix(err)
}

// maxSecret is the most bytes that stdin may give as a secret.
const maxSecret = 64 << 10

// readAPIKey reads the key that --api-key names.
func readAPIKey(sh *shell, source string) (string, error) { return apiKeyFlag().read(sh, source) }
