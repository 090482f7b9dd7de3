package library

// cache keeps what is costly to read, for a few keys: when it is full it starts
// anew.
type cache[T any] struct{ values map[string]T }

const mostCached = 64

func (c *cache[T]) get(key string, read func(string) (T, error)) (T, error) {
	if v, ok := c.values[key]; ok {
		return v, nil
	}
	v, err := read(key)
	if err != nil {
		return v, err
	}
	if c.values == nil || len(c.values) >= mostCached {
		c.values = make(map[string]T)
	}
	c.values[key] = v
	return v, nil
}
