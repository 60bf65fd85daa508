package app

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/rules"
)

func moving(service, channel, role string) *rules.View {
	return &rules.View{
		Service: []byte(serviceB), Channel: []byte("to-" + channel), Role: []byte(role),
		Named: rules.Names{Service: []byte(service), Channel: []byte(channel), Role: []byte(role)},
	}
}

// A backup of more channels than are told apart takes no more memory, and its rows are all counted.
func TestMovesAreBounded(t *testing.T) {
	t.Parallel()
	m := newMoves(true)
	for i := range mostMoves + 5 {
		m.add(moving(serviceA, strconv.Itoa(i), ""), false)
		m.add(moving(serviceA, "0", ""), false)
		m.add(moving(serviceA, "x", ""), true)
	}
	lines := m.lines()
	require.Len(t, lines, 4)
	assert.Equal(t, "20,010 rows into another Service, channel or role:", lines[0])
	assert.Equal(t, "  1 Service: "+serviceA+" → "+serviceB+" (20,010 rows)", lines[1])
	assert.Equal(t, "  more than 10,000 channels: 0 → to-0 (10,006 rows), 1 → to-1 (1 row), 2 → to-2 (1 row), …", lines[2])
	assert.Equal(t, "  no roles: 20,010 rows without a role", lines[3])
	assert.Len(t, m.channels.byKey, mostMoves)
}

func TestMovesOfLongNames(t *testing.T) {
	t.Parallel()
	m := newMoves(true)
	m.add(moving("", strings.Repeat("é", 500), roleA), false)
	lines := m.lines()
	assert.Equal(t, "  1 Service: none named → "+serviceB+" (1 row)", lines[1])
	assert.Less(t, len(lines[2]), 400)
	assert.Empty(t, newMoves(false).lines())
}

func TestCountingMovesAllocatesNothing(t *testing.T) {
	m := newMoves(true)
	a, b := moving(serviceA, "a", roleA), moving(serviceA, "b", roleA)
	m.add(a, false)
	m.add(b, false)
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.add(a, false); m.add(b, false) }))
}
