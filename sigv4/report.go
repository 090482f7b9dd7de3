package sigv4

import (
	"fmt"
	"io"
	"strings"
)

// Report is the answer of [Explain]. It holds neither secrets nor, unless
// [Question.Reveal] was set, session tokens, signatures and the like, so it may
// be logged and kept. Written as JSON and read again it prints the same.
//
// As JSON it is {"holds":false,"mistakes":[{"kind","signed","expected"}]}, and
// these members where there is something to say: "alternatives" (an array of
// arrays of mistakes), "unmatched", "cut", "code" and "reason" (when there are
// no mistakes), and "signed" and "canonical" (lines of canonical requests) when
// they differ or the first is unknown.
type Report struct {
	// Holds: the request is good; everything else is empty.
	Holds bool `json:"holds"`
	// Mistakes were all made, together: they are the simplest explanation.
	// Explanations of one recomputed mistake come before those of two.
	Mistakes []Mistake `json:"mistakes"`
	// Alternatives are other explanations that fit as well, each complete by
	// itself: from the signature alone nobody can tell them apart.
	Alternatives [][]Mistake `json:"alternatives,omitempty"`

	// Unmatched: the secret is known, but nothing that was tried gives the
	// received signature. Mistakes then holds only what the request claims.
	Unmatched bool `json:"unmatched,omitempty"`
	// Cut: the bound on work or on alternatives was reached.
	Cut bool `json:"cut,omitempty"`

	// Code and Reason are those of the [RefusedError], when Mistakes is empty
	// or Unmatched is set.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`

	// Signed is the canonical request that gives the received signature, with
	// the lines marked that differ from Canonical. It is empty if it is
	// unknown or equal.
	Signed []Line `json:"signed,omitempty"`
	// Canonical is the canonical request that should have been signed: that of
	// the request as received, or AWS's own if it was given.
	Canonical []Line `json:"canonical,omitempty"`

	// Tried counts computed signatures. It is not part of the JSON.
	Tried int `json:"-"`
}

// Line is a line of a canonical request.
type Line struct {
	Text    string `json:"text"`
	Differs bool   `json:"differs,omitempty"` // from the other canonical request
}

// String is the readable block that WriteTo writes.
func (r *Report) String() string {
	var b strings.Builder
	r.write(&b)
	return b.String()
}

// WriteTo writes the report for people, a few lines ending in a
// line break each. Control characters from the request come out escaped.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, r.String())
	return int64(n), err
}

func (r *Report) write(b *strings.Builder) {
	if r.Holds {
		b.WriteString("the signature holds\n")
		return
	}
	if r.Reason != "" {
		fmt.Fprintf(b, "%s: %s\n", r.Code, printable(r.Reason))
	}
	writeMistakes(b, r.Mistakes)
	for _, a := range r.Alternatives {
		b.WriteString("or, which fits as well:\n")
		writeMistakes(b, a)
	}
	if r.Unmatched {
		b.WriteString(r.unmatchedText())
	}
	if r.Cut {
		b.WriteString("not everything was tried or listed: the bound was reached\n")
	}
	r.writeLines(b)
}

func (r *Report) unmatchedText() string {
	if len(r.Signed) > 0 {
		return "no known mistake gives this signature; the lines marked below differ\n"
	}
	return "no known mistake gives this signature; compare the canonical request below with the signer's\n"
}

func writeMistakes(b *strings.Builder, mistakes []Mistake) {
	for _, m := range mistakes {
		fmt.Fprintf(b, "%s: %s\n", m.Kind, m)
		if fix := m.Fix(); fix != "" {
			fmt.Fprintf(b, "  fix: %s\n", fix)
		}
	}
}

// writeLines writes both canonical requests as one, with "-" before what was
// signed and "+" before what should have been.
func (r *Report) writeLines(b *strings.Builder) {
	if len(r.Canonical) == 0 {
		return
	}
	b.WriteString("canonical request")
	if len(r.Signed) > 0 {
		b.WriteString(" (- as signed, + as it should be)")
	}
	b.WriteString(":\n")
	signed := r.Signed
	for _, line := range r.Canonical {
		signed = writeDiffering(b, signed)
		mark := "  "
		if line.Differs {
			mark = "+ "
		} else if len(signed) > 0 {
			signed = signed[1:] // its twin
		}
		writeLine(b, mark, line.Text)
	}
	writeDiffering(b, signed)
}

// writeDiffering writes the differing lines at the front.
func writeDiffering(b *strings.Builder, lines []Line) []Line {
	for len(lines) > 0 && lines[0].Differs {
		writeLine(b, "- ", lines[0].Text)
		lines = lines[1:]
	}
	return lines
}

func writeLine(b *strings.Builder, mark, text string) {
	b.WriteString(strings.TrimRight("  "+mark+printable(text), " ") + "\n")
}

// compare marks the lines of two canonical requests that have no counterpart,
// by their longest common subsequence. Both are bounded by maxLines.
func compare(a, b []Line) {
	n, m := len(a), len(b)
	width := m + 1
	common := make([]uint16, (n+1)*width)
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best := max(common[(i+1)*width+j], common[i*width+j+1])
			if a[i].Text == b[j].Text {
				best = common[(i+1)*width+j+1] + 1
			}
			common[i*width+j] = best
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && j < m && a[i].Text == b[j].Text:
			i, j = i+1, j+1
		case j == m || i < n && common[(i+1)*width+j] >= common[i*width+j+1]:
			a[i].Differs = true
			i++
		default:
			b[j].Differs = true
			j++
		}
	}
}
