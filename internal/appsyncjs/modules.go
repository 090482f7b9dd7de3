package appsyncjs

import (
	"crypto/sha256"
	"path/filepath"
	"sync"
)

// maxModules bounds the modules that an engine remembers: when there are more,
// it begins anew.
const maxModules = 1024

// modules are those that were loaded without a problem, so that code which did
// not change is bundled and compiled once.
type modules struct {
	mu    sync.Mutex
	known map[moduleKey]*loaded
}

// moduleKey is what stands for a source: everything that is given with it.
type moduleKey struct {
	text             [sha256.Size]byte // of inline code
	name, file, root string
}

// loaded is a module with what it was made of.
type loaded struct {
	module *Module
	read   map[string][sha256.Size]byte // files below the root, by their slash paths; zero: it could not be read
	absent []string                     // files that would have been taken instead
}

func (s *Source) key() moduleKey {
	return moduleKey{text: sha256.Sum256([]byte(s.Script.Text)), name: s.name(), file: s.Script.File, root: s.Root}
}

func (m *modules) get(key moduleKey) *loaded {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[key]
}

func (m *modules) put(key moduleKey, l *loaded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxModules {
		m.known = make(map[moduleKey]*loaded)
	}
	m.known[key] = l
}

// current tells whether nothing has changed of what a module was made of.
func (b *bundler) current(l *loaded) bool {
	if l == nil {
		return false
	}
	for name, sum := range l.read {
		text, err := b.text(name)
		if err != nil || sha256.Sum256([]byte(text)) != sum {
			return false
		}
	}
	for _, name := range l.absent {
		if b.exists(name) {
			return false
		}
	}
	return true
}

// tell tells whoever asks which files the bundle depends on.
func (b *bundler) tell() {
	if b.source.Reads == nil || b.rootPath == "" || b.entry == "" { // inline, or not below the root
		return
	}
	b.source.Reads(filepath.Join(b.rootPath, filepath.FromSlash(b.entry)))
	for name := range b.read {
		b.source.Reads(filepath.Join(b.rootPath, filepath.FromSlash(name)))
	}
	for _, name := range b.absent {
		b.source.Reads(filepath.Join(b.rootPath, filepath.FromSlash(name)))
	}
}

// exists tells whether an import can mean this file, a slash path below the
// root.
func (b *bundler) exists(name string) bool {
	info, err := b.root.Stat(filepath.FromSlash(name))
	return err == nil && info.Mode().IsRegular()
}
