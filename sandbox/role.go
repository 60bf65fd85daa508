package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

type roleKind string

// A role is of one of two types: "channel" roles are members', "deployment" roles are users'.
const (
	channelKind    roleKind = "channel"
	deploymentKind roleKind = "deployment"
)

// role is a Role. It is replaced when it changes, never written to.
type role struct {
	sid          string
	friendlyName string
	kind         roleKind
	permissions  []string
	created      time.Time
	updated      time.Time
	number       uint64
}

const (
	defaultServiceRole = 1
	defaultCreatorRole = 2
	defaultChannelRole = 3

	maxRoleName = 64
)

// defaultRoles are the roles that a new Service has.
var defaultRoles = [...]struct {
	name        string
	kind        roleKind
	permissions []string
}{
	{"service admin", deploymentKind, []string{
		"addMember", "createChannel", "deleteAnyMessage", "destroyChannel", "editAnyMessage", "editAnyMessageAttributes",
		"editAnyUserInfo", "editChannelAttributes", "editChannelName", "inviteMember", "joinChannel", "removeMember",
	}},
	{"service user", deploymentKind, []string{"createChannel", "editOwnUserInfo", "joinChannel"}},
	{"channel admin", channelKind, []string{
		"addMember", "deleteAnyMessage", "destroyChannel", "editAnyMessage", "editChannelAttributes", "editChannelName",
		"inviteMember", "leaveChannel", "removeMember", "sendMessage",
	}},
	{"channel user", channelKind, channelUserPermissions},
}

var channelUserPermissions = []string{"deleteOwnMessage", "editOwnMessage", "leaveChannel", "sendMessage"}

// addRole takes the role in. The caller holds the lock, or the only reference.
func (v *service) addRole(r *role) {
	r.number = v.roleList.add(r)
	v.roles[r.sid] = r
}

func (s *Server) createRole(x *exchange, v *service) *apiError {
	r, fault := readRole(x)
	if fault != nil {
		return fault
	}
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.deleted {
		return x.missing()
	}
	r.sid = s.seed.text("role").text(v.sid).number(v.next()).sid("RL")
	r.created, r.updated = x.now, x.now
	v.addRole(r)
	return x.answer(r.appendJSON(x.out, v, x.base))
}

func readRole(x *exchange) (*role, *apiError) {
	if fault := x.args.only([]string{"FriendlyName", "Type", "Permission"}); fault != nil {
		return nil, fault
	}
	name, fault := x.args.required("FriendlyName")
	if fault != nil {
		return nil, fault
	}
	if utf8.RuneCountInString(name) > maxRoleName {
		return nil, badRequest(codeParameter, "Invalid FriendlyName: at most 64 characters")
	}
	kind, fault := x.args.required("Type")
	if fault != nil {
		return nil, fault
	}
	if kind != string(channelKind) && kind != string(deploymentKind) {
		return nil, badRequest(codeRoleType, "Invalid role type: expected channel or deployment")
	}
	permissions, fault := readPermissions(x)
	if fault != nil {
		return nil, fault
	}
	return &role{friendlyName: strings.Clone(name), kind: roleKind(strings.Clone(kind)), permissions: permissions}, nil
}

func readPermissions(x *exchange) ([]string, *apiError) {
	permissions := x.args.all("Permission")
	if len(permissions) == 0 || slices.Contains(permissions, "") {
		return nil, missing("Permission")
	}
	return permissions, nil
}

func (s *Server) fetchRole(x *exchange, v *service) *apiError {
	v.mu.RLock()
	defer v.mu.RUnlock()
	r := v.roles[x.names[1]]
	if r == nil {
		return x.missing()
	}
	return x.answer(r.appendJSON(x.out, v, x.base))
}

func (s *Server) listRoles(x *exchange, v *service) *apiError {
	at, fault := x.pageRequest(maxPageSize)
	if fault != nil {
		return fault
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	items, before, after := v.roleList.window(at.at, at.size, nil)
	return x.answer(pageOf(x, "roles", at, items, before, after, func(out []byte, r *role) []byte {
		return r.appendJSON(out, v, x.base)
	}))
}

func (s *Server) updateRole(x *exchange, v *service) *apiError {
	if fault := x.args.only([]string{"Permission"}); fault != nil {
		return fault
	}
	permissions, fault := readPermissions(x)
	if fault != nil {
		return fault
	}
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.roles[x.names[1]]
	if r == nil {
		return x.missing()
	}
	changed := *r
	changed.permissions, changed.updated = permissions, x.now
	v.roles[r.sid] = &changed
	v.roleList.put(r.number, &changed)
	return x.answer(changed.appendJSON(x.out, v, x.base))
}

func (s *Server) deleteRole(x *exchange, v *service) *apiError {
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.roles[x.names[1]]
	if r == nil {
		return x.missing()
	}
	if slices.Contains([]string{v.settings.serviceRole, v.settings.channelRole, v.settings.creatorRole}, r.sid) {
		return &apiError{
			status: http.StatusConflict, code: codeConflict,
			message: "The role is a default role of its Service and cannot be deleted",
		}
	}
	delete(v.roles, r.sid)
	v.roleList.remove(r.number)
	return x.answer(x.out)
}

func (r *role) appendJSON(out []byte, v *service, base string) []byte {
	o := openObject(out)
	o.text("sid", r.sid)
	o.text("account_sid", v.account)
	o.text("service_sid", v.sid)
	o.text("friendly_name", r.friendlyName)
	o.text("type", string(r.kind))
	o.texts("permissions", r.permissions)
	o.date("date_created", r.created)
	o.date("date_updated", r.updated)
	o.address("url", base, "/v2/Services/", v.sid, "/Roles/", r.sid)
	return o.close()
}
