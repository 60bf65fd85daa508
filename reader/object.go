package reader

import "strconv"

// objectParser makes records of JSON objects. It belongs to one goroutine.
type objectParser struct {
	keys *keyTable
}

// parse makes rec of the object at s[i] and returns the place behind it. It notes unknown keys and decoded text in b.
func (p *objectParser) parse(b *batch, rec *Record, s []byte, i int) (int, *fault) {
	p.keys.begin()
	i = space(s, i+1)
	if i < len(s) && s[i] == '}' {
		return i + 1, nil
	}
	for place := 0; ; place++ {
		at := i
		k, end, f := p.keys.at(s, i, place)
		if f != nil {
			return 0, f
		}
		if i = space(s, end); i >= len(s) || s[i] != ':' {
			return 0, expected("a colon", s, i)
		}
		i = space(s, i+1)
		if k.target >= 0 {
			v := &rec.Values[k.target]
			if v.Kind != Absent {
				return 0, twoNames(k, at)
			}
			i, f = p.value(b, v, s, i)
		} else {
			if k.target == unknown {
				b.meet(k.name)
			}
			i, _, f = valueEnd(s, i, 1)
		}
		if f != nil {
			return 0, inField(f, k)
		}
		if i = space(s, i); i < len(s) && s[i] == '}' {
			return i + 1, nil
		}
		if i >= len(s) || s[i] != ',' {
			return 0, expected("a comma or }", s, i)
		}
		i = space(s, i+1)
	}
}

// value makes v of the value at s[i] and returns the place behind it.
func (p *objectParser) value(b *batch, v *Value, s []byte, i int) (next int, f *fault) {
	if i < len(s) && s[i] == '"' {
		v.Kind = String
		end, high := plainEnd(s, i+1)
		if end < len(s) && s[end] == '\\' {
			from := len(b.arena)
			b.arena, end, f = decode(b.arena, s, i+1, end, high)
			v.Text = b.arena[from:]
			return end + 1, f
		}
		if end == len(s) || s[end] != '"' || high&highs != 0 {
			if end, _, f = stringEnd(s, i+1); f != nil {
				return 0, f
			}
		}
		v.Text = s[i+1 : end]
		return end + 1, nil
	}
	end, kind, f := valueEnd(s, i, 1)
	if f != nil {
		return 0, f
	}
	v.Kind = kind
	if kind != Null {
		v.Text = s[i:end]
	}
	return end, nil
}

func twoNames(k *key, at int) *fault {
	return &fault{
		rule: RuleDuplicateKey, at: at, field: k.name,
		msg: "found the key " + quoteName(k.name) + " beside another name of " + Field(k.target).String() + ", expected one of them",
	}
}

// inField names the key in whose value the fault is.
func inField(f *fault, k *key) *fault {
	if f == errMore || f.field != "" {
		return f
	}
	f.field = k.name
	return f
}

func quoteName(name string) string { return strconv.Quote(name) }
