package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// CreateMember adds m to its channel. The reference page promises 201; any other answer is an [*Error].
func (c *Client) CreateMember(ctx context.Context, m *Member) (Answer, error) {
	r := call{op: "create member", method: http.MethodPost, carry: writing, want: http.StatusCreated, limit: maxAnswer}
	if err := c.memberPath(&r, m.ServiceSID, m.Channel, ""); err != nil {
		return Answer{}, err
	}
	if m.Identity == "" {
		return Answer{}, r.fail(errors.New("the member has no identity, which the API requires"))
	}
	r.body = appendCreateForm(make([]byte, 0, formSize(m)), m)
	return c.member(ctx, &r)
}

// UpdateMember gives the member that sidOrIdentity names the values that m holds; its identity is left alone, for the
// API cannot change it. The OpenAPI document promises 200; any other answer is an [*Error]. An update that sends no
// field is refused here, as the API refuses it with error 20161.
func (c *Client) UpdateMember(ctx context.Context, m *Member, sidOrIdentity string) (Answer, error) {
	r := call{op: "update member", method: http.MethodPost, carry: writing, want: http.StatusOK, limit: maxAnswer}
	if err := c.memberNamed(&r, m.ServiceSID, m.Channel, sidOrIdentity); err != nil {
		return Answer{}, err
	}
	r.body = appendUpdateForm(make([]byte, 0, formSize(m)), m)
	if len(r.body) == 0 {
		return Answer{}, r.fail(errors.New("the update holds no field to send"))
	}
	return c.member(ctx, &r)
}

// FetchMember returns the member that sidOrIdentity names. Any answer but 200 is an [*Error].
func (c *Client) FetchMember(ctx context.Context, service, channel, sidOrIdentity string) (Answer, error) {
	r := call{op: "fetch member", method: http.MethodGet, carry: reading, want: http.StatusOK, limit: maxAnswer}
	if err := c.memberNamed(&r, service, channel, sidOrIdentity); err != nil {
		return Answer{}, err
	}
	return c.member(ctx, &r)
}

// DeleteMember takes the member that sidOrIdentity names out of the channel. Any answer but 204 is an [*Error].
func (c *Client) DeleteMember(ctx context.Context, service, channel, sidOrIdentity string) error {
	r := call{op: "delete member", method: http.MethodDelete, carry: deleting, want: http.StatusNoContent, limit: maxAnswer}
	if err := c.memberNamed(&r, service, channel, sidOrIdentity); err != nil {
		return err
	}
	_, err := c.do(ctx, &r, func([]byte) error { return nil })
	return err
}

// member makes a call that answers with a member.
func (c *Client) member(ctx context.Context, r *call) (Answer, error) {
	a := Answer{Status: r.want}
	id, err := c.do(ctx, r, func(body []byte) error { return decodeMember(body, &a.Member) })
	if err != nil {
		return Answer{}, err
	}
	a.RequestID = id
	return a, nil
}

// memberNamed sets the path of one member.
func (c *Client) memberNamed(r *call, service, channel, sidOrIdentity string) error {
	if err := CheckPathSegment(sidOrIdentity); err != nil {
		return r.fail(fmt.Errorf("the member's SID or identity: %w", err))
	}
	return c.memberPath(r, service, channel, sidOrIdentity)
}

// memberPath sets the path of a channel's members, or of one of them.
func (c *Client) memberPath(r *call, service, channel, member string) error {
	if err := CheckPathSegment(service); err != nil {
		return r.fail(fmt.Errorf("the Service's SID: %w", err))
	}
	if err := CheckPathSegment(channel); err != nil {
		return r.fail(fmt.Errorf("the channel's SID or unique name: %w", err))
	}
	path := make([]byte, 0, len(c.basePath)+len(service)+3*(len(channel)+len(member))+len("/v2/Services//Channels//Members/"))
	path = append(path, c.basePath...)
	path = append(path, "/v2/Services/"...)
	path = appendSegment(path, service)
	path = append(path, "/Channels/"...)
	path = appendSegment(path, channel)
	path = append(path, "/Members"...)
	if member != "" {
		path = append(path, '/')
		path = appendSegment(path, member)
	}
	r.path = string(path)
	return nil
}
