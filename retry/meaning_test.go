package retry

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/chat"
)

func TestMeaningOf(t *testing.T) {
	t.Parallel()
	answer := func(status, code int) error {
		return fmt.Errorf("wrapped: %w", &chat.Error{Status: status, Code: code, Sent: true})
	}
	tests := map[string]struct {
		err  error
		want Meaning
	}{
		"201": {nil, Done},

		"already a member":                          {answer(409, 50404), Exists},
		"already a participant":                     {answer(409, 50433), Exists},
		"already a member, whatever the status":     {answer(400, 50404), Exists},
		"conflict of resource updates":              {answer(409, 20162), Busy},
		"wait until modifiable":                     {answer(409, 20409), Busy},
		"conflict of User changes":                  {answer(409, 50213), Busy},
		"conflict of Channel changes":               {answer(409, 50349), Busy},
		"conflict of Member changes":                {answer(409, 50419), Busy},
		"conflict of Conversation changes":          {answer(409, 50449), Busy},
		"the resource is being deleted":             {answer(404, 50002), Busy},
		"the channel is being deleted":              {answer(409, 50334), Busy},
		"a bare conflict is not taken for a twin":   {answer(409, 0), Doubtful},
		"a conflict with a code nobody knows":       {answer(409, 59999), Doubtful},
		"too many at once":                          {answer(429, 20429), Throttled},
		"too many in the Service":                   {answer(429, 50074), Throttled},
		"too many in the channel":                   {answer(429, 50063), ChannelThrottled},
		"a bare 429":                                {answer(429, 0), Throttled},
		"500":                                       {answer(500, 20500), Doubtful},
		"503":                                       {answer(503, 20503), Doubtful},
		"a bare 500":                                {answer(500, 0), Doubtful},
		"502":                                       {answer(502, 0), Doubtful},
		"504":                                       {answer(504, 0), Doubtful},
		"599":                                       {answer(599, 0), Doubtful},
		"408":                                       {answer(408, 0), Doubtful},
		"201 that cannot be understood":             {answer(201, 0), Doubtful},
		"200 in place of 201":                       {answer(200, 0), Doubtful},
		"204":                                       {answer(204, 0), Doubtful},
		"a redirect":                                {answer(302, 0), Doubtful},
		"100":                                       {answer(100, 0), Doubtful},
		"the answer was lost":                       {&chat.Error{Sent: true, Err: errors.New("reset")}, Doubtful},
		"the attempt timed out":                     {&chat.Error{Sent: true, Timeout: true, Err: context.DeadlineExceeded}, Doubtful},
		"the connection was never made":             {&chat.Error{Err: errors.New("refused")}, Unsent},
		"an error of another kind":                  {errors.New("what?"), Doubtful},
		"not found":                                 {answer(404, 20404), Missing},
		"no channel":                                {answer(404, 50300), Missing},
		"a bare 404":                                {answer(404, 0), Missing},
		"no role, with 404":                         {answer(404, 50101), RefusedRow},
		"no role at all, with 404":                  {answer(404, 50100), RefusedRow},
		"the channel is full":                       {answer(403, 50403), ChannelFull},
		"the conversation is full":                  {answer(403, 50417), ChannelFull},
		"the User is in too many channels":          {answer(403, 50208), RefusedRow},
		"403 for the row":                           {answer(403, 50107), RefusedRow},
		"a bare 403":                                {answer(403, 0), RefusedRow},
		"bad credentials":                           {answer(401, 20003), RefusedRun},
		"a bare 401":                                {answer(401, 0), RefusedRun},
		"bad credentials, with 403":                 {answer(403, 20003), RefusedRun},
		"the account is not active":                 {answer(401, 20005), RefusedRun},
		"the account is suspended":                  {answer(403, 20403), RefusedRun},
		"no access":                                 {answer(403, 20006), RefusedRun},
		"test credentials":                          {answer(403, 20008), RefusedRun},
		"action disabled":                           {answer(403, 20010), RefusedRun},
		"no Service":                                {answer(404, 50050), RefusedRun},
		"not in this region":                        {answer(400, 50385), RefusedRun},
		"not the Chat API":                          {answer(405, 20004), RefusedRun},
		"a proxy that wants credentials":            {answer(407, 0), RefusedRun},
		"https is wanted":                           {answer(426, 20426), RefusedRun},
		"a parameter is missing":                    {answer(400, 20001), RefusedRow},
		"attributes are not JSON":                   {answer(400, 50304), RefusedRow},
		"attributes are too long":                   {answer(400, 50303), RefusedRow},
		"a bad identity":                            {answer(400, 50206), RefusedRow},
		"too large":                                 {answer(413, 20413), RefusedRow},
		"unprocessable":                             {answer(422, 20422), RefusedRow},
		"a bare 400":                                {answer(400, 0), RefusedRow},
		"a webhook of the Service said no":          {answer(403, 50057), RefusedRow},
		"a code without an answer is no answer":     {&chat.Error{Code: 50404, Sent: true}, Doubtful},
		"a cancelled context, sent":                 {&chat.Error{Sent: true, Err: context.Canceled}, Doubtful},
		"a cancelled context, not sent":             {&chat.Error{Err: context.Canceled}, Unsent},
		"a code that speaks of 429 with status 503": {answer(503, 20429), Throttled},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, MeaningOf(test.err))
		})
	}
}

// Every code that the table knows is looked at by its own test above, so that a slip of a digit does not go unseen.
func TestEveryMeaningIsAliveOrNot(t *testing.T) {
	t.Parallel()
	for m := Done; m <= RefusedRow; m++ {
		assert.Equal(t, m != Unsent && m != Doubtful, m.Alive(), "meaning %d", m)
	}
}
