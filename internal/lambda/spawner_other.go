//go:build !linux

package lambda

// spawner starts processes; only Linux ties a child to a thread.
type spawner struct{}

func newSpawner() *spawner { return &spawner{} }

// start starts the process's command and sets its tree.
func (s *spawner) start(p *process) error {
	t, err := startTree(p.cmd)
	p.tree = t
	return err
}

func (s *spawner) close() {}
