package graphqlapi

import (
	"sync"
	"testing"
)

// TestOnePlan: whoever asks for the plan of a type gets the same, also those who
// are first at the same time.
func TestOnePlan(t *testing.T) {
	t.Parallel()
	r := newRig(t, `type Query { a: Thing } union Thing = A | B type A { x: Int } type B { y: Int }`)
	for range 200 {
		o, f := r.api.config.Load().prepare(`{ a { __typename } }`, 100)
		if f != nil {
			t.Fatal(f)
		}
		field := o.operations[0].newPlan(nil).root.fields[0]
		var got [2][8]*object
		var begin, done sync.WaitGroup
		begin.Add(1)
		for i, name := range []string{"A", "B"} {
			typ := r.api.config.Load().types[name]
			for j := range got[i] {
				done.Go(func() {
					begin.Wait()
					got[i][j] = field.object(typ)
				})
			}
		}
		begin.Done()
		done.Wait()
		for i := range got {
			for _, o := range got[i] {
				if o != got[i][0] {
					t.Fatal("two plans of one type")
				}
			}
		}
	}
}
