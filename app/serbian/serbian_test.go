package serbian_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"salter/app/serbian"
)

// TestLatin holds the examples of the procedure reference, section 5.5, and
// what follows from its rule.
func TestLatin(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"capital before a capital", "ВИШЉАСТА", "VIŠLJASTA"},
		{"last of a word in capitals", "КОЊ", "KONJ"},
		{"first of a word in capitals", "ЏОН", "DŽON"},
		{"capital before a small letter", "Љуба", "Ljuba"},
		{"capital dž before a small letter", "Џон", "Džon"},
		{"initial", "Њ.", "Nj."},
		{"alone", "Љ", "Lj"},
		{"initial between words in capitals", "ПЕТРОВИЋ Љ. АНА", "PETROVIĆ Lj. ANA"},
		{"hyphen separates", "ЖИВАЉ-Њ", "ŽIVALJ-Nj"},
		{"apostrophe separates", "Д’ЉУБА", "D’LJUBA"},
		{"apostrophe leaves a single letter", "ОБРЕНОВИЋ'Љ", "OBRENOVIĆ'Lj"},
		{"two in a row", "ЉЊ", "LJNJ"},
		{"two words", "Ђорђе ЏУМХУР", "Đorđe DŽUMHUR"},
		{"before a Latin capital", "ЉA", "LJA"},
		{"accent on the next letter", "Њу\u0301шко", "Nju\u0301ško"},
		{"accent on the letter before", "КО\u0301Њ", "KO\u0301NJ"},
		{"small letters", "љубичица њише џак", "ljubičica njiše džak"},
		{"azbuka", "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ", "ABVGDĐEŽZIJKLLJMNNJOPRSTĆUFHCČDŽŠ"},
		{"small azbuka", "абвгдђежзијклљмнњопрстћуфхцчџш", "abvgdđežzijklljmnnjoprstćufhcčdžš"},
		{"Latin as it is", "Đorđe Ljubić, NJEGOŠ Dž. Tanjug", "Đorđe Ljubić, NJEGOŠ Dž. Tanjug"},
		{"numbers and signs", "бр. 17/2026 – „А“", "br. 17/2026 – „A“"},
		{"letters of other alphabets", "Jürgen Øst Юлія", "Jürgen Øst Юlія"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := serbian.Latin(tt.in); got != tt.want {
				t.Errorf("Latin(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzLatin(f *testing.F) {
	for _, s := range []string{"ВИШЉАСТА", "Њ.", "ЖИВАЉ-Њ", "Đorđe", "\xff", "у\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		latin := serbian.Latin(s)
		if again := serbian.Latin(latin); again != latin {
			t.Errorf("Latin(%q) = %q, and of that %q: want it unchanged", s, latin, again)
		}
		if strings.ContainsAny(latin, "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШабвгдђежзијклљмнњопрстћуфхцчџш") {
			t.Errorf("Latin(%q) = %q: a letter of the azbuka is left", s, latin)
		}
	})
}

// BenchmarkLatin writes one name in Latin letters.
func BenchmarkLatin(b *testing.B) {
	for b.Loop() {
		serbian.Latin("ВИШЉАСТА ЂОРЂЕВИЋ-ЏУМХУР")
	}
}

func TestSearchKey(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"ЂОРЂЕ", "djordje"},
		{"Đorđe", "djordje"},
		{"djordje", "djordje"},
		{"Чедомир Ћосић", "cedomir cosic"},
		{"Šećerov-Žižić", "secerov-zizic"},
		{"ЏЕВАД", "dzevad"},
		{"Dževad", "dzevad"},
		{"ǅevad", "dzevad"},
		{"Љубица Њежић", "ljubica njezic"},
		{"LJUBICA", "ljubica"},
		{"c\u030cvor", "cvor"},
		{"Szűcs Ágnes", "szucs agnes"},
		{"  Ана \t Марија ", "ana marija"},
		{"0101900710004", "0101900710004"},
		{"BG-017-03-2026-000045", "bg-017-03-2026-000045"},
		{"", ""},
	} {
		if got := serbian.SearchKey(tt.in); got != tt.want {
			t.Errorf("SearchKey(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzSearchKey(f *testing.F) {
	f.Add("ЂОРЂЕ Џумхур")
	f.Add("İ ſ K")
	f.Fuzz(func(t *testing.T, s string) {
		key := serbian.SearchKey(s)
		if again := serbian.SearchKey(key); again != key {
			t.Errorf("SearchKey(%q) = %q, and of that %q: want it unchanged", s, key, again)
		}
		if latin := serbian.SearchKey(serbian.Latin(s)); latin != key {
			t.Errorf("SearchKey(%q) = %q, in Latin %q: want the same", s, key, latin)
		}
	})
}

// TestCompare sorts shuffled lists: both alphabets, and what stands in a
// counter's lists.
func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"azbuka", strings.Fields("А Б В Г Д Ђ Е Ж З И Ј К Л Љ М Н Њ О П Р С Т Ћ У Ф Х Ц Ч Џ Ш")},
		{"small azbuka", strings.Fields("а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш")},
		{"abeceda", strings.Fields("A B C Č Ć D Dž Đ E F G H I J K L Lj M N Nj O P R S Š T U V Z Ž")},
		{"abeceda in capitals", strings.Fields("A B C Č Ć D DŽ Đ E F G H I J K L LJ M N NJ O P R S Š T U V Z Ž")},
		{"each Cyrillic letter before all that begin with it", strings.Fields("Д Дш Ђ Ђа Л Лш Љ Љш Н Нш Њ Њш Т Тш Ћ Ћш Ч Чш Џ Џш Ш Шш")},
		{"each Latin letter before all that begin with it", strings.Fields("C Cž Č Čž Ć Ćž D Dz Dža Džž Đ Đž L Lz Lja Ljž Mz N Nz Nja Njž O S Sž Š Šž Z Zž Ž Žž")},
		{"digraph as one sign", []string{"Dz", "ǅanić", "Džb", "Đ"}},
		{"Cyrillic before Latin", []string{"Аћић", "Шћекић", "Ačić", "Žunić"}},
		{"other alphabets at the end", []string{"Шћекић", "Žunić", "Ωmega", "Юрий"}},
		{"shorter words first", []string{"Ана Вуковић", "Ана-Марија", "Анабела Антић", "Анђа"}},
		{"digits before letters", []string{"1", "12", "2", "А", "A"}},
		{"foreign letters", strings.Fields("Pavić Quint Radić Vasić Weber Xu Yilmaz Zorić")},
		{"foreign accents with their letter", []string{"Agić", "Ágnes", "Agović"}},
		{"the same but for size", []string{"ANA", "Ana", "ana"}},
		{"one inside the other", []string{"", "А", "АА"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(len(tt.name))))
			for range 20 {
				got := slices.Clone(tt.want)
				random.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
				slices.SortFunc(got, serbian.Compare)
				if !slices.Equal(got, tt.want) {
					t.Fatalf("sorted %q, want %q", got, tt.want)
				}
			}
		})
	}
}

