package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rejoin/chat"
)

func TestFingerprintSeesEveryField(t *testing.T) {
	t.Parallel()
	base := chat.Resource{
		SID: "MB1", Identity: "jing", RoleSID: "RL1", Attributes: `{"a":1}`,
		LastConsumedMessageIndex: chat.Index{N: 3, Set: true},
		LastConsumptionTimestamp: time.Unix(1e9, 0), DateCreated: time.Unix(2e9, 0), DateUpdated: time.Unix(3e9, 0),
	}
	before := chat.Fingerprint(&base)
	assert.NotZero(t, before)
	for name, change := range map[string]func(*chat.Resource){
		"sid":                        func(r *chat.Resource) { r.SID = "MB2" },
		"identity":                   func(r *chat.Resource) { r.Identity = "jin" },
		"a letter on the other side": func(r *chat.Resource) { r.Identity, r.RoleSID = "jingR", "L1" },
		"role":                       func(r *chat.Resource) { r.RoleSID = "RL2" },
		"attributes":                 func(r *chat.Resource) { r.Attributes = `{"a":2}` },
		"index":                      func(r *chat.Resource) { r.LastConsumedMessageIndex.N = 4 },
		"no index":                   func(r *chat.Resource) { r.LastConsumedMessageIndex = chat.Index{} },
		"an index of 0 is one":       func(r *chat.Resource) { r.LastConsumedMessageIndex = chat.Index{Set: true} },
		"time of reading":            func(r *chat.Resource) { r.LastConsumptionTimestamp = time.Unix(1e9+1, 0) },
		"created":                    func(r *chat.Resource) { r.DateCreated = time.Unix(2e9+1, 0) },
		"updated":                    func(r *chat.Resource) { r.DateUpdated = time.Time{} },
	} {
		changed := base
		change(&changed)
		assert.NotEqual(t, before, chat.Fingerprint(&changed), name)
	}
	elsewhere := base
	elsewhere.URL, elsewhere.AccountSID = "https://elsewhere.example", "AC2"
	elsewhere.DateCreated = base.DateCreated.In(time.FixedZone("", 3600))
	assert.Equal(t, before, chat.Fingerprint(&elsewhere), "the same member, told otherwise")
}

// The number is written into reports, so that it must be the same in every version.
func TestFingerprintStaysTheSame(t *testing.T) {
	t.Parallel()
	r := chat.Resource{SID: "MB1", Identity: "jing", Attributes: "{}", DateCreated: time.Unix(2e9, 0)}
	assert.Equal(t, uint64(0x417f6708a952aed3), chat.Fingerprint(&r))
}
