package report

import (
	"fmt"
	"time"

	"xietiao/index"
)

// Asked is what people asked from a day on.
type Asked struct {
	Times map[index.Status]int // how often, by what became of it
	Open  []Question           // what was not answered, the most frequent first
}

// Question is one that was not answered, or asked back about, each time that it is
// counted. Who asked is not told.
type Question struct {
	Q, Prev string // Prev is what it was asked after
	Times   int
	Last    time.Time // the rest is of that time
	Status  index.Status
	Reason  index.Reason
}

// silence is a kind of reason for which a question is not answered.
type silence int

// The silences, as the report has them.
const (
	unassigned silence = iota // the documents charge nobody with it
	absent                    // they do not have it
	unsure                    // nothing in them is near enough
	unclear                   // it was not understood, or asked back
	silences
)

// silence is the kind of reason for which it was not answered.
func (q Question) silence() silence {
	switch q.Reason {
	case index.ReasonGap, index.ReasonNoDuty:
		return unassigned
	case index.ReasonShare, index.ReasonEvidence, index.ReasonTheirs, index.ReasonUnnamed:
		return unsure
	case index.HintEmpty, index.HintCommand, index.HintVague:
		return unclear
	}
	switch q.Status {
	case index.Unassigned:
		return unassigned
	case index.Ambiguous:
		return unclear
	}
	return absent
}

const (
	lately         = 7   // days back, as the bulletin looks
	shownQuestions = 100 // of a kind: each is asked anew
)

// unanswered is what people asked and got no answer to, by the reason.
func (p *paper) unanswered() error {
	since := p.q.Since
	if since.IsZero() {
		since = p.out.Day.AddDays(-lately)
	}
	asked, err := p.Asked(p.r, since.At(0, 0, p.loc))
	if err != nil {
		return err
	}
	var of [silences][]Question
	for _, q := range asked.Open {
		of[q.silence()] = append(of[q.silence()], q)
	}
	p.begin(Unanswered.Word(), textAskedSince(p.out.Day, since))
	p.out.Summary = textAskedTimes(since, asked)
	p.heading(textOverall)
	p.say(p.out.Summary)
	var sums [][]string
	for kind, list := range of {
		times := 0
		for _, q := range list {
			times += q.Times
		}
		sums = append(sums, []string{textSilences[kind].name, fmt.Sprint(len(list)), fmt.Sprint(times)})
	}
	p.table(textWhySilent, textWhyHead, sums, "")
	for kind, list := range of {
		if err := p.silent(silence(kind), list); err != nil {
			return err
		}
	}
	p.note(textAskedNote)
	p.end()
	return nil
}

// silent is the section on a kind of reason.
func (p *paper) silent(kind silence, list []Question) error {
	var rows [][]string
	for _, q := range list[:min(len(list), shownQuestions)] {
		now, err := p.docs.Ask(p.ctx, index.Query{Q: q.Q, Prev: q.Prev})
		if err != nil {
			return err
		}
		rows = append(rows, []string{textQuestion(q), fmt.Sprint(q.Times), p.day(q.Last).String(), textWhy(q), textNow[now.Status]})
	}
	text := textSilences[kind]
	p.heading(text.name)
	p.table(text.name, textQuestionHead, rows, textNoneOfThem)
	if len(rows) > 0 {
		p.note(text.advice)
	}
	if rest := len(list) - len(rows); rest > 0 {
		p.note(textMoreQuestions(rest))
	}
	return nil
}
