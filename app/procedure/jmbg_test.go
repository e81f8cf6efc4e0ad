package procedure_test

import (
	"testing"
	"time"

	"salter/app/procedure"
)

var today = procedure.Date{Year: 2026, Month: time.November, Day: 23}

// TestJMBG holds all values of the procedure reference, section 5.1.
func TestJMBG(t *testing.T) {
	day := func(y, m, d int) procedure.Date { return procedure.Date{Year: y, Month: time.Month(m), Day: d} }
	tests := []struct {
		name   string
		number procedure.PersonalNumber
		want   procedure.JMBG
	}{
		{"published example", "0512981717776", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1981, 12, 5)}},
		{"first male", "0101900710004", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1900, 1, 1), Male: true}},
		{"last male", "0101900714999", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1900, 1, 1), Male: true}},
		{"first female", "0101900715006", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1900, 1, 1)}},
		{"remainder 0", "0101900719990", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1900, 1, 1)}},
		{"remainder 1", "0101900809990", procedure.JMBG{Finding: procedure.NumberControlTen, Born: day(1900, 1, 1)}},
		{"leap day", "2902904715000", procedure.JMBG{Finding: procedure.NumberGood, Born: day(1904, 2, 29)}},
		{"no leap year", "2902900710004", procedure.JMBG{Finding: procedure.NumberDate, Born: day(1900, 2, 29), Male: true}},
		{"year 2100", "0101100710006", procedure.JMBG{Finding: procedure.NumberDate, Born: day(2100, 1, 1), Male: true}},
		{"wrong checksum", "0101900710005", procedure.JMBG{Finding: procedure.NumberChecksum, Born: day(1900, 1, 1), Male: true}},
		{"12 digits", "010190071000", procedure.JMBG{Finding: procedure.NumberForm}},
		{"letter O", "01019007100O4", procedure.JMBG{Finding: procedure.NumberForm}},
		{"14 digits", "01019007100044", procedure.JMBG{Finding: procedure.NumberForm}},
		{"empty", "", procedure.JMBG{Finding: procedure.NumberForm}},
		{"Arabic digits", "٠١٠١٩٠٠٧١٠٠٠٤", procedure.JMBG{Finding: procedure.NumberForm}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := procedure.CheckJMBG(tt.number, today); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestPersonalNumberPrintsMasked(t *testing.T) {
	n := procedure.PersonalNumber("0101900710004")
	if n.String() != "[JMBG]" || n.GoString() != "[JMBG]" {
		t.Errorf("prints %s and %#v", n, n)
	}
	if n.Last4() != "0004" {
		t.Errorf("last four are %q", n.Last4())
	}
	if short := procedure.PersonalNumber("12"); short.Last4() != "" {
		t.Errorf("last four of two digits are %q", short.Last4())
	}
}

func TestDate(t *testing.T) {
	leap := procedure.Date{Year: 2024, Month: time.February, Day: 29}
	if got, want := leap.AddYears(1), (procedure.Date{Year: 2025, Month: time.March, Day: 1}); got != want {
		t.Errorf("a year after %v is %v, want %v", leap, got, want)
	}
	if (procedure.Date{Year: 2023, Month: time.February, Day: 29}).Exists() || !leap.Exists() {
		t.Error("leap days are not told apart")
	}
	if (procedure.Date{}).Exists() || (procedure.Date{}).String() != "" {
		t.Error("the zero date exists")
	}
	if got := today.String(); got != "23.11.2026." {
		t.Errorf("prints %q", got)
	}
	// 23:30 UTC is the next day in Belgrade, in winter and in summer.
	for _, at := range []time.Time{
		time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC), time.Date(2026, 11, 23, 22, 59, 0, 0, time.UTC),
	} {
		if got := procedure.Today(at); got != today {
			t.Errorf("%v is the day %v, want %v", at, got, today)
		}
	}
	born := procedure.Date{Year: 2008, Month: time.November, Day: 24}
	if age := born.AgeOn(today); age != 17 {
		t.Errorf("age a day before the birthday is %d, want 17", age)
	}
	if age := born.AgeOn(procedure.Date{Year: 2026, Month: time.November, Day: 24}); age != 18 {
		t.Errorf("age on the birthday is %d, want 18", age)
	}
}

func TestCheckEmail(t *testing.T) {
	long := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a'
		}
		return string(b)
	}
	tests := []struct {
		name, address string
		good          bool
	}{
		{"plain", "ana.petrovic@primer.rs", true},
		{"plus and digits", "ana+kes2026@mail.primer.co.rs", true},
		{"longest local part", long(64) + "@primer.rs", true},
		{"local part too long", long(65) + "@primer.rs", false},
		{"too long", long(60) + "@" + long(60) + "." + long(60) + "." + long(60) + "." + long(60) + ".rs", false},
		{"label too long", "ana@" + long(64) + ".rs", false},
		{"empty", "", false},
		{"no at", "ana.primer.rs", false},
		{"two at", "ana@@primer.rs", false},
		{"no domain", "ana@", false},
		{"no dot in domain", "ana@primer", false},
		{"dot at the end", "ana@primer.rs.", false},
		{"two dots", "ana..p@primer.rs", false},
		{"line break", "ana@primer.rs\r\nBcc: x@y.rs", false},
		{"line break before @", "an\na@primer.rs", false},
		{"blank", "ana petrovic@primer.rs", false},
		{"Cyrillic", "ана@пример.срб", false},
		{"hyphen at the edge", "ana@-primer.rs", false},
		{"quoted", `"ana"@primer.rs`, false},
		{"NUL", "ana\x00@primer.rs", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := procedure.CheckEmail(tt.address)
			if (err == nil) != tt.good {
				t.Fatalf("CheckEmail(%q) = %v, want good %t", tt.address, err, tt.good)
			}
			if err != nil && codeOf(err) != procedure.CodeEmailSyntax && codeOf(err) != procedure.CodeEmailDomain {
				t.Errorf("code %q", codeOf(err))
			}
		})
	}
}
