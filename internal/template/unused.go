package template

// checkUnused reports what could have been meant for the template and is not
// used by it.
func (l *loader) checkUnused() {
	for _, d := range l.apis {
		if len(d.api.Stages) == 0 {
			l.note(d.r.node, "the API "+d.api.LogicalID+" has no stage: nothing can connect to it")
		}
	}
}
