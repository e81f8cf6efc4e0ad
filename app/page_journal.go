package app

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"salter/app/procedure"
)

// ledger is what the pages of the journal show. It belongs to the clerk: it is
// forgotten when he leaves.
type ledger struct {
	typed  string // into the search field
	filter procedure.CaseFilter
	asked  procedure.CaseQuery       // what the list is the answer to
	list   *procedure.CaseList       // nil: not read yet
	rows   map[int64]caseRow         // by place, as far as they were looked at
	wanted int                       // the line looked at last whose row is missing; −1: none
	busy   bool                      // rows are being read
	acked  int64                     // by the authority, when the rows were read
	of     *procedure.CaseHistory    // of one case; nil: not read yet
	job    int                       // of that case, chosen to be printed again
	remote *procedure.RemoteCases    // found at the authority; nil: not asked yet
	unsent procedure.UnsentList      // what the authority does not hold
	file   *procedure.HandedOverFile // made last; nil: none
	copied *procedure.JournalCopy    // made last; nil: none
}

// caseRow is a row, or why there is none.
type caseRow struct {
	procedure.CaseRow
	failed bool
}

// How many rows are read at once, and kept.
const (
	rowsAtOnce = 50
	rowsKept   = 5000
)

// openJournal shows the list of all cases.
func (a *App) openJournal() {
	a.draft.ledger = ledger{}
	a.findCases()
}

// backToJournal shows the list again: of what stands in the search field, if
// something else was looked for since.
func (a *App) backToJournal() {
	a.openAside(screenJournal)
	if l := &a.draft.ledger; l.typed != l.asked.Typed {
		a.findCases()
	}
}

// findCases lists the cases that the search field and the filter ask for.
func (a *App) findCases() {
	l := &a.draft.ledger
	q := procedure.CaseQuery{Typed: l.typed, Filter: l.filter}
	var list procedure.CaseList
	a.do("find", func(ctx context.Context) (err error) {
		list, err = a.cfg.Desk.FindCases(ctx, q)
		return err
	}, func() {
		l := &a.draft.ledger
		l.asked, l.list, l.rows, l.wanted, l.acked = q, &list, map[int64]caseRow{}, -1, a.snapshot.Sync.Acked
		a.draft.aside = screenJournal
		if a.page != nil {
			delete(a.page.controls, controlList) // begin at the top
		}
	})
}

// journalPage lists the cases of the counter.
func (a *App) journalPage(p, kept *page) fyne.CanvasObject {
	l := &a.draft.ledger
	p.first = procedure.FieldSearch
	a.setBack(p, a.words.say("back"), func() { a.openAside("") })
	for _, k := range []struct {
		name, label, hint string
		key               fyne.KeyName
		act               func()
	}{
		{controlUnsent, "journal.unsent", "key.unsent", fyne.KeyF6, a.openUnsent},
		{controlRemote, "journal.remote", "key.remote", fyne.KeyF4, a.searchAuthority},
	} {
		a.addOther(p, k.name, rankSecondary, a.words.say(k.label), a.words.say(k.hint), k.act)
		p.keys[k.key] = k.act
	}
	a.setPrimary(p, a.words.say("journal.find"), a.findCases)
	width := a.pageWidth()
	left := width * 0.36
	var filters []option
	for _, f := range procedure.CaseFilters {
		filters = append(filters, option{value: string(f), label: a.words.say("journal.filter." + filterName(f))})
	}
	search := a.typed(p, kept, procedure.FieldSearch, &l.typed, a.words.say("journal.hint"), left)
	p.controls[procedure.FieldSearch].(*input).down = func() { a.page.focus(controlList) }
	filter := a.choice(p, fieldFilter, width-left-unit(6), 3, filters, string(l.filter), func(v string) {
		l.filter = procedure.CaseFilter(v)
		a.findCases()
	})
	head := column(unit(2), line(styleHeading, a.words.say("journal.heading")), topRow(unit(6), search, filter), a.journalCount())
	if l.list == nil || len(l.list.Places) == 0 {
		return around(head, nil, nil, nil, gap(1))
	}
	return around(column(0, head, gap(unit(2))), nil, nil, nil,
		container.New(atLeast(2.5*newCaseLine().MinSize().Height), listSheet(inset(unit(1), unit(1), a.caseList(p, kept)))))
}

// filterName is the end of the id of a filter's words.
func filterName(f procedure.CaseFilter) string {
	if f == procedure.FilterAll {
		return "all"
	}
	return string(f)
}

// journalCount says how many cases there are, or where else to look.
func (a *App) journalCount() fyne.CanvasObject {
	l := &a.draft.ledger
	switch {
	case l.list == nil:
		return line(styleSecondary, a.words.say("journal.reading"))
	case len(l.list.Places) > 0:
		return line(styleStrong, a.words.count("journal.count", len(l.list.Places)))
	case l.asked.Typed == "":
		return line(styleSecondary, a.words.say("journal.empty"))
	}
	return para(styleSecondary, a.words.fill("journal.none", with{"By": a.words.say("search.by." + string(l.list.Search.By)), "Text": strings.TrimSpace(l.asked.Typed)}), a.pageWidth())
}

