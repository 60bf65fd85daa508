package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	require.NoError(t, err)
	return string(text)
}

// The examples of docs/formats.md are found to be what they are called there, and hold one and the same member.
func TestTheExamplesOfFormats(t *testing.T) {
	t.Parallel()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	want, err := chat.ParseTime("2016-03-24T21:05:50Z", nil)
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```").FindAllStringSubmatch(document(t, "formats.md"), -1)
	seen := map[string]int{}
	for _, block := range blocks {
		seen[block[1]]++
		r, err := reader.New(strings.NewReader(block[2]), reader.Config{})
		require.NoError(t, err, block[2])
		assert.Equal(t, block[1], r.Info().Format.String(), block[2])
		n := 0
		for rec, err := range r.Records() {
			require.NoError(t, err, block[2])
			verdict := judge.Judge(&rec)
			assert.Empty(t, verdict.Problems, block[2])
			assert.Equal(t, chat.Member{
				ServiceSID: "IS9df6b026a8c6c26e3c3acd2370a16e93", Channel: "CH0feae16d55365acf07fe9f909834361b",
				Identity: "jing", RoleSID: "RLf89f4cf074cdc8d89e320701e08c0e45",
				LastConsumedMessageIndex: chat.Index{N: 20, Set: true}, DateCreated: want, Attributes: `{"team":"blue"}`,
			}, verdict.Member, block[2])
			n++
		}
		assert.Equal(t, 1, n, block[2])
		assert.Empty(t, r.Info().Unknown, block[2])
	}
	for format := reader.CSV; format.String() != "unknown"; format++ {
		assert.Positive(t, seen[format.String()], "there is no example of %s", format)
	}
}

// The table of fields has every field, and names that stand for it.
func TestTheFieldsOfFormats(t *testing.T) {
	t.Parallel()
	_, table, found := strings.Cut(document(t, "formats.md"), "\n## Fields\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\|(.*)\\|.*\\|$").FindAllStringSubmatch(table, -1)
	require.Len(t, rows, reader.NumFields)
	for _, row := range rows {
		field, ok := reader.ParseField(row[1])
		require.True(t, ok, row[1])
		for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			meant, ok := reader.ParseField(name[1])
			assert.True(t, ok && meant == field, "%s stands for %s", name[1], row[1])
		}
	}
}

// What the times of docs/formats.md are said to mean.
func TestTheTimesOfFormats(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(document(t, "formats.md"), "- **Times**")
	text, _, _ = strings.Cut(text, "One\n")
	times := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1)
	require.Len(t, times, 5)
	for _, found := range times {
		at, err := chat.ParseTime(found[1], nil)
		require.NoError(t, err)
		assert.Equal(t, "2016-03-24T21:05:50", at.Format("2006-01-02T15:04:05"), found[1])
	}
}
