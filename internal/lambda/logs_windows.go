package lambda

// read reads the log until its end.
func (l *logPipe) read() {
	buf := l.sink.chunk()
	defer l.sink.put(buf)
	for {
		n, err := l.file.Read(buf[:])
		l.mu.Lock()
		l.feed(buf[:n])
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// drain does nothing: the pipe cannot be read without blocking here, so a line
// may carry the id of the invocation after it.
func (l *logPipe) drain() {}
