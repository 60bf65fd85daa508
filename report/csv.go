package report

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
)

// csvHeader are the columns of [WriteCSV]. Further ones may be added behind.
const csvHeader = "row,line,outcome,restored,service_sid,channel_sid,channel,identity,backup_sid,member_sid,attempts," +
	"recovered,http_status,error_code,error,request_id,not_applied,differences,problems,duplicate_of,same,elapsed_ms,at,report"

// WriteCSV writes the last outcome of every row as CSV (RFC 4180), for spreadsheets. Lists stand in their cells as the
// JSON that the report has.
//
// A text that begins with =, +, -, @, a tab or a carriage return gets an apostrophe before it, because a spreadsheet
// would take it for a formula, and whoever wrote the backup's identities could make it compute. The report itself has
// all texts as they are.
func WriteCSV(w io.Writer, r *Reports) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.WriteString(csvHeader + "\r\n"); err != nil {
		return err
	}
	var buf []byte
	err := r.Each(func(row *Row) error {
		buf = appendRow(buf[:0], row)
		_, err := out.Write(buf)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func appendRow(dst []byte, row *Row) []byte {
	e := row.entry
	dst = strconv.AppendInt(dst, e.row, 10)
	dst = appendNumber(dst, e.line)
	dst = append(append(dst, ','), row.Kind.Word(row.DryRun)...)
	dst = strconv.AppendBool(append(dst, ','), row.Restored)
	for _, text := range [...][]byte{e.service, e.channelSID, e.channel, e.identity, e.backupSID, e.memberSID} {
		dst = appendCell(dst, text)
	}
	dst = appendNumber(dst, e.attempts)
	dst = append(dst, ',')
	if e.recovered {
		dst = append(dst, "true"...)
	}
	dst = appendNumber(dst, e.status)
	dst = appendNumber(dst, e.code)
	for _, text := range [...][]byte{e.failure, e.requestID, e.notApplied, e.differences, e.problems} {
		dst = appendCell(dst, text)
	}
	dst = appendNumber(dst, e.duplicateOf)
	dst = append(dst, ',')
	if e.duplicateOf != 0 {
		dst = strconv.AppendBool(dst, e.same)
	}
	dst = appendNumber(dst, e.elapsedMS)
	dst = appendCell(dst, e.at)
	dst = appendCell(dst, []byte(row.Report))
	return append(dst, '\r', '\n')
}

// appendNumber appends a cell; an empty one for zero, as in the report.
func appendNumber(dst []byte, n int64) []byte {
	dst = append(dst, ',')
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(dst, n, 10)
}

// formula are the bytes with which a spreadsheet takes a cell for something to compute.
const formula = "=+-@\t\r"

func appendCell(dst, text []byte) []byte {
	dst = append(dst, ',')
	if len(text) == 0 {
		return dst
	}
	guard := strings.IndexByte(formula, text[0]) >= 0
	if !bytes.ContainsAny(text, ",\"\r\n") && text[0] != ' ' {
		if guard {
			dst = append(dst, '\'')
		}
		return append(dst, text...)
	}
	dst = append(dst, '"')
	if guard {
		dst = append(dst, '\'')
	}
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(dst, text...), '"')
}