// caseList is the list, with its place in it when the page is built anew.
func (a *App) caseList(p, kept *page) *longList {
	if l := &a.draft.ledger; l.acked != a.snapshot.Sync.Acked { // what was not sent may be sent now
		for place, row := range l.rows {
			if !row.Sent {
				delete(l.rows, place)
			}
		}
		l.acked = a.snapshot.Sync.Acked
	}
	var list *longList
	if kept != nil {
		list, _ = kept.controls[controlList].(*longList)
	}
	if list == nil {
		list = newLongList(a.keys, "", func() int { return len(a.places()) }, a.showRow, a.openRow)
	} else {
		list.Refresh()
	}
	list.label = a.words.say("journal.heading")
	p.add(controlList, list)
	return list
}

func (a *App) places() []int64 {
	if a.draft.ledger.list == nil {
		return nil
	}
	return a.draft.ledger.list.Places
}

// showRow fills a line of the list; what has not been read yet is asked for.
func (a *App) showRow(i int, line *caseLine) {
	places, l := a.places(), &a.draft.ledger
	if i >= len(places) {
		return
	}
	row, known := l.rows[places[i]]
	switch {
	case !known:
		line.set(caseWords{sign: pictureWait, name: "…", faint: true})
		l.wanted = i
		a.readRows()
	case row.failed:
		line.set(caseWords{sign: pictureWarning, name: a.words.say("journal.unreadable"), faint: true})
	default:
		line.set(a.caseWords(row.CaseRow))
	}
}

// readRows reads the rows around the one that is looked at, without stopping
// anybody: whoever scrolls on sees the rows where he arrives.
func (a *App) readRows() {
	l := &a.draft.ledger
	if l.busy || l.wanted < 0 {
		return
	}
	list, from := l.list, l.wanted/rowsAtOnce*rowsAtOnce
	places := list.Places[from:min(from+rowsAtOnce, len(list.Places))]
	l.busy, l.wanted = true, -1
	ctx := a.ctx
	a.cfg.Go(func() {
		rows, err := a.cfg.Desk.CaseRows(ctx, places)
		a.cfg.Post(func() { a.gotRows(list, places, rows, err) })
	})
}

// gotRows shows what was read, unless another list is up.
func (a *App) gotRows(list *procedure.CaseList, places []int64, rows []procedure.CaseRow, err error) {
	l := &a.draft.ledger
	if l.list != list {
		return
	}
	l.busy = false
	if len(l.rows) > rowsKept {
		clear(l.rows)
	}
	for _, place := range places {
		l.rows[place] = caseRow{failed: true} // unless it is told
	}
	for _, row := range rows {
		l.rows[row.Place] = caseRow{CaseRow: row}
	}
	if err != nil {
		a.failure = asError(err)
		a.render()
		return
	}
	if a.page == nil || a.page.screen != screenJournal {
		return
	}
	if shown, ok := a.page.controls[controlList].(*longList); ok {
		shown.Refresh()
	}
	a.readRows()
}

// caseWords puts a case into one line.
func (a *App) caseWords(r procedure.CaseRow) caseWords {
	w := caseWords{sign: pictureWait, name: r.Name, number: r.Number, state: a.caseState(r)}
	switch r.Phase {
	case procedure.PhaseClosed:
		w.sign = pictureDone
	case procedure.PhaseRefused:
		w.sign = pictureWarning
	}
	if w.name == "" {
		w.name, w.faint = a.nameless(r), true
	}
	w.when = a.words.fill("journal.opened", with{"Time": a.moment(r.Opened), "Clerk": r.Clerk})
	if !r.Ended.IsZero() {
		w.when = a.words.fill("journal.ended", with{"Time": a.moment(r.Opened), "End": a.clockOf(r.Opened, r.Ended), "Clerk": r.Clerk})
	}
	w.sent = sentence(a.words.say("journal.waits"))
	if r.Sent {
		w.sent = sentence(a.words.say("journal.sent"))
	}
	return w
}

// nameless says why there is no name.
func (a *App) nameless(r procedure.CaseRow) string {
	switch {
	case r.Erased:
		return a.words.say("journal.erased")
	case r.NoCard:
		return a.words.say("band.no-card")
	}
	return a.words.say("band.unread")
}

// caseState says how a case stands.
func (a *App) caseState(r procedure.CaseRow) string {
	switch {
	case r.Phase == procedure.PhaseRefused:
		return a.words.fill("journal.refused", with{"Reason": a.reason(r.Refusal)})
	case r.Phase == procedure.PhaseClosed:
		return a.words.say("journal.done." + string(r.Action))
	}
	state := sentence(a.words.say("phase." + string(r.Phase)))
	if r.WaitsFor != procedure.WaitsForNothing {
		state = a.words.fill("home.state", with{"Phase": state, "Waits": a.words.say("waits." + string(r.WaitsFor))})
	}
	return state
}

// openRow shows the case of a line.
func (a *App) openRow(i int) {
	if row, known := a.draft.ledger.rows[a.places()[i]]; known && !row.failed {
		a.openHistory(row.ID)
	}
}

// openHistory reads what happened in a case and shows it.
func (a *App) openHistory(id procedure.CaseID) {
	var h procedure.CaseHistory
	a.do("history", func(ctx context.Context) (err error) {
		h, err = a.cfg.Desk.CaseHistory(ctx, id)
		return err
	}, func() { a.draft.ledger.of, a.draft.aside = &h, screenHistory })
}
