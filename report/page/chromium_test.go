//go:build chromium

package page

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"math"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
)

// shots is where screenshots are kept; nowhere by default.
var shots = flag.String("shots", "", "a folder for screenshots of the page")

// browser runs a headless Chromium on a file and returns what it prints. Whatever the page's console says is an error:
// the page's own script says nothing, and what a policy refuses is said there.
func browser(t *testing.T, file, fragment string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "Debian has it in its package chromium")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	address := (&url.URL{Scheme: "file", Path: file}).String()
	if fragment != "" {
		address += "#" + fragment
	}
	args = append([]string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
		"--enable-logging=stderr", "--user-data-dir=" + t.TempDir(), "--virtual-time-budget=2000",
	}, append(args, address)...)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = 5 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); !errors.Is(err, exec.ErrWaitDelay) {
		require.NoError(t, err, "%s", errs.String())
	}
	for line := range strings.Lines(errs.String()) {
		assert.NotContains(t, line, "CONSOLE", "the console is silent")
	}
	return out.Bytes()
}

// saved is a file that holds a page.
func saved(t *testing.T, page string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(path, []byte(page), 0o600))
	return path
}

// tableOf is what the page's script has made of the rows: the texts of the cells.
func tableOf(t *testing.T, dom string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(dom, `<table id="table"`)
	require.True(t, ok)
	body, _, _ := strings.Cut(rest, "</table>")
	_, body, _ = strings.Cut(body, "<tbody>")
	for _, row := range regexp.MustCompile(`(?s)<tr>.*?</tr>`).FindAllString(body, -1) {
		var cells []string
		for _, cell := range regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`).FindAllStringSubmatch(row, -1) {
			cells = append(cells, html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell[1], " ")))
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestChromiumRunsThePage(t *testing.T) {
	t.Parallel()
	text := pageOf(t, Config{}, demo(t, true))
	data, page := dataOf(t, text), saved(t, text)
	const full = "code:50403"
	count := func(fits func(r *tableRow) bool) (n int) {
		for i := range data.Rows {
			if fits(&data.Rows[i]) {
				n++
			}
		}
		return n
	}
	dom := string(browser(t, page, "", "--dump-dom"))
	first := tableOf(t, dom)
	assert.Len(t, first, 50, "a screenful of the rows is shown")
	assert.Contains(t, dom, "781 rows, the first 50 shown")
	assert.Contains(t, dom, `<button type="button" id="more">Show all 781</button>`)
	assert.Regexp(t, `<button type="button" id="theme">(Dark|Light)</button>`, dom)

	// What is looked for may stand in the address.
	channel := data.Rows[0].Channel
	for fragment, want := range map[string]int{
		"q=script+ALERT&outcome=invalid": count(func(r *tableRow) bool { return r.Identity == evil }),
		"outcome=failed":                 count(func(r *tableRow) bool { return r.Outcome == "failed" }),
		"channel=" + channel:             count(func(r *tableRow) bool { return r.Channel == channel }),
		"q=no+such+row":                  0,
	} {
		dom := string(browser(t, page, fragment, "--dump-dom"))
		rows := tableOf(t, dom)
		assert.Len(t, rows, want, fragment)
		if want == 0 {
			assert.Contains(t, dom, "No row fits.")
			continue
		}
		assert.Contains(t, dom, fmt.Sprintf("%d of 781 rows", want), fragment)
		for _, row := range rows {
			if strings.Contains(fragment, "script") {
				assert.Equal(t, evil, strings.TrimSpace(row[2]), "the script is text")
			}
		}
	}
	for _, row := range tableOf(t, string(browser(t, page, "cause="+url.QueryEscape(full)+"&sort=-line", "--dump-dom"))) {
		assert.Contains(t, row[4], "50403: the channel is full")
	}
	last := tableOf(t, string(browser(t, page, "sort=-line", "--dump-dom")))
	assert.Equal(t, "line "+prose.Number(data.Rows[len(data.Rows)-1].Line), last[0][0], "sorted from the end")
}

// Whatever is in a report, a browser runs nothing of it.
func TestChromiumRunsNothingOfAReport(t *testing.T) {
	t.Parallel()
	hostile := []string{
		`<script>document.title="harmed"</script>`, `"><img src=x onerror="document.title='harmed'">`, `</script><script>document.title="harmed"</script>`,
		`</title></style><svg onload="document.title='harmed'">`, `javascript:document.title='harmed'`, "\u2028document.title='harmed'\u2029",
	}
	for _, bad := range hostile {
		page := saved(t, pageOf(t, Config{}, small(t, func(l *lines) { hostileReport(t, l, bad, bad, 2) })))
		dom := string(browser(t, page, "q=", "--dump-dom"))
		title, _, _ := strings.Cut(dom[strings.Index(dom, "<title>")+len("<title>"):], "</title>")
		assert.Contains(t, title, "rows are not restored", "%q", bad)
		assert.Len(t, tableOf(t, dom), 6, "%q", bad)
		assert.NotContains(t, dom, "<img", "%q", bad)
	}
}

