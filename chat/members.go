package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// CreateMember adds m to its channel. The reference page promises 201; any other answer is an [*Error].
func (c *Client) CreateMember(ctx context.Context, m *Member) (Answer, error) {
	r := newCall("create member", http.MethodPost, writing, http.StatusCreated, maxAnswer)
	defer r.free()
	if err := c.memberPath(r, m.ServiceSID, m.Channel, ""); err != nil {
		return Answer{}, err
	}
	if m.Identity == "" {
		return Answer{}, r.fail(errors.New("the member has no identity, which the API requires"))
	}
	r.body = appendCreateForm(slices.Grow(r.body, formSize(m)), m)
	return c.member(ctx, r)
}

// UpdateMember gives the member that sidOrIdentity names the values that m holds; its identity is left alone, for the
// API cannot change it. The OpenAPI document promises 200; any other answer is an [*Error]. An update that sends no
// field is refused here, as the API refuses it with error 20161.
func (c *Client) UpdateMember(ctx context.Context, m *Member, sidOrIdentity string) (Answer, error) {
	r := newCall("update member", http.MethodPost, writing, http.StatusOK, maxAnswer)
	defer r.free()
	if err := c.memberNamed(r, m.ServiceSID, m.Channel, sidOrIdentity); err != nil {
		return Answer{}, err
	}
	r.body = appendUpdateForm(slices.Grow(r.body, formSize(m)), m)
	if len(r.body) == 0 {
		return Answer{}, r.fail(errors.New("the update holds no field to send"))
	}
	return c.member(ctx, r)
}

// FetchMember returns the member that sidOrIdentity names. Any answer but 200 is an [*Error].
func (c *Client) FetchMember(ctx context.Context, service, channel, sidOrIdentity string) (Answer, error) {
	r := newCall("fetch member", http.MethodGet, reading, http.StatusOK, maxAnswer)
	defer r.free()
	if err := c.memberNamed(r, service, channel, sidOrIdentity); err != nil {
		return Answer{}, err
	}
	return c.member(ctx, r)
}

// DeleteMember takes the member that sidOrIdentity names out of the channel. Any answer but 204 is an [*Error].
func (c *Client) DeleteMember(ctx context.Context, service, channel, sidOrIdentity string) error {
	r := newCall("delete member", http.MethodDelete, deleting, http.StatusNoContent, maxAnswer)
	defer r.free()
	if err := c.memberNamed(r, service, channel, sidOrIdentity); err != nil {
		return err
	}
	x, err := c.do(ctx, r)
	if err == nil {
		c.release(&x)
	}
	return err
}

// member makes a call that answers with a member.
func (c *Client) member(ctx context.Context, r *call) (Answer, error) {
	x, err := c.do(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	defer c.release(&x)
	a := Answer{Status: r.want, RequestID: x.id}
	if err := decodeMember(x.body, &a.Member); err != nil {
		return Answer{}, c.misread(r, &x, err)
	}
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
	r.path = append(r.path, c.basePath...)
	r.path = append(r.path, "/v2/Services/"...)
	r.path = appendSegment(r.path, service)
	r.path = append(r.path, "/Channels/"...)
	r.path = appendSegment(r.path, channel)
	r.path = append(r.path, "/Members"...)
	if member != "" {
		r.path = append(r.path, '/')
		r.path = appendSegment(r.path, member)
	}
	return nil
}
