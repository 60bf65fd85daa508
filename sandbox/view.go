package sandbox

import (
	"bytes"
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed view.html
var viewPage string

// The page shows so many of a list, and so much of a value: it is for looking, not for copying.
const (
	viewRows     = 100
	viewRequests = 50
	viewText     = 300
)

// view is the page for people at /, as [Config.Page] asks for it. It is read when it is asked for.
type view struct {
	Account  string
	Age      time.Duration
	Stats    Stats
	Statuses []viewCount
	Faults   []viewCount

	Services []viewService
	Service  string // whose channels are shown
	Channels []viewChannel
	Channel  *viewChannel
	Members  []viewMember
	Requests []viewRequest

	Live                      bool
	Refreshing, Still         string // addresses of this page
	MoreChannels, MoreMembers string // of the next ones; empty: there are none
}

type viewCount struct {
	Name, Class string
	Count       int
}

type viewService struct {
	SID, Name, Link                 string
	Channels, Members, Users, Roles int
	Here                            bool
}

type viewChannel struct {
	SID, Name, Unique, Friendly, Kind, Created, Link string
	Members                                          int
	Here                                             bool
}

type viewMember struct {
	Identity, SID, Role, Index, Read, Created, Updated, Attributes string
}

type viewRequest struct {
	At, Method, Path, Sent, Answer, Class, Fault string
}

// viewing reports whether the request is for the page, and not for the API.
func (s *Server) viewing(req *http.Request) bool {
	return s.view != nil && req.URL.Path == "/" && (req.Method == http.MethodGet || req.Method == http.MethodHead)
}

// serveView answers with the page. It asks for no credentials and shows none; so that no other site's script reads it
// through a name of its own that leads to this machine, it answers to this machine's names alone.
func (s *Server) serveView(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if !localHost(req.Host) {
		http.Error(w, "this page is shown under this machine's own names only, such as 127.0.0.1", http.StatusMisdirectedRequest)
		return
	}
	var page bytes.Buffer
	if err := s.view.Execute(&page, s.look(req.URL.Query())); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes()) // the browser is gone: nobody is left to tell
}

func localHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func newView() (*template.Template, error) { return template.New("view").Parse(viewPage) }

// look reads what the page shows.
func (s *Server) look(query url.Values) *view {
	v := &view{
		Account: s.account, Age: time.Since(s.started).Round(time.Second), Stats: s.Stats(), Live: query.Get("live") != "",
	}
	v.Refreshing, v.Still = address(query, "live", "1"), address(query, "live", "")
	v.count()
	s.mu.RLock()
	services := slices.Clone(s.serviceList.items)
	s.mu.RUnlock()
	wanted := query.Get("service")
	if wanted == "" && len(services) > 0 {
		wanted = services[0].item.sid
	}
	for _, n := range services {
		shown := n.item.look(query)
		if shown.Here = shown.SID == wanted; shown.Here {
			v.Service = wanted
			v.lookAtChannels(n.item, query)
		}
		v.Services = append(v.Services, shown)
	}
	v.lookAtRequests(s.Requests())
	return v
}

// address is this page's with one parameter changed, and without those places in lists that no longer fit.
func address(query url.Values, name, value string, without ...string) string {
	changed := url.Values{}
	for _, key := range []string{"service", "channel", "channels", "members", "live"} {
		if query.Get(key) != "" && !slices.Contains(without, key) {
			changed.Set(key, query.Get(key))
		}
	}
	if changed.Set(name, value); value == "" {
		changed.Del(name)
	}
	return "/?" + changed.Encode()
}

func (v *view) count() {
	for status, n := range v.Stats.Statuses {
		shown := viewCount{strconv.Itoa(status), statusClass(status), n}
		if status == 0 {
			shown.Name = "no answer"
		}
		v.Statuses = append(v.Statuses, shown)
	}
	for name, n := range v.Stats.Faults {
		v.Faults = append(v.Faults, viewCount{name, "", n})
	}
	for _, list := range [][]viewCount{v.Statuses, v.Faults} {
		slices.SortFunc(list, func(a, b viewCount) int { return strings.Compare(a.Name, b.Name) })
	}
}