// phone is a page that shows another in a frame as wide as a phone: a window of Chromium cannot be as narrow.
const phone = `<!doctype html><style>body{margin:0}iframe{border:0;width:360px;height:%dpx}</style><iframe src="%s"></iframe>`

func TestChromiumShowsThePage(t *testing.T) {
	t.Parallel()
	missing, waiting := saved(t, pageOf(t, Config{}, demo(t, true))), saved(t, pageOf(t, Config{}, demo(t, false)))
	const tall = 2250
	frame := filepath.Join(filepath.Dir(waiting), "frame.html")
	require.NoError(t, os.WriteFile(frame, fmt.Appendf(nil, phone, tall, filepath.Base(waiting)), 0o600))
	for _, c := range []struct {
		name, file, fragment string
		width, height        int
		args                 []string
		dark                 bool
	}{
		{name: "page-light", file: missing, width: 1120, height: tall},
		{name: "page-dark", file: missing, width: 1120, height: tall, args: []string{"--blink-settings=preferredColorScheme=0"}, dark: true},
		{name: "page-switched", file: missing, fragment: "theme=dark", width: 1120, height: tall, dark: true},
		{name: "page-phone", file: frame, width: 360, height: tall},
	} {
		path := filepath.Join(t.TempDir(), c.name+".png")
		args := append([]string{"--screenshot=" + path, fmt.Sprintf("--window-size=%d,%d", max(c.width, 500), c.height)}, c.args...)
		browser(t, c.file, c.fragment, args...)
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		shot, err := png.Decode(bytes.NewReader(raw))
		require.NoError(t, err)
		cropped := image.NewRGBA(image.Rect(0, 0, c.width, c.height))
		draw.Draw(cropped, cropped.Bounds(), shot, shot.Bounds().Min, draw.Src)
		corner := cropped.RGBAAt(2, c.height-2)
		assert.Equal(t, c.dark, corner.R < 80, "%s is dark where it should be", c.name)
		small := paletted(cropped)
		assert.Greater(t, len(small.Palette), 30, "%s shows something", c.name)
		if *shots != "" {
			var out bytes.Buffer
			require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small))
			require.NoError(t, os.WriteFile(filepath.Join(*shots, c.name+".png"), out.Bytes(), 0o600))
		}
	}
}

// paletted is an image with 256 of its colours, which makes a small file: those that are most frequent, and then those
// that are least like the others, so that no colour is lost for being rare.
func paletted(src *image.RGBA) *image.Paletted {
	counts := map[color.RGBA]int{}
	for y := range src.Rect.Dy() {
		for x := range src.Rect.Dx() {
			counts[src.RGBAAt(x, y)]++
		}
	}
	colors := slices.Collect(maps.Keys(counts))
	slices.SortFunc(colors, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), bytes.Compare([]byte{a.R, a.G, a.B}, []byte{b.R, b.G, b.B}))
	})
	const frequent, all = 128, 256
	palette := make(color.Palette, 0, all)
	apart := make([]int, len(colors)) // how far each is from the nearest of the palette
	for i := range apart {
		apart[i] = math.MaxInt
	}
	for at := 0; len(palette) < min(all, len(colors)); {
		palette = append(palette, colors[at])
		for i, c := range colors {
			apart[i] = min(apart[i], distance(c, colors[at]))
		}
		if at = len(palette); len(palette) >= frequent {
			at = slices.Index(apart, slices.Max(apart))
		}
	}
	nearest := map[color.RGBA]uint8{}
	out := image.NewPaletted(src.Rect, palette)
	for y := range src.Rect.Dy() {
		for x := range src.Rect.Dx() {
			c := src.RGBAAt(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

func distance(a, b color.RGBA) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r + g*g + bl*bl
}
