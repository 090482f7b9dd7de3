package state

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
)

// Developer is the local developer: the owner of the state directory, who may
// do everything at the gateways that serve from it.
type Developer struct {
	AccessKeyID     string `json:"accessKeyId"`     // "AKIA" and 16 characters
	SecretAccessKey string `json:"secretAccessKey"` // 40 characters
	UserName        string `json:"userName"`        // "developer"
}

// Kinds of [Dir.Secret].
const (
	KindAccessKeyID     = "access-key-id"     // "AKIA" and 16 of A–Z 2–7
	KindSecretAccessKey = "secret-access-key" // 40 of A–Z a–z 0–9 + /
	KindAPIKey          = "api-key"           // 40 of A–Z a–z 0–9
	KindAppSyncAPIKey   = "appsync-api-key"   // "da2-" and 26 of a–z 0–9
)

const lostKeys = "everything that was signed or configured with the old keys is then refused"

// SealingKey is the AES-256 key that session tokens are sealed with, and
// nothing else. It is made at the first call.
func (d *Dir) SealingKey() (key [32]byte, err error) {
	text, err := d.once(sealingFile, func() ([]byte, error) {
		if _, err := io.ReadFull(d.rand, key[:]); err != nil {
			return nil, fmt.Errorf("state: no random numbers: %w", err)
		}
		return []byte(hex.EncodeToString(key[:]) + "\n"), nil
	})
	if err != nil {
		return [32]byte{}, err
	}
	raw, err := hex.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(raw) != len(key) {
		return [32]byte{}, damaged(d.files.File(sealingFile), "every session token is then refused")
	}
	return [32]byte(raw), nil
}

// Developer gives the local developer's long-term key, made at the first call.
func (d *Dir) Developer() (Developer, error) {
	text, err := d.once(developerFile, func() ([]byte, error) {
		id, err := NewKeyID(d.rand, "AKIA")
		if err != nil {
			return nil, err
		}
		secret, err := NewSecretKey(d.rand)
		if err != nil {
			return nil, err
		}
		return encode(Developer{AccessKeyID: id, SecretAccessKey: secret, UserName: "developer"})
	})
	if err != nil {
		return Developer{}, err
	}
	var dev Developer
	if !decode(text, &dev) || dev.UserName == "" || !shaped(dev.AccessKeyID, "AKIA", base32Alphabet, 16) ||
		!shaped(dev.SecretAccessKey, "", base64Alphabet, 40) {
		return Developer{}, damaged(d.files.File(developerFile), lostKeys)
	}
	return dev, nil
}

// once reads a file, making it first if it is missing.
func (d *Dir) once(name string, fresh func() ([]byte, error)) ([]byte, error) {
	data, err := d.files.Read(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	err = d.files.Exclusive(func() error {
		if data, err = d.files.Read(name); !errors.Is(err, fs.ErrNotExist) {
			return err // another process was faster, or it cannot be read
		}
		if data, err = fresh(); err != nil {
			return err
		}
		return d.files.Write(name, data)
	})
	return data, err
}

// Secret is the random value that stands for a secret of the template's
// resource logicalID: the same at every call with the same kind and id.
func (d *Dir) Secret(kind, logicalID string) (string, error) {
	if !knownKind(kind) || logicalID == "" || len(logicalID) > 255 {
		return "", fmt.Errorf("state: there is no secret of kind %q for resource %q", kind, logicalID)
	}
	name := kind + "/" + logicalID
	secrets, err := d.secrets()
	if err != nil || secrets[name] != "" {
		return secrets[name], err
	}
	var value string
	err = d.files.Exclusive(func() error {
		value, err = d.addSecret(kind, name)
		return err
	})
	return value, err
}

// addSecret makes a value unless another process has; the caller holds the
// update lock.
func (d *Dir) addSecret(kind, name string) (string, error) {
	secrets, err := d.secrets()
	if err != nil || secrets[name] != "" {
		return secrets[name], err
	}
	value, err := d.newSecret(kind)
	if err != nil {
		return "", err
	}
	all := maps.Clone(secrets)
	if all == nil {
		all = map[string]string{}
	}
	all[name] = value
	text, err := encode(all)
	if err != nil {
		return "", err
	}
	return value, d.files.Write(secretsFile, text)
}

// secrets reads all secrets by "kind/logicalID"; nil if none was made yet.
func (d *Dir) secrets() (map[string]string, error) {
	text, err := d.files.Read(secretsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all map[string]string
	if !decode(text, &all) || all == nil {
		return nil, damaged(d.files.File(secretsFile), lostKeys)
	}
	for name, value := range all {
		kind, _, _ := strings.Cut(name, "/")
		if !rightShape(kind, value) {
			return nil, damaged(d.files.File(secretsFile), lostKeys)
		}
	}
	return all, nil
}

func knownKind(kind string) bool {
	return kind == KindAccessKeyID || kind == KindSecretAccessKey || kind == KindAPIKey || kind == KindAppSyncAPIKey
}

func (d *Dir) newSecret(kind string) (string, error) {
	switch kind {
	case KindAccessKeyID:
		return NewKeyID(d.rand, "AKIA")
	case KindSecretAccessKey:
		return NewSecretKey(d.rand)
	case KindAppSyncAPIKey:
		text, err := randomText(d.rand, lowerAlphabet, 26)
		return "da2-" + text, err
	default:
		return randomText(d.rand, alnumAlphabet, 40)
	}
}

func rightShape(kind, value string) bool {
	switch kind {
	case KindAccessKeyID:
		return shaped(value, "AKIA", base32Alphabet, 16)
	case KindSecretAccessKey:
		return shaped(value, "", base64Alphabet, 40)
	case KindAppSyncAPIKey:
		return shaped(value, "da2-", lowerAlphabet, 26)
	default:
		return kind == KindAPIKey && shaped(value, "", alnumAlphabet, 40)
	}
}

func encode(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}

// decode is false for anything but one JSON value of exactly this shape. The
// parser's own words are not passed on: they may quote the content.
func decode(text []byte, v any) bool {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if dec.Decode(v) != nil {
		return false
	}
	_, err := dec.Token()
	return errors.Is(err, io.EOF)
}
