package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// form is a body or a query in the encoding application/x-www-form-urlencoded, in the order in which it was sent.
type form []parameter

type parameter struct{ name, value string }

// appendForm appends the parameters that text holds. It takes what a lenient server takes, and reports false only for
// text that is not percent-encoded as it should be.
func appendForm(f form, text string) (form, bool) {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return f, false
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return f, false
		}
		f = append(f, parameter{name, value})
	}
	return f, true
}

// lookup returns the last value of the name.
func (f form) lookup(name string) (string, bool) {
	for _, p := range slices.Backward(f) {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// required returns the last value of a name that the operation cannot do without. An empty one is none.
func (f form) required(name string) (string, *apiError) {
	value, _ := f.lookup(name)
	if value == "" {
		return "", missing(name)
	}
	return value, nil
}

// all returns every value of the name, as strings of their own, which keep no body alive.
func (f form) all(name string) []string {
	var values []string
	for i := range f {
		if f[i].name == name {
			values = append(values, strings.Clone(f[i].value))
		}
	}
	return values
}

// only refuses parameters that the operation does not take.
func (f form) only(names []string) *apiError {
	for i := range f {
		if !slices.Contains(names, f[i].name) {
			return badRequest(codeParameter, "Unknown parameter "+f[i].name+" in the post body")
		}
	}
	return nil
}
