package sandbox_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fields is the table of testdata/fields.txt: a kind for each resource and field.
type fields map[string]map[string]string

func readFields(t *testing.T) fields {
	t.Helper()
	text, err := os.ReadFile("testdata/fields.txt")
	require.NoError(t, err)
	table := fields{}
	for full := range strings.Lines(string(text)) {
		line, _, _ := strings.Cut(full, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		require.Len(t, words, 3, "%s", full)
		if table[words[0]] == nil {
			table[words[0]] = map[string]string{}
		}
		table[words[0]][words[1]] = words[2]
	}
	require.Len(t, table["member"], 12)
	return table
}

// check returns what is wrong with a value that should be the resource.
func (f fields) check(resource string, value any) (problems []string) {
	object, isObject := value.(map[string]any)
	if !isObject {
		return []string{fmt.Sprintf("%s is %T", resource, value)}
	}
	for name, kind := range f[resource] {
		v, there := object[name]
		if !there {
			problems = append(problems, resource+"."+name+" is missing")
		} else if !f.is(kind, v) {
			problems = append(problems, fmt.Sprintf("%s.%s is %v, no %s", resource, name, v, kind))
		}
	}
	for name := range object {
		if f[resource][name] == "" {
			problems = append(problems, resource+"."+name+" is not documented")
		}
	}
	return problems
}

func (f fields) is(kind string, v any) bool {
	kind, nullable := strings.CutSuffix(kind, "?")
	if v == nil {
		return nullable
	}
	if object, isObject := strings.CutPrefix(kind, "@"); isObject {
		return len(f.check(object, v)) == 0
	}
	switch kind {
	case "integer":
		n, isNumber := v.(float64)
		return isNumber && n >= 0 && n == math.Trunc(n)
	case "boolean":
		_, isBool := v.(bool)
		return isBool
	case "texts":
		return isTexts(v)
	}
	text, isText := v.(string)
	return isText && isTextOf(kind, text)
}

func isTexts(v any) bool {
	list, isList := v.([]any)
	return isList && !slices.ContainsFunc(list, func(v any) bool {
		_, isText := v.(string)
		return !isText
	})
}

func isTextOf(kind, text string) bool {
	switch {
	case kind == "text":
		return true
	case kind == "json":
		return json.Valid([]byte(text))
	case kind == "date":
		t, err := time.Parse(time.RFC3339Nano, text)
		return err == nil && strings.HasSuffix(text, "Z") && !t.IsZero()
	case kind == "url":
		u, err := url.Parse(text)
		return err == nil && u.Scheme != "" && u.Host != ""
	case strings.Contains(kind, "|"):
		return slices.Contains(strings.Split(kind, "|"), text)
	default:
		return regexp.MustCompile("^" + kind + "[0-9a-fA-F]{32}$").MatchString(text)
	}
}

var (
	requestID = regexp.MustCompile(`^RQ[0-9a-f]{32}$`)
	number    = regexp.MustCompile(`^[0-9]+$`)
)

// conforms checks an answer to a request against the table.
func (f fields) conforms(t *testing.T, method, target string, a answer) {
	t.Helper()
	assert.Regexp(t, requestID, a.header.Get("Twilio-Request-Id"))
	assert.Regexp(t, number, a.header.Get("Twilio-Concurrent-Requests"))
	for _, name := range []string{"Origin", "Methods", "Headers"} {
		assert.NotEmpty(t, a.header.Get("Access-Control-Allow-"+name))
	}
	if a.status == http.StatusNoContent {
		assert.Equal(t, http.MethodDelete, method)
		assert.Empty(t, a.body)
		return
	}
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	object := a.object(t)
	if a.status >= 400 {
		delete(object, "detail") // of a 401
		assert.Empty(t, f.check("error", object))
		assert.InDelta(t, a.status, object["status"], 0)
		return
	}
	resource, isList := resourceOf(method, target)
	if !isList {
		assert.Empty(t, f.check(resource, object))
		return
	}
	assert.Empty(t, f.check("meta", object["meta"]))
	meta, _ := object["meta"].(map[string]any)
	key, _ := meta["key"].(string)
	items, ok := object[key].([]any)
	require.True(t, ok, "%s", a.body)
	assert.Len(t, object, 2)
	for _, item := range items {
		assert.Empty(t, f.check(resource, item))
	}
}

// resourceOf says what a request's answer is, by its path.
func resourceOf(method, target string) (resource string, isList bool) {
	path, _, _ := strings.Cut(target, "?")
	segments := strings.Split(strings.TrimPrefix(path, "/v2/"), "/")
	last := segments[(len(segments)-1)/2*2] // the last that names a kind
	resource = strings.ToLower(strings.TrimSuffix(last, "s"))
	if len(segments) > 3 && segments[2] == "Users" && last == "Channels" {
		resource = "user-channel"
	}
	return resource, len(segments)%2 == 1 && method == http.MethodGet
}
