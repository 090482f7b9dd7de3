//go:build !windows

package localca

func systemRoots() ([]byte, error) { return firstBundle(rootFiles()) }
