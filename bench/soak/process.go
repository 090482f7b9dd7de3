package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

// child is the server's process.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	url   string
}

// startServer runs this program again, as the server.
func startServer() (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self, "-serve")}
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("the server has not said where it is: %w", err)
	}
	c.url = strings.TrimSpace(line)
	return c, nil
}

// stop ends the server.
func (c *child) stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Wait() // it is no loss
}

// books asks the server for its sums.
func (c *child) books() (b bookkeeping, err error) {
	resp, err := http.Get(c.url + "/books")
	if err != nil {
		return b, err
	}
	defer resp.Body.Close()
	return b, json.NewDecoder(resp.Body).Decode(&b)
}
