// Package page makes one page of reports, for people to look at: what became of the rows, what to do next, how the runs
// went over time, why rows are not restored, and which rows these are.
//
// The package promises that
//   - the page is one HTML file that asks the network for nothing: its style and its script are in it, and a
//     Content-Security-Policy allows these two, by their hashes, and nothing else;
//   - whatever comes from a report is text in the page, whatever it holds: html/template escapes it for where it stands,
//     and the script sets texts, never markup;
//   - memory is bounded, but for what [report.Load] needs: time is cut into steps that become longer as a run does,
//     channels and rows are listed up to a bound, and the page says where a bound was met;
//   - with [Config.Redact] no identity, no channel, no error's text and no field's value is in the page at all.
//
// It does not promise the page's markup, and it shows no more of a report than the report's lines say.
package page
