package identity_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

var (
	forbidden     = public{"ForbiddenException", 403, "Forbidden"}
	tooMany       = public{"TooManyRequestsException", 429, "Too Many Requests"}
	limitExceeded = public{"LimitExceededException", 429, "Limit Exceeded"}
)

func keyedStack(t *testing.T) *spec.Spec {
	s := stack(t)
	s.APIKeys = []spec.APIKey{
		{LogicalID: "Good", ID: "k1", Value: "sEcReT/good", Enabled: true},
		{LogicalID: "Off", ID: "k2", Value: "sEcReT/off"},
		{LogicalID: "Lone", ID: "k3", Value: "sEcReT/lone", Enabled: true},
		{LogicalID: "Empty", ID: "k4", Enabled: true},
		{LogicalID: "Slow", ID: "k5", Value: "sEcReT/slow", Enabled: true},
		{LogicalID: "Few", ID: "k6", Value: "sEcReT/few", Enabled: true},
		{LogicalID: "Slower", ID: "k7", Value: "sEcReT/slower", Enabled: true},
	}
	stages := []spec.PlanStage{{APIID: "abc123", Stage: "prod"}}
	s.UsagePlans = []spec.UsagePlan{
		{LogicalID: "Open", ID: "p1", KeyIDs: []string{"k1", "k2", "k4"}, Stages: stages},
		{LogicalID: "Throttled", ID: "p2", KeyIDs: []string{"k5", "k7"}, Stages: stages, Throttle: spec.Throttle{Set: true, Rate: 2, Burst: 3}},
		{LogicalID: "Limited", ID: "p3", KeyIDs: []string{"k6"}, Stages: stages, Quota: spec.Quota{Limit: 3, Offset: 1, Period: "DAY"}},
	}
	return s
}

func TestAPIKey(t *testing.T) {
	t.Parallel()
	a := authenticator(t, keyedStack(t), &clock{start})
	k, err := a.APIKey("sEcReT/good", "abc123", "prod")
	if err != nil || k.LogicalID != "Good" {
		t.Errorf("%v, %v", k, err)
	}
	for _, tt := range []struct{ value, api, stage, reason string }{
		{"", "abc123", "prod", "has no API key"},
		{"sEcReT/gooe", "abc123", "prod", "no API key of the template has the value sent (11 bytes, sha256 "},
		{"sEcReT/good ", "abc123", "prod", "no API key of the template"},
		{"SECRET/GOOD", "abc123", "prod", "no API key of the template"},
		{strings.Repeat("k", 129), "abc123", "prod", "129 bytes"},
		{"sEcReT/off", "abc123", "prod", "API key Off is not enabled"},
		{"sEcReT/lone", "abc123", "prod", "in no usage plan"},
		{"sEcReT/good", "abc123", "dev", `holds stage "dev"`},
		{"sEcReT/good", "other", "prod", "of API other"},
	} {
		k, err := a.APIKey(tt.value, tt.api, tt.stage)
		checkRefusal(t, err, forbidden, tt.reason, tt.value)
		if k != nil {
			t.Errorf("%+v: gave a key", tt)
		}
	}
}

// uses makes n requests and gives how many were granted, and the last refusal.
func uses(a *identity.Authenticator, value string, n int) (granted int, last public) {
	for range n {
		_, err := a.APIKey(value, "abc123", "prod")
		if err == nil {
			granted++
			continue
		}
		last = publicOf(err)
	}
	return granted, last
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := &clock{start}
	a := authenticator(t, keyedStack(t), now)
	for _, step := range []struct {
		after   time.Duration
		granted int
	}{{0, 3}, {0, 0}, {499 * time.Millisecond, 0}, {time.Millisecond, 1}, {time.Hour, 3}, {-time.Hour, 0}} {
		now.now = now.now.Add(step.after)
		if got, last := uses(a, "sEcReT/slow", 10); got != step.granted || last != tooMany {
			t.Errorf("after %v: %d granted, want %d; %v", step.after, got, step.granted, last)
		}
	}
	if got, _ := uses(a, "sEcReT/slower", 10); got != 3 {
		t.Errorf("another key of the plan: %d granted, want its own 3", got)
	}
	a.Update(keyedStack(t))
	if got, _ := uses(a, "sEcReT/slower", 10); got != 0 {
		t.Errorf("a reload filled the bucket: %d", got)
	}
	a.Update(stack(t))
	a.Update(keyedStack(t))
	if got, _ := uses(a, "sEcReT/slower", 10); got != 3 {
		t.Errorf("a key that had gone kept its count: %d", got)
	}
}

func TestThrottleShapes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		t    spec.Throttle
		want int
	}{
		{spec.Throttle{}, 10}, {spec.Throttle{Rate: 1, Burst: 1}, 10}, {spec.Throttle{Set: true, Rate: 2.5}, 3},
		{spec.Throttle{Set: true}, 0}, {spec.Throttle{Set: true, Burst: 4}, 4},
	} {
		s := keyedStack(t)
		s.UsagePlans[1].Throttle = tt.t
		if got, _ := uses(authenticator(t, s, &clock{start}), "sEcReT/slow", 10); got != tt.want {
			t.Errorf("%+v: %d granted, want %d", tt.t, got, tt.want)
		}
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		period string
		from   string
		last   string // still the same period
		next   string
	}{
		{"DAY", "2026-03-04T05:06:07Z", "2026-03-04T23:59:59Z", "2026-03-05T00:00:00Z"},
		{"WEEK", "2026-03-04T05:06:07Z", "2026-03-07T23:59:59Z", "2026-03-08T00:00:00Z"}, // a Sunday
		{"MONTH", "2026-03-04T05:06:07Z", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"},
	} {
		s := keyedStack(t)
		s.UsagePlans[2].Quota.Period = tt.period
		now := &clock{moment(t, tt.from)}
		a := authenticator(t, s, now)
		if got, last := uses(a, "sEcReT/few", 5); got != 2 || last != limitExceeded {
			t.Errorf("%s: %d granted in the first, want 3 less the offset of 1; %v", tt.period, got, last)
		}
		now.now = moment(t, tt.last)
		if got, _ := uses(a, "sEcReT/few", 5); got != 0 {
			t.Errorf("%s: %d granted at the end", tt.period, got)
		}
		now.now = moment(t, tt.next)
		if got, _ := uses(a, "sEcReT/few", 5); got != 3 {
			t.Errorf("%s: %d granted in the next, want 3", tt.period, got)
		}
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestConcurrent verifies, authorizes, counts and reloads at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	a := authenticator(t, keyedStack(t), &clock{start})
	c := session(t, a, "")
	var wg sync.WaitGroup
	var granted sync.Map
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				who, err := verify(t, a, c, start)
				if err != nil {
					t.Error(err)
					return
				}
				if err := a.Authorize(who, call(manage, post)); err != nil {
					t.Error(err)
				}
				if err := a.Authorize(who, call(invoke, connect)); err == nil || err.Cause.Error() == "" {
					t.Error("not refused")
				}
				if _, err := a.APIKey("sEcReT/slow", "abc123", "prod"); err == nil {
					granted.Store([2]int{i, j}, true)
				}
				if i == 0 && j%10 == 0 {
					a.Update(keyedStack(t))
				}
			}
		})
	}
	wg.Wait()
	n := 0
	granted.Range(func(any, any) bool { n++; return true })
	if n != 3 {
		t.Errorf("%d granted, want the burst of 3", n)
	}
}
