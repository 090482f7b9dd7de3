package lambda

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// unzipRules changes with what unzip refuses: what was unpacked under other
// rules is not used any more.
const unzipRules = "2"

// maxZipEntries bounds the files of a deployment package.
const maxZipEntries = 50_000

// unpack unpacks a deployment package once; a changed file is unpacked anew.
func (fs *Functions) unpack(file string) (string, error) {
	fi, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	key := digest(unzipRules, file, strconv.FormatInt(fi.Size(), 10), strconv.FormatInt(fi.ModTime().UnixNano(), 10))
	dir := filepath.Join(fs.o.BuildDir, "zip", key)
	if isDir(dir) {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".new-*")
	if err != nil {
		return "", err
	}
	if err := unzip(file, fresh, maxUnpackedSize); err != nil {
		_ = os.RemoveAll(fresh)
		return "", fmt.Errorf("unpack %s: %w", file, err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		_ = os.RemoveAll(fresh)
		if !isDir(dir) { // somebody else may have been faster
			return "", err
		}
	}
	return dir, nil
}

// unzip writes a zip file's content below dir and nowhere else: os.Root refuses
// every path that leaves it, links included.
func unzip(file, dir string, limit int64) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer func() { _ = z.Close() }()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if len(z.File) > maxZipEntries {
		return fmt.Errorf("it has %d entries, the limit is %d", len(z.File), maxZipEntries)
	}
	if err := unzipAll(root, z.File, limit); err != nil {
		return err
	}
	for _, entry := range z.File {
		if err := checkLink(root, entry); err != nil {
			return fmt.Errorf("%q: %w", entry.Name, err)
		}
	}
	return nil
}

// unzipAll writes every entry, at most limit bytes altogether.
func unzipAll(root *os.Root, entries []*zip.File, limit int64) error {
	for _, entry := range entries {
		n, err := unzipEntry(root, entry, limit)
		if err != nil {
			return fmt.Errorf("%q: %w", entry.Name, err)
		}
		if limit -= n; limit < 0 {
			return errTooLarge
		}
	}
	return nil
}

// errTooLarge is Lambda's limit for an unpacked deployment package.
var errTooLarge = errors.New("it unpacks to more than 250 MB, Lambda's limit")

// unzipEntry writes one entry and says how many bytes it had.
func unzipEntry(root *os.Root, entry *zip.File, limit int64) (int64, error) {
	name := strings.TrimSuffix(entry.Name, "/")
	if name == "" || name == "." {
		return 0, nil
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) {
		return 0, errors.New("the path leaves the package")
	}
	mode := entry.Mode()
	if mode.IsDir() {
		return 0, root.MkdirAll(filepath.FromSlash(name), 0o700)
	}
	if parent := path.Dir(name); parent != "." {
		if err := root.MkdirAll(filepath.FromSlash(parent), 0o700); err != nil {
			return 0, err
		}
	}
	r, err := entry.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }()
	switch {
	case mode&fs.ModeSymlink != 0:
		return 0, unzipLink(root, name, r)
	case !mode.IsRegular():
		return 0, errors.New("it is neither a file nor a directory nor a link")
	}
	return unzipFile(root, name, mode, r, limit)
}

// unzipFile writes a regular file of at most limit bytes.
func unzipFile(root *os.Root, name string, mode fs.FileMode, r io.Reader, limit int64) (int64, error) {
	w, err := root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600|mode.Perm()&0o100)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err == nil && n > limit {
		err = errTooLarge
	}
	return n, err
}

// checkLink refuses a link that leaves the package now that all of it is there:
// what unzipLink saw may go through other links. A link to nothing may stay if
// its ".." come first: those have been followed, and what may be put at the
// missing place later cannot change where they lead.
func checkLink(root *os.Root, entry *zip.File) error {
	if entry.Mode()&fs.ModeSymlink == 0 {
		return nil
	}
	name := filepath.FromSlash(strings.TrimSuffix(entry.Name, "/"))
	_, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		target, err := root.Readlink(name)
		target = strings.TrimSuffix(filepath.ToSlash(target), "/")
		if err == nil && path.Clean(target) == target {
			return nil
		}
	}
	if err != nil {
		return errLink
	}
	return nil
}

// errLink refuses a link.
var errLink = errors.New("the link leaves the package")

// unzipLink makes a symbolic link that stays inside the package, as far as can
// be told before the rest of it is there.
func unzipLink(root *os.Root, name string, r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return err
	}
	target := string(raw)
	if path.IsAbs(target) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), target))) {
		return errLink
	}
	return root.Symlink(filepath.FromSlash(target), filepath.FromSlash(name))
}
