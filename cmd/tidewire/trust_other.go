//go:build !linux

package main

// updateCommand is for systems whose store is made from files.
func updateCommand() []string { return nil }
