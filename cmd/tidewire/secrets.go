package main

import (
	"fmt"
	"strings"
)

// secretFlag is a flag that says where a secret is. A literal would stand in
// the shell's history and in the list of processes.
type secretFlag struct {
	flag  string // "--api-key"
	what  string // "the API key", which could not be read
	it    string // "the key", which goes into a file
	none  string // "no API key", if it is not empty either
	stdin bool   // "-" means stdin
	exact bool   // blanks are its own, and every character may be in it; else it becomes a header's value
}

func apiKeyFlag() secretFlag {
	return secretFlag{flag: "--api-key", what: "the API key", it: "the key", none: "no API key"}
}

func tokenFlag() secretFlag {
	return secretFlag{flag: "--token", what: "the token", it: "the token", none: "no token", stdin: true}
}

func clientSecretFlag() secretFlag {
	return secretFlag{flag: "--client-secret", what: "--client-secret", it: "it", none: "not set", exact: true}
}

func passwordFlag() secretFlag {
	return secretFlag{flag: "--password", what: "--password", it: "it", none: "not set", stdin: true, exact: true}
}

func (s secretFlag) advice() string {
	text := fmt.Sprintf("put %s into a file and give %s @FILE, or into a variable and give %s env:NAME", s.it, s.flag, s.flag)
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
	return usagef(s.advice(), "%s does not take the secret itself", s.flag)
}

// read reads the secret that source names, "" if it is empty.
func (s secretFlag) read(sh *shell, source string) (string, error) {
	if err := s.check(source); err != nil || source == "" {
		return "", err
	}
	if name, ok := strings.CutPrefix(source, "env:"); ok && sh.getenv(name) == "" {
		return "", hint(fmt.Errorf("%s: the variable %s is not set, or is empty", s.flag, name), s.advice())
	}
	secret, err := s.find(sh, source)
	if err != nil {
		return "", hint(fmt.Errorf("read %s: %w", s.what, err), s.advice())
	}
	if secret == "" || !s.exact && !validValue(secret) {
		return "", hint(fmt.Errorf("%s: %s is empty, or %s", s.flag, source, s.none), s.advice())
	}
	return secret, nil
}

func (s secretFlag) find(sh *shell, source string) (string, error) {
	if name, ok := strings.CutPrefix(source, "env:"); ok {
		return sh.getenv(name), nil
	}
	if source == "-" {
		text, err := sh.readInput("-", maxSecret)
		return s.cut(text), err
	}
	text, err := readSmall(strings.TrimPrefix(source, "@"))
	return s.cut(text), withoutPrefix(err)
}

// cut takes off what a file has around the secret.
func (s secretFlag) cut(text []byte) string {
	if s.exact {
		return strings.TrimRight(string(text), "\r\n")
	}
	return strings.TrimSpace(string(text))
}

// maxSecret is the most bytes that stdin may give as a secret.
const maxSecret = 64 << 10

// readAPIKey reads the key that --api-key names.
func readAPIKey(sh *shell, source string) (string, error) { return apiKeyFlag().read(sh, source) }