// FuzzCompare looks for strings that break the laws of an order.
func FuzzCompare(f *testing.F) {
	f.Add("Љуба", "Ljuba", "ljuba")
	f.Add("Dž", "dZ\u030c", "\xff")
	f.Add("л\u0301", "л", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, bc, ac := serbian.Compare(a, b), serbian.Compare(b, c), serbian.Compare(a, c)
		if back := serbian.Compare(b, a); (ab < 0) != (back > 0) || (ab == 0) != (back == 0) {
			t.Errorf("%q and %q compare as %d and %d", a, b, ab, back)
		}
		if (ab == 0) != (a == b) {
			t.Errorf("%q and %q compare as %d", a, b, ab)
		}
		if ab <= 0 && bc <= 0 && ac > 0 {
			t.Errorf("%q, %q, %q: not transitive", a, b, c)
		}
	})
}

// BenchmarkCompare sorts a day's list of 1000 names.
func BenchmarkCompare(b *testing.B) {
	names := make([]string, 1000)
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("абвгдђежзијклљмнњопрстћуфхцчџш")
	for i := range names {
		name := make([]rune, 12)
		for j := range name {
			name[j] = letters[random.IntN(len(letters))]
		}
		names[i] = string(name)
	}
	for b.Loop() {
		slices.SortFunc(slices.Clone(names), serbian.Compare)
	}
}
