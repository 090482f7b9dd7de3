package spec

import (
	"fmt"
	"time"
)

func (v *validator) keys() {
	for i := range v.s.APIKeys {
		k := &v.s.APIKeys[i]
		v.enter(k.At, k.LogicalID, "APIKeys[%d]", i)
		v.check(k.ID != "", "ID", "the API key has no id", "")
		v.unique("API key id", k.ID, "ID")
		v.check(k.Value != "", "Value", "the API key has no value", "")
		if k.Value != "" {
			v.unique("API key value", k.Value, "Value")
		}
	}
}

func (v *validator) plans() {
	for i := range v.s.UsagePlans {
		p := &v.s.UsagePlans[i]
		v.enter(p.At, p.LogicalID, "UsagePlans[%d]", i)
		v.check(p.ID != "", "ID", "the usage plan has no id", "")
		v.unique("usage plan id", p.ID, "ID")
		v.throttle("Throttle", p.Throttle)
		v.quota(p.Quota)
		for j, stage := range p.Stages {
			if api := v.apiByID(stage.APIID); api != nil {
				v.check(api.Stage(stage.Stage) != nil, fmt.Sprintf("Stages[%d].Stage", j), fmt.Sprintf("the API %s has no stage %q", api.LogicalID, stage.Stage), "Stage: !Ref MyStage")
			}
			for _, key := range p.KeyIDs {
				v.unique("usage plan of an API key and a stage", key+"/"+stage.APIID+"/"+stage.Stage, "KeyIDs")
			}
		}
	}
}

// quota checks the period; the offset counts days of a week or month (API
// Gateway API reference, "QuotaSettings").
func (v *validator) quota(q Quota) {
	if q.Limit == 0 && q.Period == "" {
		return
	}
	v.check(q.Limit >= 0, "Quota.Limit", "a quota is not negative", "")
	offsets := map[string]int{"DAY": 0, "WEEK": 6, "MONTH": 27}
	highest, ok := offsets[q.Period]
	v.check(ok, "Quota.Period", "a quota's period is DAY, WEEK or MONTH", "")
	v.check(!ok || q.Offset >= 0 && q.Offset <= highest, "Quota.Offset", fmt.Sprintf("the offset of a quota by %s is 0 to %d", q.Period, highest), "")
}

func (v *validator) principals() {
	for i := range v.s.Users {
		u := &v.s.Users[i]
		v.enter(u.At, u.LogicalID, "Users[%d]", i)
		v.check(consists(u.Name, "+=,.@_-"), "Name", "a user's name is letters, digits and +=,.@_-", "")
		v.unique("user name", u.Name, "Name")
		v.check(u.ARN != "", "ARN", "the user has no ARN", "")
		v.policies(u.Policies)
		for j := range u.AccessKeys {
			v.accessKey(u, &u.AccessKeys[j], fmt.Sprintf("Users[%d].AccessKeys[%d]", i, j))
		}
	}
	for i := range v.s.Roles {
		r := &v.s.Roles[i]
		v.enter(r.At, r.LogicalID, "Roles[%d]", i)
		v.check(consists(r.Name, "+=,.@_-"), "Name", "a role's name is letters, digits and +=,.@_-", "")
		v.unique("role name", r.Name, "Name")
		v.check(r.ARN != "", "ARN", "the role has no ARN", "")
		v.check(r.MaxDuration == 0 || r.MaxDuration >= time.Hour && r.MaxDuration <= 12*time.Hour, "MaxDuration", "a role's sessions last one to twelve hours", "")
		v.policies(r.Policies)
	}
}

func (v *validator) accessKey(u *User, k *AccessKey, path string) {
	v.enter(k.At, k.LogicalID, "%s", path)
	v.check(consists(k.ID, "") && len(k.ID) >= 16, "ID", "an access key id is at least 16 letters and digits", "AKIA…")
	v.check(k.Secret != "", "Secret", "the access key of "+u.Name+" has no secret", "")
	v.unique("access key id", k.ID, "ID")
}

func (v *validator) policies(policies []Policy) {
	for i, p := range policies {
		v.check(p.Document != nil, fmt.Sprintf("Policies[%d].Document", i), "the policy "+p.Name+" has no document", "")
	}
}
