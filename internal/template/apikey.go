package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

func keyFamilies() map[string]family {
	return map[string]family{
		"AWS::ApiGateway::ApiKey":       {ref: stringRef(idRef), attributes: ownID("APIKeyId"), read: readAPIKey},
		"AWS::ApiGateway::UsagePlan":    {ref: stringRef(idRef), attributes: ownID("Id"), read: readUsagePlan},
		"AWS::ApiGateway::UsagePlanKey": {ref: stringRef(idRef), attributes: ownID("Id"), read: readUsagePlanKey},
	}
}

func readAPIKey(l *loader, r *resource, p *props) {
	k := spec.APIKey{
		LogicalID: r.id, ID: l.shortID(r.id), Name: orDefault(p.str("Name"), l.generatedName(r, 128)),
		Value: p.str("Value"), Enabled: p.boolean("Enabled", false), At: l.source(r.node),
	}
	switch {
	case !p.has("Value"):
		k.Value = l.secret(r, "api-key").text
	case k.Value != "" && (len(k.Value) < 20 || len(k.Value) > 128):
		p.problem("Value", "the value of an API key has 20 to 128 characters", "leave Value out: tidewire makes one")
	case k.Value == "" && p.get("Value") != nil:
		p.problem("Value", "the value of an API key is empty", "leave Value out: tidewire makes one")
	}
	if !p.has("Enabled") {
		l.note(r.node, "the API key is not Enabled, so it admits nobody, as on AWS")
	}
	p.quiet("Description", "Tags", "CustomerId", "GenerateDistinctId")
	p.without("StageKeys")
	p.finish()
	l.spec.APIKeys = append(l.spec.APIKeys, k)
}

func readUsagePlan(l *loader, r *resource, p *props) {
	plan := &spec.UsagePlan{LogicalID: r.id, ID: l.shortID(r.id), At: l.source(r.node)}
	for _, v := range p.list("ApiStages") {
		if v.kind != kindMap {
			if v.kind != kindBad {
				l.problem(v, "an entry of ApiStages is a map of ApiId and Stage, this is "+v.kindName(), "")
			}
			continue
		}
		m := p.member(v)
		stage := spec.PlanStage{APIID: m.str("ApiId"), Stage: m.str("Stage")}
		if throttles := m.object("Throttle"); throttles != nil {
			stage.Throttle = map[string]spec.Throttle{}
			for _, f := range throttles.fields {
				stage.Throttle[f.key] = p.member(f.val).throttle("RateLimit", "BurstLimit")
			}
		}
		m.finish()
		plan.Stages = append(plan.Stages, stage)
	}
	if m := p.inside("Throttle"); m != nil {
		plan.Throttle = m.throttle("RateLimit", "BurstLimit")
		m.finish()
	}
	plan.Quota = l.quota(p)
	p.quiet("UsagePlanName", "Description", "Tags")
	p.finish()
	l.plans = append(l.plans, plan)
}

func (l *loader) quota(p *props) spec.Quota {
	m := p.inside("Quota")
	if m == nil {
		return spec.Quota{}
	}
	q := spec.Quota{
		Limit: m.integer("Limit", 0, 1<<31-1, 0), Offset: m.integer("Offset", 0, 1<<31-1, 0), Period: m.need("Period", "Period: DAY"),
	}
	switch q.Period {
	case "DAY", "WEEK", "MONTH", "":
	default:
		m.problem("Period", "the Period of a quota is DAY, WEEK or MONTH", "")
	}
	m.finish()
	return q
}

func readUsagePlanKey(l *loader, r *resource, p *props) {
	key := p.need("KeyId", "KeyId: !Ref MyApiKey")
	planID := p.need("UsagePlanId", "UsagePlanId: !Ref MyUsagePlan")
	if typ := p.need("KeyType", "KeyType: API_KEY"); typ != "" && typ != "API_KEY" {
		p.problem("KeyType", "KeyType is always API_KEY", "")
	}
	p.finish()
	l.later(phasePlanKeys, r, func() {
		for _, plan := range l.plans {
			if plan.ID == planID && key != "" {
				plan.KeyIDs = append(plan.KeyIDs, key)
				return
			}
		}
		if key != "" && planID != "" {
			l.notRun(r.id, r.typ, "its usage plan is not in this template", r.node)
		}
	})
}
