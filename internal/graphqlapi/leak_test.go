package graphqlapi

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// leakSchema has values that only IAM may see. They are all "SECRET".
const leakSchema = `
type Query { a: Int }
interface Node { id: ID secret: String next: Node all: [Node] }
union Any = Cat | Dog | Vip
type Cat implements Node @aws_api_key @aws_iam { id: ID secret: String @aws_iam next: Node all: [Node] must: String! @aws_iam any: Any }
type Dog implements Node @aws_api_key @aws_iam { id: ID secret: String @aws_iam next: Node all: [Node] any: Any }
type Vip implements Node @aws_iam { id: ID secret: String next: Node all: [Node] any: Any }
type Mutation @aws_api_key @aws_iam { node: Node any: Any }
type Subscription @aws_api_key @aws_iam { onNode: Node @aws_subscribe(mutations: ["node"]) onAny: Any @aws_subscribe(mutations: ["any"]) }`

// maker makes random values and selections of leakSchema.
type maker struct {
	*rand.Rand
	aliases int
}

func (m *maker) value(depth int) string {
	text := []string{`{"__typename":"Cat","id":"cat"`, `{"__typename":"Dog","id":"dog"`, `{"__typename":"Vip","id":"SECRET"`}[m.IntN(3)] + `,"secret":"SECRET","must":"SECRET"`
	if depth > 0 {
		text += `,"next":` + m.value(depth-1) + `,"any":` + m.value(depth-1) + `,"all":[` + m.value(depth-1) + `,null,` + m.value(depth-1) + `]`
	}
	return text + "}"
}

// selection selects something of a type, under names of its own.
func (m *maker) selection(typ string, depth int) string {
	fields := strings.Fields(map[string]string{"Node": "id secret next all", "Cat": "id secret must next all any", "Dog": "id secret next all any", "Vip": "id secret next any"}[typ])
	text := "{ __typename "
	for range 1 + m.IntN(4) {
		if narrow := []string{"Cat", "Dog", "Vip"}[m.IntN(3)]; typ == "Any" || typ == "Node" && m.IntN(2) == 0 {
			text += "... on " + narrow + " " + m.selection(narrow, depth)
			continue
		}
		m.aliases++
		field, below := fields[m.IntN(len(fields))], map[string]string{"next": "Node", "all": "Node", "any": "Any"}
		switch inner := below[field]; {
		case inner == "":
			text += fmt.Sprintf("x%d: %s ", m.aliases, field)
		case depth > 0:
			text += fmt.Sprintf("x%d: %s %s", m.aliases, field, m.selection(inner, depth-1))
		}
	}
	return text + "} "
}

// TestNothingLeaks: whatever mutations and subscribers select, and whoever calls
// the mutation, a subscriber sees nothing that its own mode may not have, and
// nothing that the mutation's caller was not given.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	key, iam := &identity.Caller{Mode: spec.ModeAPIKey}, &identity.Caller{Mode: spec.ModeIAM, IAM: &identity.Identity{}}
	seen := 0
	for seed := range uint64(150) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 1))}
		s := newSockets(t, leakSchema, func(r *rig, _ *Options) {
			r.spec.Auth = []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM}}
		}, unit("Mutation.node", says(m.value(3))), unit("Mutation.any", says(m.value(3))), unit("Dog.next", says(m.value(2))), unit("Cat.all", says("["+m.value(1)+"]")))
		names := [][3]string{{"node", "onNode", "Node"}, {"any", "onAny", "Any"}}[m.IntN(2)]
		mutation, query := `mutation { m: `+names[0]+` `+m.selection(names[2], 3)+`}`, `subscription { s: `+names[1]+` `+m.selection(names[2], 3)+`}`
		c := s.open()
		for _, subscriber := range []*identity.Caller{key, iam} {
			s.caller = subscriber
			c.subscribe(subscriber.Mode, query)
		}
		for _, caller := range []*identity.Caller{key, iam} {
			s.caller = caller
			answer := s.run(mutation)
			if strings.HasPrefix(answer, `{"data":{"m":null}`) {
				continue // nothing is published
			}
			for range 2 {
				got := c.read()
				forKey := strings.Contains(got, `"id":"`+key.Mode+`"`)
				secret := strings.Contains(got, "SECRET")
				if secret && (forKey || !strings.Contains(answer, "SECRET")) {
					t.Fatalf("seed %d: %s\nanswers %s\n%s\ngets %s", seed, mutation, answer, query, got)
				}
				if secret {
					seen++
				}
			}
		}
		c.leave()
		s.close()
	}
	if seen == 0 {
		t.Error("nobody has seen a secret: the test tests nothing")
	}
}
