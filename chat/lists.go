package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// MaxPageSize is how many items one page holds at most (the OpenAPI document; API version 1 allowed more).
const MaxPageSize = 100

// Page says which page of a list to read.
type Page struct {
	// Size is how many items a first page should hold, 1 to [MaxPageSize]; 0: the most.
	Size int

	// URL is the page's own URL, as the page before it named it; empty: the first page. It is followed only where it
	// leads to the host that the client was made for, for the credentials go with it.
	URL string
}

// ErrNotFollowed says that a page's URL leads elsewhere than to the API that the client was made for. Nothing was sent,
// and nothing will be, however often it is tried.
var ErrNotFollowed = errors.New("not followed")

// MemberPage is one page of a channel's members.
type MemberPage struct {
	Members []Resource
	Next    string // the next page's URL; empty: this is the last
}

// ChannelPage is one page of a Service's channels.
type ChannelPage struct {
	Channels []Channel
	Next     string // the next page's URL; empty: this is the last
}

// RolePage is one page of a Service's roles.
type RolePage struct {
	Roles []Role
	Next  string // the next page's URL; empty: this is the last
}

// ServicePage is one page of the account's Services.
type ServicePage struct {
	Services []Service
	Next     string // the next page's URL; empty: this is the last
}

// ListMembers returns one page of a channel's members. Any answer but 200 is an [*Error].
func (c *Client) ListMembers(ctx context.Context, service, channel string, page Page) (MemberPage, error) {
	members, next, err := list[Resource](ctx, c, "list members", page, listOf{key: "members", collection: "Members"},
		part{"v2/Services", service, "the Service's SID"}, part{"Channels", channel, "the channel's SID or unique name"})
	return MemberPage{Members: members, Next: next}, err
}

// ListChannels returns one page of a Service's channels, public and private. Any answer but 200 is an [*Error].
func (c *Client) ListChannels(ctx context.Context, service string, page Page) (ChannelPage, error) {
	// Without Type the API lists public channels alone (the OpenAPI document, ListChannel).
	channels, next, err := list[Channel](ctx, c, "list channels", page,
		listOf{key: "channels", collection: "Channels", query: "Type=public&Type=private&"},
		part{"v2/Services", service, "the Service's SID"})
	return ChannelPage{Channels: channels, Next: next}, err
}

// ListRoles returns one page of a Service's roles. Any answer but 200 is an [*Error].
func (c *Client) ListRoles(ctx context.Context, service string, page Page) (RolePage, error) {
	roles, next, err := list[Role](ctx, c, "list roles", page, listOf{key: "roles", collection: "Roles"},
		part{"v2/Services", service, "the Service's SID"})
	return RolePage{Roles: roles, Next: next}, err
}

// ListServices returns one page of the account's Services. Any answer but 200 is an [*Error].
func (c *Client) ListServices(ctx context.Context, page Page) (ServicePage, error) {
	services, next, err := list[Service](ctx, c, "list services", page, listOf{key: "services", collection: "v2/Services"})
	return ServicePage{Services: services, Next: next}, err
}

// resource is what a decoded answer must have: an id, without which it is no resource at all.
type resource interface{ id() string }

// part is a collection and the item in it that a path leads through.
type part struct{ collection, item, name string }

// appendPath appends the path that leads through parts.
func appendPath(dst []byte, parts []part) ([]byte, error) {
	for _, p := range parts {
		if err := CheckPathSegment(p.item); err != nil {
			return dst, fmt.Errorf("%s: %w", p.name, err)
		}
		dst = append(append(append(dst, '/'), p.collection...), '/')
		dst = appendSegment(dst, p.item)
	}
	return dst, nil
}

// fetch reads one resource.
func fetch[T resource](ctx context.Context, c *Client, op string, parts ...part) (T, error) {
	r := newCall(op, http.MethodGet, reading, http.StatusOK, maxAnswer)
	defer r.free()
	var out, none T
	var err error
	if r.path, err = appendPath(append(r.path, c.basePath...), parts); err != nil {
		return none, r.fail(err)
	}
	x, err := c.do(ctx, r)
	if err != nil {
		return none, err
	}
	defer c.release(&x)
	if err := json.Unmarshal(x.body, &out); err != nil {
		return none, c.misread(r, &x, fmt.Errorf("understand the answer: %w", err))
	}
	if out.id() == "" {
		return none, c.misread(r, &x, errNoSID)
	}
	return out, nil
}

