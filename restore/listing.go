package restore

import (
	"context"
	"errors"
	"net/http"

	"rejoin/chat"
	"rejoin/retry"
)

// enough is how many rows of one channel make a list page worth more than a request for each.
const enough = 2

// errFewLeft says that too few rows are left to find for another page.
var errFewLeft = errors.New("few rows are left to find")

// errRound says that a list comes back to a page that it has shown before.
var errRound = errors.New("the list goes round")

// lookTogether looks for all rows of a channel that the window holds, in the channel's list pages of a hundred members
// each, and reports whether it did: with too few rows it leaves the first to be looked for by itself. A row that is not
// found so for a reason other than not being there is looked for by itself, too. A token of the run is in hand; it pays
// for the first page.
func (e *engine) lookTogether(first *row) bool {
	others := e.window.takeChannel(first.channel)
	if len(others)+1 < enough {
		e.window.back(others)
		return false
	}
	wanted := make(map[string]*row, len(others)+1)
	wanted[first.member.Identity] = first
	for _, r := range others {
		wanted[r.member.Identity] = r
	}
	err := e.list(first, wanted)
	switch {
	case err == nil:
		for _, r := range wanted { // all pages were seen, and it is on none
			r.begin()
			e.end(r, r.outcome(Created))
		}
	case retry.MeaningOf(err) == retry.Missing:
		// The first finds out whether the channel is there at all. The others wait for what it finds.
		first.refused, _ = errors.AsType[*chat.Error](err)
		first.step = askChannel
		e.window.back(others)
		e.again(first, 0)
	default:
		for _, r := range wanted {
			e.again(r, 0)
		}
	}
	return true
}

// list goes through a channel's pages and ends the wanted rows that are on them; what is left in wanted was not found.
// nil says that all pages were seen.
func (e *engine) list(first *row, wanted map[string]*row) error {
	var page chat.Page
	seen := make(map[string]bool)
	for paid := true; ; paid = false {
		var got chat.MemberPage
		err := e.Do(retry.Try{Retries: e.Retries, Paid: paid}, func(ctx context.Context) (err error) {
			got, err = e.Client.ListMembers(ctx, first.member.ServiceSID, first.member.Channel, page)
			return err
		})
		if err != nil {
			return err
		}
		e.endListed(got.Members, wanted)
		switch {
		case len(wanted) == 0, got.Next == "":
			return nil
		case len(wanted) < enough:
			return errFewLeft
		case seen[got.Next]:
			return errRound
		}
		seen[got.Next] = true
		page = chat.Page{URL: got.Next}
	}
}

func (e *engine) endListed(members []chat.Resource, wanted map[string]*row) {
	for i := range members {
		r := wanted[members[i].Identity]
		if r == nil {
			continue
		}
		delete(wanted, members[i].Identity)
		r.begin()
		e.wouldConflict(r, &chat.Answer{Status: http.StatusOK, Member: members[i]})
	}
}
