package forms

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"salter/app/procedure"
	"salter/assets"
)

// The scripts and languages of the papers, as templates and records name them
// (BCP 47).
const (
	ScriptCyrillic = "sr-Cyrl"
	ScriptLatin    = "sr-Latn"
	English        = "en" // the take-home sheet of foreigners only
)

// Options are what the papers need besides the data of the case. Fonts are
// required; everything else has a useful zero value.
type Options struct {
	// Fonts are TrueType files (Noto Sans) with all Serbian letters.
	Fonts Fonts
	// Templates holds the templates at its root; nil means assets.Templates.
	Templates fs.FS
	// Script chooses the templates if the data of the case do not; empty
	// means ScriptCyrillic.
	Script string
	// Signatory is the assistant minister (setting contract.signatory_asset).
	// Without the signature every page of the contract is marked as a sample,
	// unless Preprinted is set.
	Signatory *Signatory
	// Preprinted says that the contract goes onto stock that already bears
	// the signature (setting contract.preprinted).
	Preprinted bool
	// ContractTermYears is the setting contract.term_years; 0 means until
	// ended.
	ContractTermYears int
	// RetentionYears is the setting retention.years_after_end; 0 means 10.
	RetentionYears int
	// ReceiptSigned is the setting receipt.citizen_signs.
	ReceiptSigned bool
	// StatusForm are the numbers of the services on Образац 3 (setting
	// status.form_numbers); nil means 1 revocation, 2 suspension and
	// 3 reactivation.
	StatusForm map[procedure.Action]int
	// StatusDeadline is the setting status.deadline_hours; 0 means 24 hours.
	StatusDeadline time.Duration
	// Go runs f on a goroutine of its own, and is told when f panics; nil: a
	// plain one.
	Go func(f func())
}

// Fonts are the two weights of the typeface, as the bytes of TrueType files.
type Fonts struct {
	Regular, Bold []byte
}

// Signatory signs the contract for the Ministry before the citizen comes.
type Signatory struct {
	Name      string
	Signature []byte // PNG, not interlaced, dark on a transparent or white ground
}

func (s *Signatory) signed() bool { return s != nil && len(s.Signature) > 0 }

// Job is what goes to the printer at once.
type Job struct {
	PDF    []byte // all papers, all copies, in the order of Papers
	SHA256 string // of PDF, hex
	Papers []Paper
}

// Paper is one document with all its copies.
type Paper struct {
	Record procedure.PaperRecord
	PDF    []byte
}

// Records returns what the journal keeps of the job.
func (j Job) Records() []procedure.PaperRecord {
	var rs []procedure.PaperRecord
	for _, p := range j.Papers {
		rs = append(rs, p.Record)
	}
	return rs
}

// Render makes the papers named in d.Kinds and one print job of them all.
// Errors name what is wrong with template, font or data, never a person.
func Render(d procedure.PaperData, o Options) (Job, error) {
	if len(d.Kinds) == 0 {
		return Job{}, fmt.Errorf("render papers: no kind asked for")
	}
	o = o.withDefaults()
	if d.Script != "" {
		o.Script = d.Script
	}
	lib, err := openLibrary(o.Templates)
	if err != nil {
		return Job{}, fmt.Errorf("render papers: %w", err)
	}
	lib.made = d.Again
	code, err := newQR(d.CaseNumber)
	if err != nil {
		return Job{}, fmt.Errorf("render papers: %w", err)
	}
	var sheets []*sheet
	for _, kind := range d.Kinds {
		for _, script := range scripts(kind, d, o) {
			s, err := newSheet(kind, script, lib, d, o, code)
			if err != nil {
				return Job{}, fmt.Errorf("render %s: %w", kind, err)
			}
			sheets = append(sheets, s)
		}
	}
	face, err := newTypeface(o.Fonts, letters(sheets))
	if err != nil {
		return Job{}, fmt.Errorf("render papers: %w", err)
	}
	for _, s := range sheets {
		if err := s.set(face); err != nil {
			return Job{}, fmt.Errorf("render %s: %w", s.template.kind, err)
		}
	}
	return o.bind(sheets, d.Now, face)
}

// scripts are those in which the paper is made: a foreigner takes home an
// English sheet beside the Serbian one.
func scripts(kind procedure.PaperKind, d procedure.PaperData, o Options) []string {
	if kind == procedure.PaperTakeHome && d.Identity.DocType == procedure.DocTypeIF {
		return []string{o.Script, English}
	}
	return []string{o.Script}
}

func (o Options) withDefaults() Options {
	if o.Templates == nil {
		o.Templates = assets.Templates()
	}
	if o.Script == "" {
		o.Script = ScriptCyrillic
	}
	if o.RetentionYears == 0 {
		o.RetentionYears = 10
	}
	if o.StatusForm == nil {
		o.StatusForm = map[procedure.Action]int{
			procedure.ActionRevoke: 1, procedure.ActionSuspend: 2, procedure.ActionReactivate: 3,
		}
	}
	if o.Go == nil {
		o.Go = func(f func()) { go f() }
	}
	if o.StatusDeadline == 0 {
		o.StatusDeadline = 24 * time.Hour
	}
	return o
}

// bind writes each sheet as a document of its own and all of them as one, all
// at the same time: the sheets are only read.
func (o Options) bind(sheets []*sheet, made time.Time, face *typeface) (Job, error) {
	docs := make([][]byte, len(sheets)+1)
	errs := make([]error, len(sheets)+1)
	var wg sync.WaitGroup
	start := func(i int, part []*sheet) {
		wg.Add(1)
		errs[i] = errUnfinished // unless it is written to its end
		o.Go(func() {
			defer wg.Done()
			docs[i], errs[i] = write(part, made, face)
		})
	}
	start(len(sheets), sheets)
	for i := range sheets {
		start(i, sheets[i:i+1])
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Job{}, fmt.Errorf("write papers: %w", err)
	}
	job := Job{PDF: docs[len(sheets)], SHA256: hexSum(docs[len(sheets)])}
	for i, s := range sheets {
		job.Papers = append(job.Papers, Paper{Record: s.record(docs[i]), PDF: docs[i]})
	}
	return job, nil
}

func (s *sheet) record(pdf []byte) procedure.PaperRecord {
	return procedure.PaperRecord{
		Kind:     s.template.kind,
		Copies:   s.template.copies,
		Version:  s.template.version,
		Template: s.template.hash(),
		SHA256:   hexSum(pdf),
		Script:   s.template.script,
	}
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
