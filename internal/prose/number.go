package prose

import "strconv"

// Number is n with commas between its thousands.
func Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted is a number of things. thing is the word for one, and gets an s where there is not one of it.
func Counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Number(n) + " " + thing
}

// Share is n of all in per cent. A share that is not all never reads 100 %, and one that is not nothing never 0 %.
func Share(n, all int64) string {
	percent := 100 * float64(n) / float64(max(all, 1))
	switch {
	case n > 0 && percent < 0.01:
		return "<0.01 %"
	case n < all && percent > 99.99:
		return ">99.9 %"
	}
	return strconv.FormatFloat(percent, 'f', 2, 64) + " %"
}

// Size is a number of bytes, in units of a thousand each.
func Size(bytes int64) string {
	const units = "kMGTPE"
	if bytes < 1000 {
		return Counted(bytes, "byte")
	}
	size, at := float64(bytes)/1000, 0
	for size >= 999.95 {
		size, at = size/1000, at+1
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + units[at:at+1] + "B"
}

// PerSecond is a rate of things, of which thing is the word for one. With no word it is the rate alone. A rate of less
// than one a second is told by the minute.
func PerSecond(rate float64, thing string) string {
	unit := "second"
	if rate < 1 {
		rate, unit = rate*60, "minute"
	}
	number := strconv.FormatFloat(rate, 'g', 4, 64)
	if rate >= 1000 {
		number = Number(int64(rate))
	}
	if thing != "" {
		if number != "1" {
			thing += "s"
		}
		number += " " + thing
	}
	return number + " a " + unit
}
