package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsKeepTheirBlanks: of a password nothing but the line's end is cut
// off; what becomes a header's value has no blanks around it.
func TestSecretsKeepTheirBlanks(t *testing.T) {
	t.Parallel()
	const text = " hush\thush \r\n"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flag         secretFlag
		source, want string
	}{
		{passwordFlag(), "@" + file, " hush\thush "},
		{passwordFlag(), "-", " hush\thush "},
		{passwordFlag(), "env:SECRET", text},
		{clientSecretFlag(), "@" + file, " hush\thush "},
		{clientSecretFlag(), "-", "refused"},
		{clientSecretFlag(), "env:NONE", "refused"},
		{clientSecretFlag(), "", ""},
		{tokenFlag(), "@" + file, "hush\thush"},
		{tokenFlag(), "-", "hush\thush"},
		{tokenFlag(), "env:SECRET", "refused"}, // a header cannot hold it
		{apiKeyFlag(), "hush", "refused"},
		{passwordFlag(), "hush", "refused"},
	} {
		sh := &shell{stdin: strings.NewReader(text), getenv: func(name string) string {
			if name == "SECRET" {
				return text
			}
			return ""
		}}
		got, err := tt.flag.read(sh, tt.source)
		if err != nil {
			got = "refused"
		}
		if got != tt.want {
			t.Errorf("%s %s: %q %v, want %q", tt.flag.flag, tt.source, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%s repeats the secret: %v", tt.flag.flag, err)
		}
	}
}
