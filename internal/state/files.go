package state

// ReadFile reads a file of the directory, checked as every file in it is:
// ours, a plain file, readable by its owner only. The error wraps
// fs.ErrNotExist if there is none.
func (d *Dir) ReadFile(name string) ([]byte, error) { return d.files.Read(name) }

// WriteFile replaces a file of the directory at once, readable by its owner
// only. Writers of other processes are kept out meanwhile.
func (d *Dir) WriteFile(name string, data []byte) error {
	return d.files.Exclusive(func() error { return d.files.Write(name, data) })
}