// listOf says what a list's pages look like.
type listOf struct {
	key        string // of the items in a page
	collection string // the path's last part
	query      string // ends in "&" unless empty
}

// list reads one page of a list, and returns the next page's URL.
func list[T resource](ctx context.Context, c *Client, op string, page Page, l listOf, parts ...part) ([]T, string, error) {
	r := newCall(op, http.MethodGet, reading, http.StatusOK, maxPage)
	defer r.free()
	var err error
	r.path, err = appendPath(append(r.path, c.basePath...), parts)
	r.path = append(append(r.path, '/'), l.collection...)
	if err != nil {
		return nil, "", r.fail(err)
	}
	if err := c.choosePage(r, page, l.query); err != nil {
		return nil, "", r.fail(err)
	}
	x, err := c.do(ctx, r)
	if err != nil {
		return nil, "", err
	}
	defer c.release(&x)
	items, next, err := decodePage[T](x.body, l.key)
	if err != nil {
		return nil, "", c.misread(r, &x, err)
	}
	return items, next, nil
}

// choosePage sets the query of a first page, or the path and query of a page whose URL is known.
func (c *Client) choosePage(r *call, page Page, query string) error {
	if page.URL != "" {
		return c.follow(r, page.URL)
	}
	size := page.Size
	if size == 0 {
		size = MaxPageSize
	}
	if size < 0 || size > MaxPageSize {
		return fmt.Errorf("a page of %d items: expected 1 to %d", size, MaxPageSize)
	}
	r.query = query + "PageSize=" + strconv.Itoa(size)
	return nil
}

// follow sets r's path and query to those of a page's URL, if it leads to the client's own host.
func (c *Client) follow(r *call, next string) error {
	u, err := url.Parse(next)
	if err != nil {
		return fmt.Errorf("%w: the next page's URL cannot be parsed", ErrNotFollowed)
	}
	if u.User != nil || u.Opaque != "" || u.Scheme != c.scheme || !c.sameHost(u) {
		return fmt.Errorf("the next page is at %s://%s: %w, for the credentials are for %s://%s",
			u.Scheme, u.Host, ErrNotFollowed, c.scheme, c.host)
	}
	if !strings.HasPrefix(u.EscapedPath(), c.basePath+"/v2/") || checkPath(u.EscapedPath()) != nil {
		return fmt.Errorf("%w: the next page's path %q is none of the API's", ErrNotFollowed, u.EscapedPath())
	}
	r.path, r.query = append(r.path[:0], u.EscapedPath()...), u.RawQuery
	return nil
}

// sameHost compares hosts with their ports, a scheme's own port written out or not.
func (c *Client) sameHost(u *url.URL) bool {
	mine := url.URL{Scheme: c.scheme, Host: c.host}
	return strings.EqualFold(u.Hostname(), mine.Hostname()) && portOf(u) == portOf(&mine)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// decodePage reads a page: its items, under key, and meta.next_page_url.
func decodePage[T resource](body []byte, key string) ([]T, string, error) {
	var fields map[string]json.RawMessage
	var items []T
	var meta *struct {
		Next string `json:"next_page_url"`
	}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, "", fmt.Errorf("understand the answer: %w", err)
	}
	for name, to := range map[string]any{"meta": &meta, key: &items} {
		if fields[name] == nil {
			return nil, "", fmt.Errorf("the answer is no page of %s: it holds no %q", key, name)
		}
		if err := json.Unmarshal(fields[name], to); err != nil {
			return nil, "", fmt.Errorf("understand the page's %s: %w", name, err)
		}
	}
	if meta == nil || items == nil {
		return nil, "", fmt.Errorf("the answer is no page of %s: its meta or its %s are null", key, key)
	}
	for _, item := range items {
		if item.id() == "" {
			return nil, "", errNoSID
		}
	}
	return items, meta.Next, nil
}
