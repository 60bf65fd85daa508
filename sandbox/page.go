package sandbox

import (
	"net/url"
	"strconv"
	"strings"
)

// The page sizes that the OpenAPI description gives: 50 unless asked for, 100 at most; a user's channels 50 at most.
const (
	defaultPageSize    = 50
	maxPageSize        = 100
	maxUserChannelPage = 50
)

// cursor is a place between two items of a list: behind the one with the number, or before it.
type cursor struct {
	number uint64
	back   bool
}

// pageRequest is what a list request asks for. The place is in the token alone; the page's number "is simply for
// client state", as the OpenAPI description says.
type pageRequest struct {
	size int
	page int
	at   cursor
}

func (x *exchange) pageRequest(most int) (pageRequest, *apiError) {
	r := pageRequest{size: defaultPageSize}
	if text, given := x.query.lookup("PageSize"); given {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return r, badRequest(codeParameter, "Invalid PageSize: expected an integer from 1 to "+strconv.Itoa(most))
		}
		if n > most {
			return r, badRequest(codePageSize, "Page size too large: at most "+strconv.Itoa(most))
		}
		r.size = n
	}
	if text, given := x.query.lookup("Page"); given {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return r, badRequest(codeParameter, "Invalid Page: expected an integer from 0")
		}
		r.page = n
	}
	if text, given := x.query.lookup("PageToken"); given && text != "" {
		at, ok := parseToken(text)
		if !ok {
			return r, badRequest(codeParameter, "Invalid PageToken: expected one that the API gave")
		}
		r.at = at
	}
	return r, nil
}

// A token is PA and a number, behind which the page begins, or PB and one before which it ends.
const tokenAfter, tokenBefore = "PA", "PB"

func (c cursor) token() string {
	prefix := tokenAfter
	if c.back {
		prefix = tokenBefore
	}
	return prefix + strconv.FormatUint(c.number, 36)
}

func parseToken(text string) (cursor, bool) {
	digits, back := strings.CutPrefix(text, tokenBefore)
	if !back {
		var after bool
		if digits, after = strings.CutPrefix(text, tokenAfter); !after {
			return cursor{}, false
		}
	}
	n, err := strconv.ParseUint(digits, 36, 64)
	return cursor{n, back}, err == nil
}

// pageOf writes one page of a list: its items under key, and the meta that leads to the pages beside it.
func pageOf[T any](x *exchange, key string, r pageRequest, items []numbered[T], before, after bool,
	write func(out []byte, item T) []byte,
) []byte {
	o := openObject(x.out)
	x.writeMeta(&o, key, r, tokens(r.at, items, before, after))
	o.key(key)
	o.out = append(o.out, '[')
	for i, n := range items {
		if i > 0 {
			o.out = append(o.out, ',')
		}
		o.out = write(o.out, n.item)
	}
	o.out = append(o.out, ']')
	return o.close()
}

// neighbours holds the tokens of the pages on either side; empty: there is none.
type neighbours struct{ previous, next string }

// tokens gives those of the page at the place. One whose items are gone lies between its neighbours all the same.
func tokens[T any](at cursor, items []numbered[T], before, after bool) (n neighbours) {
	first, last := at.number+1, at.number
	switch {
	case len(items) > 0:
		first, last = items[0].number, items[len(items)-1].number
	case at.back:
		first, last = at.number, at.number-1
	}
	if before {
		n.previous = cursor{first, true}.token()
	}
	if after {
		n.next = cursor{last, false}.token()
	}
	return n
}

func (x *exchange) writeMeta(o *object, key string, r pageRequest, n neighbours) {
	o.key("meta")
	m := openObject(o.out)
	m.integer("page", int64(r.page))
	m.integer("page_size", int64(r.size))
	m.text("first_page_url", x.pageURL(r.size, 0, ""))
	m.optional("previous_page_url", x.neighbourURL(r.size, r.page-1, n.previous))
	token, _ := x.query.lookup("PageToken")
	m.text("url", x.pageURL(r.size, r.page, token))
	m.optional("next_page_url", x.neighbourURL(r.size, r.page+1, n.next))
	m.text("key", key)
	o.out = m.close()
}

func (x *exchange) neighbourURL(size, page int, token string) string {
	if token == "" {
		return ""
	}
	return x.pageURL(size, max(page, 0), token)
}

// pageURL is the absolute address of a page of this list, with the filters that this request has.
func (x *exchange) pageURL(size, page int, token string) string {
	var b strings.Builder
	b.WriteString(x.base)
	b.WriteString(x.path)
	b.WriteByte('?')
	for _, p := range x.query {
		if p.name == "PageSize" || p.name == "Page" || p.name == "PageToken" {
			continue
		}
		b.WriteString(url.QueryEscape(p.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p.value))
		b.WriteByte('&')
	}
	b.WriteString("PageSize=")
	b.WriteString(strconv.Itoa(size))
	b.WriteString("&Page=")
	b.WriteString(strconv.Itoa(page))
	if token != "" {
		b.WriteString("&PageToken=")
		b.WriteString(url.QueryEscape(token))
	}
	return b.String()
}