func statusClass(status int) string {
	switch {
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return "good"
	case status == 0 || status >= http.StatusInternalServerError:
		return "bad"
	}
	return "warn"
}

func (v *service) look(query url.Values) viewService {
	v.mu.RLock()
	shown := viewService{
		SID: v.sid, Name: v.settings.friendlyName, Channels: len(v.channels), Users: len(v.users), Roles: len(v.roles),
		Link: address(query, "service", v.sid, "channel", "channels", "members"),
	}
	channels := slices.Clone(v.channelList.items)
	v.mu.RUnlock()
	for _, n := range channels {
		n.item.mu.RLock()
		shown.Members += len(n.item.members)
		n.item.mu.RUnlock()
	}
	return shown
}

func (v *view) lookAtChannels(in *service, query url.Values) {
	in.mu.RLock()
	items, _, after := in.channelList.window(place(query, "channels"), viewRows, nil)
	open := in.channels[query.Get("channel")]
	in.mu.RUnlock()
	for _, n := range items {
		shown := n.item.look(query)
		shown.Here = n.item == open
		v.Channels = append(v.Channels, shown)
	}
	if after {
		v.MoreChannels = address(query, "channels", strconv.FormatUint(items[len(items)-1].number, 10), "channel", "members")
	}
	if open != nil {
		v.Channel = new(open.look(query))
		v.lookAtMembers(open, query)
	}
}

// place is where a list goes on: behind the item with the number.
func place(query url.Values, list string) cursor {
	n, err := strconv.ParseUint(query.Get(list), 10, 64)
	if err != nil {
		return cursor{}
	}
	return cursor{number: n}
}

func (ch *channel) look(query url.Values) viewChannel {
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	shown := viewChannel{
		SID: ch.sid, Name: ch.sid, Unique: ch.info.uniqueName, Friendly: ch.info.friendlyName, Kind: ch.kind,
		Created: day(ch.info.dateCreated), Members: len(ch.members), Link: address(query, "channel", ch.sid, "members"),
	}
	if shown.Unique != "" {
		shown.Name = shown.Unique
	}
	return shown
}

func (v *view) lookAtMembers(ch *channel, query url.Values) {
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	items, _, after := ch.list.window(place(query, "members"), viewRows, nil)
	for _, n := range items {
		m := n.item
		shown := viewMember{
			Identity: m.user.identity, SID: m.sid, Role: m.roleSID, Read: day(m.read), Created: day(m.created),
			Updated: day(m.updated), Attributes: shortened(m.attributes),
		}
		if m.index != noIndex {
			shown.Index = strconv.FormatInt(m.index, 10)
		}
		v.Members = append(v.Members, shown)
	}
	if after {
		v.MoreMembers = address(query, "members", strconv.FormatUint(items[len(items)-1].number, 10))
	}
}

// lookAtRequests shows the last requests, the newest first. Of their headers, which hold credentials, none is shown.
func (v *view) lookAtRequests(requests []Request) {
	for _, r := range slices.Backward(requests) {
		if len(v.Requests) == viewRequests {
			return
		}
		shown := viewRequest{
			At: r.At.UTC().Format("15:04:05.000"), Method: r.Method, Path: r.Path, Sent: shortened(sentForm(r.Body)),
			Answer: strconv.Itoa(r.Status), Class: statusClass(r.Status), Fault: r.Fault,
		}
		if r.Query != "" {
			shown.Path += "?" + r.Query
		}
		switch {
		case !r.Done:
			shown.Answer, shown.Class = "…", ""
		case r.Status == 0:
			shown.Answer = "none"
		}
		v.Requests = append(v.Requests, shown)
	}
}

// sentForm is a form as a person reads it.
func sentForm(body []byte) string {
	f, ok := appendForm(nil, string(body))
	if !ok {
		return string(body)
	}
	pairs := make([]string, len(f))
	for i, p := range f {
		pairs[i] = p.name + "=" + p.value
	}
	return strings.Join(pairs, "  ")
}

func shortened(text string) string {
	if len(text) > viewText {
		text = text[:viewText] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// day is a date as the page shows it; empty: null.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
