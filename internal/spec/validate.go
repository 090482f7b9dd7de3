package spec

// Validate checks that the Spec can be served.
func (s *Spec) Validate() Problems { return nil }
