package restore

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
		want meaning
	}{
		"201": {nil, done},

		"already a member":                          {answer(409, 50404), exists},
		"already a participant":                     {answer(409, 50433), exists},
		"already a member, whatever the status":     {answer(400, 50404), exists},
		"conflict of resource updates":              {answer(409, 20162), busy},
		"wait until modifiable":                     {answer(409, 20409), busy},
		"conflict of User changes":                  {answer(409, 50213), busy},
		"conflict of Channel changes":               {answer(409, 50349), busy},
		"conflict of Member changes":                {answer(409, 50419), busy},
		"conflict of Conversation changes":          {answer(409, 50449), busy},
		"the resource is being deleted":             {answer(404, 50002), busy},
		"the channel is being deleted":              {answer(409, 50334), busy},
		"a bare conflict is not taken for a twin":   {answer(409, 0), doubtful},
		"a conflict with a code nobody knows":       {answer(409, 59999), doubtful},
		"too many at once":                          {answer(429, 20429), throttled},
		"too many in the Service":                   {answer(429, 50074), throttled},
		"too many in the channel":                   {answer(429, 50063), channelThrottled},
		"a bare 429":                                {answer(429, 0), throttled},
		"500":                                       {answer(500, 20500), doubtful},
		"503":                                       {answer(503, 20503), doubtful},
		"a bare 500":                                {answer(500, 0), doubtful},
		"502":                                       {answer(502, 0), doubtful},
		"504":                                       {answer(504, 0), doubtful},
		"599":                                       {answer(599, 0), doubtful},
		"408":                                       {answer(408, 0), doubtful},
		"201 that cannot be understood":             {answer(201, 0), doubtful},
		"200 in place of 201":                       {answer(200, 0), doubtful},
		"204":                                       {answer(204, 0), doubtful},
		"a redirect":                                {answer(302, 0), doubtful},
		"100":                                       {answer(100, 0), doubtful},
		"the answer was lost":                       {&chat.Error{Sent: true, Err: errors.New("reset")}, doubtful},
		"the attempt timed out":                     {&chat.Error{Sent: true, Timeout: true, Err: context.DeadlineExceeded}, doubtful},
		"the connection was never made":             {&chat.Error{Err: errors.New("refused")}, unsent},
		"an error of another kind":                  {errors.New("what?"), doubtful},
		"not found":                                 {answer(404, 20404), missing},
		"no channel":                                {answer(404, 50300), missing},
		"a bare 404":                                {answer(404, 0), missing},
		"no role, with 404":                         {answer(404, 50101), refusedRow},
		"no role at all, with 404":                  {answer(404, 50100), refusedRow},
		"the channel is full":                       {answer(403, 50403), channelFull},
		"the conversation is full":                  {answer(403, 50417), channelFull},
		"the User is in too many channels":          {answer(403, 50208), refusedRow},
		"403 for the row":                           {answer(403, 50107), refusedRow},
		"a bare 403":                                {answer(403, 0), refusedRow},
		"bad credentials":                           {answer(401, 20003), refusedRun},
		"a bare 401":                                {answer(401, 0), refusedRun},
		"bad credentials, with 403":                 {answer(403, 20003), refusedRun},
		"the account is not active":                 {answer(401, 20005), refusedRun},
		"the account is suspended":                  {answer(403, 20403), refusedRun},
		"no access":                                 {answer(403, 20006), refusedRun},
		"test credentials":                          {answer(403, 20008), refusedRun},
		"action disabled":                           {answer(403, 20010), refusedRun},
		"no Service":                                {answer(404, 50050), refusedRun},
		"not in this region":                        {answer(400, 50385), refusedRun},
		"not the Chat API":                          {answer(405, 20004), refusedRun},
		"a proxy that wants credentials":            {answer(407, 0), refusedRun},
		"https is wanted":                           {answer(426, 20426), refusedRun},
		"a parameter is missing":                    {answer(400, 20001), refusedRow},
		"attributes are not JSON":                   {answer(400, 50304), refusedRow},
		"attributes are too long":                   {answer(400, 50303), refusedRow},
		"a bad identity":                            {answer(400, 50206), refusedRow},
		"too large":                                 {answer(413, 20413), refusedRow},
		"unprocessable":                             {answer(422, 20422), refusedRow},
		"a bare 400":                                {answer(400, 0), refusedRow},
		"a webhook of the Service said no":          {answer(403, 50057), refusedRow},
		"a code without an answer is no answer":     {&chat.Error{Code: 50404, Sent: true}, doubtful},
		"a cancelled context, sent":                 {&chat.Error{Sent: true, Err: context.Canceled}, doubtful},
		"a cancelled context, not sent":             {&chat.Error{Err: context.Canceled}, unsent},
		"a code that speaks of 429 with status 503": {answer(503, 20429), throttled},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, meaningOf(test.err))
		})
	}
}

// Every code that the table knows is looked at by its own test above, so that a slip of a digit does not go unseen.
func TestEveryMeaningIsAliveOrNot(t *testing.T) {
	t.Parallel()
	for m := done; m <= refusedRow; m++ {
		assert.Equal(t, m != unsent && m != doubtful, m.alive(), "meaning %d", m)
	}
}
