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
	read   map[string][sha256.Size]byte // files below the root, by their slash paths
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

// cached is the module of a source if nothing that it was made of has changed.
func (b *bundler) cached(l *loaded) *Module {
	if l == nil {
		return nil
	}
	for name, sum := range l.read {
		text, err := b.text(name)
		if err != nil || sha256.Sum256([]byte(text)) != sum {
			return nil
		}
	}
	for _, name := range l.absent {
		if b.exists(name) {
			return nil
		}
	}
	return l.module
}

// exists tells whether an import can mean this file, a slash path below the
// root.
func (b *bundler) exists(name string) bool {
	info, err := b.root.Stat(filepath.FromSlash(name))
	return err == nil && info.Mode().IsRegular()
}
