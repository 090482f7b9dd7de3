package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const maxIndex = 1 << 30 // bytes; the index of ten million files

// refuseTracked refuses a directory of which git tracks any part.
func refuseTracked(dir string) error {
	tracked, err := gitTracked(dir)
	if err != nil {
		return &Error{Path: dir, Problem: "cannot tell whether git tracks this directory", Cause: err,
			Hint: "repair the repository, or name a directory outside of it with --state DIR"}
	}
	if tracked != "" {
		return &Error{Path: dir, Problem: "git tracks " + tracked + " in it: keys in a repository are known to everybody who can read that",
			Hint: "if the repository is somebody else's, delete the directory; if you added it, run: git rm -r --cached " +
				quote(dir) + ", delete the directory so that new keys are made, and commit"}
	}
	return nil
}

func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// gitTracked names the first file of dir in the index of the repository that
// encloses it; "" if there is none, or no repository.
func gitTracked(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	for top := real; ; top = filepath.Dir(top) {
		git, err := gitDir(top)
		if err != nil {
			return "", err
		}
		if git != "" {
			return trackedIn(git, top, real)
		}
		if filepath.Dir(top) == top {
			return "", nil
		}
	}
}

// gitDir gives the git directory of a work tree whose root is top (gitrepository-
// layout(5)); "" if top is no such root.
func gitDir(top string) (string, error) {
	path := filepath.Join(top, ".git")
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case fi.IsDir():
		return withHead(path)
	}
	text, err := readBounded(path, 1<<16)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), "gitdir: ")
	if !ok || target == "" {
		return "", &fs.PathError{Op: "read", Path: path, Err: errors.New("not a gitdir file")}
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(top, target)
	}
	return target, nil
}

// withHead gives path if it is a git directory; git passes over a .git that
// has no HEAD.
func withHead(path string) (string, error) {
	_, err := os.Lstat(filepath.Join(path, "HEAD"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return path, err
}

// trackedIn searches the index of a git directory, and the shared part of a
// split one, for a file in dir. Letter case is ignored: where the file system
// ignores it, so does a check-out.
func trackedIn(git, top, dir string) (string, error) {
	rel, err := filepath.Rel(top, dir)
	if err != nil {
		return "", err
	}
	want := strings.ToLower(filepath.ToSlash(rel))
	name := "index"
	for range 2 {
		data, err := readBounded(filepath.Join(git, name), maxIndex)
		if errors.Is(err, fs.ErrNotExist) && name == "index" {
			return "", nil // nothing was added yet
		}
		if err != nil {
			return "", err
		}
		found, shared, err := searchIndex(data, want)
		if err != nil || found != "" || shared == "" {
			return found, err
		}
		name = "sharedindex." + shared
	}
	return "", nil
}

// searchIndex gives the first entry inside want, and the name of a shared
// index. Whether object names have 20 or 32 bytes is not written in an index;
// only one of the two reads to the end.
func searchIndex(data []byte, want string) (found, shared string, err error) {
	visit := func(path string) bool {
		if found == "" && inside(strings.ToLower(path), want) {
			found = path
		}
		return found == ""
	}
	shared, err = walkIndex(data, 20, visit)
	if err == nil {
		return found, shared, nil
	}
	found = ""
	if shared, retry := walkIndex(data, 32, visit); retry == nil {
		return found, shared, nil
	}
	return "", "", err
}

// inside says whether an index path lies in the directory dir, is that
// directory (a submodule), or is a collapsed directory of a sparse index
// (which ends in a slash) that may contain it.
func inside(path, dir string) bool {
	if dir == "." {
		return path != ""
	}
	if strings.HasSuffix(path, "/") && strings.HasPrefix(dir+"/", path) {
		return true
	}
	return path == dir || strings.HasPrefix(path, dir+"/")
}

func readBounded(path string, limit int64) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > limit {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file of a plausible size")}
	}
	return os.ReadFile(path)
}
