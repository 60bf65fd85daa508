package reader

// keyTable tells what the keys of objects stand for. The objects of one backup hold the same keys in the same order, so
// it guesses each key from the one that stood at its place in the object before, and a right guess costs one
// comparison. It belongs to one parser.
type keyTable struct {
	columns *columns
	keys    []key
	byText  map[string]int // index in keys, by the key as it is written, without quotes
	byName  map[string]int // index in keys of the first spelling, by the decoded key
	guess   []int          // index in keys of the key last met at a place
	object  uint64         // number of the object that is being parsed
}

// key is one spelling of a key.
type key struct {
	quoted string // as written
	name   string // decoded
	target target
	first  int    // index in keys of the first spelling of the same name
	seen   uint64 // the last object that held this name; kept at the first spelling
}

// maxKeys is the number of keys past which the table is emptied, for inputs in which every row has its own.
const maxKeys = 4096

func newKeyTable(c *columns) *keyTable {
	return &keyTable{columns: c, byText: map[string]int{}, byName: map[string]int{}}
}

// begin makes the table ready for the keys of one more object.
func (t *keyTable) begin() {
	t.object++
	if len(t.keys) > maxKeys {
		t.keys, t.guess = t.keys[:0], t.guess[:0]
		clear(t.byText)
		clear(t.byName)
	}
}

// at returns the key at s[i], the place-th of its object, and the place behind it.
func (t *keyTable) at(s []byte, i, place int) (k *key, end int, f *fault) {
	if place < len(t.guess) {
		k = &t.keys[t.guess[place]]
		if end = i + len(k.quoted); end <= len(s) && string(s[i:end]) == k.quoted {
			return k, end, t.once(k, i)
		}
	}
	if i >= len(s) || s[i] != '"' {
		return nil, 0, expected("a key in quotes", s, i)
	}
	last, escaped, f := stringEnd(s, i+1)
	if f != nil {
		return nil, 0, f
	}
	n, ok := t.byText[string(s[i+1:last])]
	if !ok {
		if n, f = t.add(s[i:last+1], escaped); f != nil {
			f.at = i
			return nil, 0, f
		}
	}
	if place == len(t.guess) {
		t.guess = append(t.guess, n)
	} else {
		t.guess[place] = n
	}
	k = &t.keys[n]
	return k, last + 1, t.once(k, i)
}

// once notes that the object holds k, which stands at byte at.
func (t *keyTable) once(k *key, at int) *fault {
	first := &t.keys[k.first]
	if first.seen == t.object {
		return &fault{rule: RuleDuplicateKey, at: at, field: k.name, msg: "found the key " + quoteName(k.name) + " twice in one object"}
	}
	first.seen = t.object
	return nil
}

// add makes an entry for a key that was not met before.
func (t *keyTable) add(quoted []byte, escaped bool) (int, *fault) {
	text := string(quoted[1 : len(quoted)-1])
	name := text
	if escaped {
		var f *fault
		if name, f = unquote(quoted); f != nil {
			return 0, f
		}
	}
	n := len(t.keys)
	first, ok := t.byName[name]
	if !ok {
		first = n
		t.byName[name] = n
	}
	t.keys = append(t.keys, key{quoted: string(quoted), name: name, target: t.columns.resolve(name), first: first})
	t.byText[text] = n
	return n, nil
}
