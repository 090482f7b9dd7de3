"""Runs a command on a terminal of its own; stdin and stdout stand for its keyboard and its screen."""

import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
