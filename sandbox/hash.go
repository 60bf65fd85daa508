package sandbox

// digest is a running 64-bit hash: FNV-1a over the bytes, mixed after each part so that ("ab", "c") and ("a", "bc")
// differ. All that must come out the same for the same seed, whatever runs beside it, is drawn from one.
type digest uint64

const (
	fnvPrime = 1099511628211
	golden   = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: SplitMix64's step
)

func newDigest(seed uint64) digest { return digest(mix(seed + golden)) }

// text returns d with s added.
func (d digest) text(s string) digest {
	for i := range len(s) {
		d = (d ^ digest(s[i])) * fnvPrime
	}
	return d.number(uint64(len(s)))
}

// number returns d with n added.
func (d digest) number(n uint64) digest { return digest(mix(uint64(d) ^ mix(n+golden))) }

// unit returns a number in [0, 1).
func (d digest) unit() float64 { return float64(mix(uint64(d))>>11) / (1 << 53) }

// sid returns a SID: a prefix of two letters and 32 hexadecimal digits.
func (d digest) sid(prefix string) string {
	const hex = "0123456789abcdef"
	var text [34]byte
	copy(text[:], prefix)
	word := mix(uint64(d))
	for i := range 32 {
		if i == 16 {
			word = mix(uint64(d) + golden)
		}
		text[2+i] = hex[word&15]
		word >>= 4
	}
	return string(text[:])
}

// mix is SplitMix64's finalizer: every bit of x moves every bit of the result.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
