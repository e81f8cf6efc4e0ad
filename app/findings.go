package app

import "salter/app/procedure"

// Spoken is a finding of the counter's check in words.
type Spoken struct {
	Part string // what was looked at
	What string // what was found
	Do   string // what to do; empty: nothing
}

// FindingWords puts findings into words of the given language, as the status
// page does, but for the command line: there is no page and no key to press.
func FindingWords(l Language) (func(procedure.Finding) Spoken, error) {
	words, err := loadMessages(l)
	if err != nil {
		return nil, err
	}
	return func(f procedure.Finding) Spoken { return words.finding(f, placeConsole) }, nil
}

// finding puts a finding into words.
func (m *messages) finding(f procedure.Finding, at place) Spoken {
	id := "check." + string(f.Part)
	s := Spoken{Part: m.say(id)}
	if f.Note == "" && f.Problem != nil {
		t := m.explain(f.Problem, at, nil)
		s.What, s.Do = t.what, t.do
		return s
	}
	values := with{}
	for name, value := range f.Values {
		if d, err := parseDay(value); err == nil {
			value = m.date(d)
		}
		if name == "Script" {
			value = m.say("language." + value)
		}
		values[name] = value
	}
	id += "." + f.Note
	s.What = m.fill(id, values)
	if f.Grade != procedure.GradeGood {
		s.Do = m.fill(m.either(id+".do"+string(at), id+".do"), values)
	}
	return s
}
