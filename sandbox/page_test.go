package sandbox_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// page is one page of a list, as a client reads it.
type page struct {
	names          []string
	previous, next string
	meta           map[string]any
}

func readPage(t *testing.T, s *sandbox.Server, target, field string) page {
	t.Helper()
	a := get(s, target)
	require.Equal(t, 200, a.status, "%s: %s", target, a.body)
	readFields(t).conforms(t, "GET", strings.TrimPrefix(target, "http://example.com"), a)
	object := a.object(t)
	meta, _ := object["meta"].(map[string]any)
	p := page{meta: meta}
	key, _ := meta["key"].(string)
	items, _ := object[key].([]any)
	for _, item := range items {
		fields, _ := item.(map[string]any)
		p.names = append(p.names, fmt.Sprint(fields[field]))
	}
	p.previous, _ = meta["previous_page_url"].(string)
	p.next, _ = meta["next_page_url"].(string)
	return p
}

// walk follows the pages to the end and back.
func walk(t *testing.T, s *sandbox.Server, target, field string, between func()) (forth, back []string) {
	t.Helper()
	var last page
	for target != "" {
		last = readPage(t, s, target, field)
		forth = append(forth, last.names...)
		target = last.next
		between()
	}
	back = last.names
	for last.previous != "" {
		last = readPage(t, s, last.previous, field)
		back = append(slices.Clone(last.names), back...)
	}
	return forth, back
}

func manyMembers(t *testing.T, s *sandbox.Server, n int) (names []string) {
	t.Helper()
	for i := range n {
		names = append(names, fmt.Sprintf("m%03d", i))
		require.Equal(t, 201, post(s, members, "Identity", names[i]).status)
	}
	return names
}

func TestPages(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 7, 50, 100} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, sandbox.Config{})
			names := manyMembers(t, s, 100)
			forth, back := walk(t, s, fmt.Sprintf("%s?PageSize=%d", members, size), "identity", func() {})
			assert.Equal(t, names, forth)
			assert.Equal(t, names, back)
		})
	}
}

// Nothing is seen twice and nothing is missed while members are added and others are deleted.
func TestPagesStayWhileTheListChanges(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	names := manyMembers(t, s, 40)
	added := 0
	forth, _ := walk(t, s, members+"?PageSize=10", "identity", func() {
		if added < 4 {
			require.Equal(t, 204, del(s, members+"/"+names[added*2]).status)
			added++
			require.Equal(t, 201, post(s, members, "Identity", fmt.Sprintf("n%d", added)).status)
		}
	})
	assert.Equal(t, append(names, "n1", "n2", "n3", "n4"), forth)
}

// A page whose items were deleted since its token was given still leads to those on either side.
func TestAnEmptiedPageLeadsOn(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	names := manyMembers(t, s, 6)
	last := readPage(t, s, readPage(t, s, members+"?PageSize=3", "identity").next, "identity")
	toFirst, toLast := last.previous, readPage(t, s, last.previous, "identity").next

	for _, name := range names[3:] {
		require.Equal(t, 204, del(s, members+"/"+name).status)
	}
	emptied := readPage(t, s, toLast, "identity")
	assert.Empty(t, emptied.names)
	assert.Empty(t, emptied.next)
	require.NotEmpty(t, emptied.previous)
	assert.Equal(t, names[:3], readPage(t, s, emptied.previous, "identity").names)

	for _, name := range names[:3] {
		require.Equal(t, 204, del(s, members+"/"+name).status)
	}
	require.Equal(t, 201, post(s, members, "Identity", "late").status)
	emptied = readPage(t, s, toFirst, "identity")
	assert.Empty(t, emptied.names)
	assert.Empty(t, emptied.previous)
	require.NotEmpty(t, emptied.next)
	assert.Equal(t, []string{"late"}, readPage(t, s, emptied.next, "identity").names)
}

func TestMeta(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	manyMembers(t, s, 60)
	const base = "http://example.com" + members
	first := readPage(t, s, members, "identity")
	assert.Len(t, first.names, 50)
	assert.Equal(t, map[string]any{
		"page": 0.0, "page_size": 50.0, "key": "members", "previous_page_url": nil,
		"first_page_url": base + "?PageSize=50&Page=0", "url": base + "?PageSize=50&Page=0", "next_page_url": first.next,
	}, first.meta)
	assert.True(t, strings.HasPrefix(first.next, base+"?PageSize=50&Page=1&PageToken="), first.next)

	second := readPage(t, s, first.next, "identity")
	assert.Len(t, second.names, 10)
	assert.Empty(t, second.next)
	assert.Equal(t, first.next, second.meta["url"])
	assert.InDelta(t, 1, second.meta["page"], 0)
	assert.Equal(t, first.names, readPage(t, s, second.previous, "identity").names)

	empty := readPage(t, newServer(t, sandbox.Config{}), members, "identity")
	assert.Empty(t, empty.names)
	assert.Empty(t, empty.next)

	byPage := readPage(t, s, members+"?Page=1", "identity")
	assert.Equal(t, first.names, byPage.names, "the place is in the token; the page's number is for the client")
}

func TestPagesRefused(t *testing.T) {
	t.Parallel()
	var table []exchange
	for query, code := range map[string]string{
		"PageSize=101": "20007", "PageSize=0": "20001", "PageSize=-1": "20001", "PageSize=ten": "20001",
		"Page=-1": "20001", "Page=x": "20001", "PageToken=x": "20001", "PageToken=PA%21": "20001", "%zz": "20001",
	} {
		for _, list := range []string{members, channels, users, roles, services} {
			table = append(table, exchange{
				name: list + query, do: "GET " + list + "?" + query, status: 400, want: `{"code":` + code + `}`,
			})
		}
	}
	runTable(t, table)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	manyMembers(t, s, 20)
	wanted := url.Values{"Identity": {"m003", "m011", "M012", "m019"}, "PageSize": {"2"}}
	forth, back := walk(t, s, members+"?"+wanted.Encode(), "identity", func() {})
	assert.Equal(t, []string{"m003", "m011", "m019"}, forth)
	assert.Equal(t, forth, back)

	for i := range 6 {
		kind := []string{"public", "private"}[i%2]
		require.Equal(t, 201, post(s, channels, "UniqueName", fmt.Sprintf("%s%d", kind, i), "Type", kind).status)
	}
	for query, want := range map[string][]string{
		"?PageSize=2":                          {"<nil>", "public0", "public2", "public4"},
		"?PageSize=2&Type=private":             {"private1", "private3", "private5"},
		"?PageSize=2&Type=public&Type=private": {"<nil>", "public0", "private1", "public2", "private3", "public4", "private5"},
	} {
		forth, back := walk(t, s, channels+query, "unique_name", func() {})
		assert.Equal(t, want, forth, query)
		assert.Equal(t, want, back, query)
	}
	assert.Equal(t, 400, get(s, channels+"?Type=secret").status)
}
