package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// resource is what a path names.
type resource uint8

const (
	nothing resource = iota
	theServices
	aService
	theRoles
	aRole
	theChannels
	aChannel
	theMembers
	aMember
	theUsers
	aUser
	theUserChannels
	aUserChannel
)

// operation is one method on one resource, as the OpenAPI description lists them.
type operation struct {
	name     string
	resource resource
	method   string
	success  int
	webhook  bool // takes X-Twilio-Webhook-Enabled
	run      func(*Server, *exchange) *apiError
}

func (o *operation) writes() bool { return o.method != http.MethodGet }

func (o *operation) onMembers() bool { return o.resource == theMembers || o.resource == aMember }

const (
	get    = http.MethodGet
	post   = http.MethodPost
	remove = http.MethodDelete

	ok      = http.StatusOK
	created = http.StatusCreated
	gone    = http.StatusNoContent
)

// operations is the whole API that is served.
var operations = [...]operation{
	{"create member", theMembers, post, created, true, inChannel((*Server).createMember)},
	{"fetch member", aMember, get, ok, false, inChannel((*Server).fetchMember)},
	{"list members", theMembers, get, ok, false, inChannel((*Server).listMembers)},
	{"update member", aMember, post, ok, true, inChannel((*Server).updateMember)},
	{"delete member", aMember, remove, gone, true, inChannel((*Server).deleteMember)},

	{"create service", theServices, post, created, false, (*Server).createService},
	{"fetch service", aService, get, ok, false, inService((*Server).fetchService)},
	{"list services", theServices, get, ok, false, (*Server).listServices},
	{"update service", aService, post, ok, false, inService((*Server).updateService)},
	{"delete service", aService, remove, gone, false, inService((*Server).deleteService)},

	{"create role", theRoles, post, created, false, inService((*Server).createRole)},
	{"fetch role", aRole, get, ok, false, inService((*Server).fetchRole)},
	{"list roles", theRoles, get, ok, false, inService((*Server).listRoles)},
	{"update role", aRole, post, ok, false, inService((*Server).updateRole)},
	{"delete role", aRole, remove, gone, false, inService((*Server).deleteRole)},

	{"create channel", theChannels, post, created, true, inService((*Server).createChannel)},
	{"fetch channel", aChannel, get, ok, false, inChannel((*Server).fetchChannel)},
	{"list channels", theChannels, get, ok, false, inService((*Server).listChannels)},
	{"update channel", aChannel, post, ok, true, inChannel((*Server).updateChannel)},
	{"delete channel", aChannel, remove, gone, true, inChannel((*Server).deleteChannel)},

	{"create user", theUsers, post, created, true, inService((*Server).createUser)},
	{"fetch user", aUser, get, ok, false, inService((*Server).fetchUser)},
	{"list users", theUsers, get, ok, false, inService((*Server).listUsers)},
	{"update user", aUser, post, ok, true, inService((*Server).updateUser)},
	{"delete user", aUser, remove, gone, false, inService((*Server).deleteUser)},

	{"fetch user channel", aUserChannel, get, ok, false, inUserChannel((*Server).fetchUserChannel)},
	{"list user channels", theUserChannels, get, ok, false, inService((*Server).listUserChannels)},
	{"update user channel", aUserChannel, post, ok, false, inUserChannel((*Server).updateUserChannel)},
	{"delete user channel", aUserChannel, remove, gone, true, inUserChannel((*Server).deleteUserChannel)},
}

// route finds the operation and decodes the path's segments, each exactly once.
func (x *exchange) route() *apiError {
	var segments [8]string
	n, ok := split(x.path, &segments)
	if !ok {
		return x.missing()
	}
	kind := x.locate(segments[:n])
	if kind == nothing {
		return x.missing()
	}
	for i := range operations {
		if operations[i].resource == kind && operations[i].method == x.req.Method {
			x.op, x.opIndex = &operations[i], i
			return nil
		}
	}
	return &apiError{
		status: http.StatusMethodNotAllowed, code: codeMethod,
		message: "Method not allowed: " + x.req.Method + " on " + x.below(),
	}
}

// split decodes the segments of an escaped path.
func split(path string, into *[8]string) (int, bool) {
	path, rooted := strings.CutPrefix(path, "/")
	if !rooted {
		return 0, false
	}
	for n := range into {
		segment, rest, more := strings.Cut(path, "/")
		segment, err := url.PathUnescape(segment)
		if err != nil || segment == "" {
			return 0, false
		}
		into[n] = segment
		if !more {
			return n + 1, true
		}
		path = rest
	}
	return 0, false
}

// locate says what the segments name and keeps the variable ones.
func (x *exchange) locate(p []string) resource {
	if len(p) < 2 || p[0] != "v2" || p[1] != "Services" {
		return nothing
	}
	x.names = [4]string{}
	for i := 2; i < len(p); i += 2 {
		x.names[i/2-1] = p[i]
	}
	switch len(p) {
	case 2:
		return theServices
	case 3:
		return aService
	case 4:
		return collection(p[3], theChannels, theRoles, theUsers)
	case 5:
		return collection(p[3], aChannel, aRole, aUser)
	case 6, 7:
		return within(p)
	}
	return nothing
}

func collection(name string, channel, role, user resource) resource {
	switch name {
	case "Channels":
		return channel
	case "Roles":
		return role
	case "Users":
		return user
	}
	return nothing
}

func within(p []string) resource {
	list := len(p) == 6
	switch {
	case p[3] == "Channels" && p[5] == "Members" && list:
		return theMembers
	case p[3] == "Channels" && p[5] == "Members":
		return aMember
	case p[3] == "Users" && p[5] == "Channels" && list:
		return theUserChannels
	case p[3] == "Users" && p[5] == "Channels":
		return aUserChannel
	}
	return nothing
}

// below is the path without the version, as the API's own messages name a resource.
func (x *exchange) below() string { return strings.TrimPrefix(x.path, "/v2") }

func (x *exchange) missing() *apiError {
	return &apiError{
		status: http.StatusNotFound, code: codeNotFound,
		message: "The requested resource " + x.below() + " was not found",
	}
}

func isForm(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}
