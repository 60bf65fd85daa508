// Package prose puts numbers, lengths of time and texts into the form in which a person reads them, and lays them out in
// lines that fit a terminal.
//
// It promises that
//   - one thing reads alike wherever it is told: 1,000 rows, 1 row, 99.50 %, 2 h 5 min;
//   - widths are columns of a terminal: a letter of Chinese takes two, an accent of its own none, a colour none. They are
//     right as far as the terminal goes by Unicode (https://www.unicode.org/reports/tr11/);
//   - what [Visible] and [VisibleLines] return commands no terminal, and turns no text around;
//   - nothing is lost by wrapping a text, and no line is wider than asked for unless a single word is.
//
// It does not promise to break a word as its language does, nor to speak another language than English. It decides
// nothing about what is told, and writes nowhere but into memory. What is written for machines goes its own way.
//
// All functions may be called by several goroutines at once; a [Page] belongs to one.
package prose
