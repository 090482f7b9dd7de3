package datasource

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeDynamo answers the calls that Sync makes.
type fakeDynamo struct {
	mu     sync.Mutex
	tables map[string]json.RawMessage // CreateTable requests by name
	calls  []string
	noTTL  bool
}

func (f *fakeDynamo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, _ := io.ReadAll(r.Body)
	var in struct{ TableName string }
	_ = json.Unmarshal(body, &in)
	f.calls = append(f.calls, op+" "+in.TableName)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	switch {
	case op == "DescribeTable" && f.tables[in.TableName] == nil:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}`)
	case op == "DescribeTable":
		var made struct{ KeySchema json.RawMessage }
		_ = json.Unmarshal(f.tables[in.TableName], &made)
		fmt.Fprintf(w, `{"Table":{"TableName":%q,"TableStatus":"ACTIVE","KeySchema":%s}}`, in.TableName, made.KeySchema)
	case op == "CreateTable":
		f.tables[in.TableName] = body
		fmt.Fprint(w, `{}`)
	case op == "UpdateTimeToLive" && f.noTTL:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`)
	default:
		fmt.Fprint(w, `{}`)
	}
}

func serveFake(t *testing.T, f *fakeDynamo) string {
	t.Helper()
	if f.tables == nil {
		f.tables = map[string]json.RawMessage{}
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func chatTable() spec.Table {
	return spec.Table{LogicalID: "Chat", Name: "chat", TTLAttribute: "expires",
		Attributes: []spec.Attribute{{Name: "room", Type: "S"}, {Name: "id", Type: "S"}, {Name: "at", Type: "N"}},
		Keys:       []spec.Key{{Name: "room", Type: "HASH"}, {Name: "id", Type: "RANGE"}},
		Global:     []spec.Index{{Name: "byId", Keys: []spec.Key{{Name: "id", Type: "HASH"}}, Projection: "INCLUDE", NonKey: []string{"room"}}},
		Local:      []spec.Index{{Name: "byTime", Keys: []spec.Key{{Name: "room", Type: "HASH"}, {Name: "at", Type: "RANGE"}}, Projection: "ALL"}}}
}

func TestAbsentTablesAreCreated(t *testing.T) {
	t.Parallel()
	for _, noTTL := range []bool{false, true} {
		f := &fakeDynamo{noTTL: noTTL}
		d, err := Open(t.Context(), Options{Tables: []spec.Table{chatTable()}, Endpoint: serveFake(t, f), Region: "us-east-1"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Sync(t.Context(), []spec.Table{chatTable()}); err != nil {
			t.Fatal(err)
		}
		want := []string{"DescribeTable chat", "CreateTable chat", "DescribeTable chat", "UpdateTimeToLive chat", "DescribeTable chat"}
		if diff := cmp.Diff(want, f.calls); diff != "" {
			t.Errorf("noTTL=%v: %s", noTTL, diff)
		}
		var made map[string]any
		if err := json.Unmarshal(f.tables["chat"], &made); err != nil {
			t.Fatal(err)
		}
		for _, member := range []string{"KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
			if made[member] == nil {
				t.Errorf("CreateTable lacks %s", member)
			}
		}
		if err := d.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestATableOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	f := &fakeDynamo{tables: map[string]json.RawMessage{"chat": json.RawMessage(`{"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}`)}}
	_, err := Open(t.Context(), Options{Tables: []spec.Table{chatTable()}, Endpoint: serveFake(t, f), Region: "us-east-1"})
	if err == nil || !strings.Contains(err.Error(), "pk HASH") || !strings.Contains(err.Error(), "hint:") {
		t.Errorf("got %v", err)
	}
}

func TestNoEngineSaysHowToGetOne(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), Options{Tables: []spec.Table{chatTable()}, Path: t.TempDir(), RuntimeDir: t.TempDir(), Dir: t.TempDir()})
	if !errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), "npm install") {
		t.Errorf("got %v", err)
	}
}
