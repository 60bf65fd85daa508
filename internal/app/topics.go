package app

import (
	"embed"
	"fmt"
	"strings"

	"rejoin/internal/manual"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
)

// The topics are files, each with its line in the list of topics first. Where a line begins with @, what the code
// itself knows stands in its place.
//
//go:embed help/*.txt
var topicFiles embed.FS

// topicNames are the topics, in the order in which help lists them.
var topicNames = []string{"exit-status", "environment", "formats", "rules", "outcomes", "report"}

func topics() []manual.Topic {
	all := make([]manual.Topic, 0, len(topicNames))
	for _, name := range topicNames {
		text, err := topicFiles.ReadFile("help/" + name + ".txt")
		if err != nil {
			panic(err) // it was there when the program was built
		}
		usage, rest, _ := strings.Cut(string(text), "\n")
		all = append(all, manual.Topic{Name: name, Usage: usage, Text: filledIn(rest)})
	}
	return all
}

// filledIn is a topic's text with the lists that the code knows.
func filledIn(text string) string {
	return strings.NewReplacer(
		"   @exit-statuses\n", statusList(),
		"   @restore-outcomes\n", outcomeList(restoreWords(false)),
		"   @verify-outcomes\n", outcomeList(verifyWords()),
		"   @undo-outcomes\n", outcomeList(undoWords(false)),
		"   @fields\n", fieldList(),
		"   @rules\n", ruleList(),
	).Replace(text)
}

func statusList() string {
	b := new(strings.Builder)
	for _, s := range statusMeanings {
		fmt.Fprintf(b, "   %d  %s\n", s.status, s.means)
	}
	return b.String()
}

func outcomeList(words []line) string {
	b := new(strings.Builder)
	for _, word := range words {
		fmt.Fprintf(b, "   %s  %s", word.word, word.means)
		outcome := restore.Outcome{Kind: word.kind}
		switch {
		case outcome.Restored(false):
			b.WriteString(" (restored)")
		case word.kind.Again():
			b.WriteString(" (sent again by --resume)")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func fieldList() string {
	b := new(strings.Builder)
	for _, name := range fieldNames() {
		field, _ := reader.ParseField(name)
		fmt.Fprintf(b, "   %s  %s\n", name, fieldNotes[field])
	}
	return b.String()
}

// fieldNotes say under which other names a field is found, and what it is.
var fieldNotes = [reader.NumFields]string{
	reader.Identity:                 "who the member is",
	reader.ChannelSID:               "the channel, by its SID or its unique name; also as conversation_sid",
	reader.ServiceSID:               "the Service; also as chat_service_sid; --service stands for all rows",
	reader.RoleSID:                  "the member's role",
	reader.LastConsumedMessageIndex: "the last message read; also as last_read_message_index",
	reader.LastConsumptionTimestamp: "when it was read; also as last_consumed_timestamp and last_read_timestamp",
	reader.DateCreated:              "when the member was made",
	reader.DateUpdated:              "when the member was last changed",
	reader.Attributes:               "a JSON string, or an object",
	reader.SID:                      "the member's own SID; it cannot be restored, and the report tells it beside the new one",
	reader.ChannelUniqueName:        "the channel's unique name, beside its SID; for maps",
}

func ruleList() string {
	b := new(strings.Builder)
	for _, rule := range rules.All() {
		what := strings.ReplaceAll(rule.Broken, "`", "")
		if rule.Severity == rules.Warning {
			what = "A warning. " + what
		}
		fmt.Fprintf(b, "   %s  %s\n", rule.Name, what)
	}
	return b.String()
}
