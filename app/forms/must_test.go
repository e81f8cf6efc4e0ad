package forms

import (
	"os/exec"
	"strings"
	"testing"

	"salter/app/procedure"
	"salter/app/serbian"
)

// mustFields is what section 4 of the procedure demands of one paper. Words
// are those of the template, in the script of the paper; data stand as they
// came.
type mustFields struct {
	name, scene string
	kind        procedure.PaperKind
	words, data []string
}

func mustFieldsOfAll() []mustFields {
	citizen := []string{"ЂУРЂЕВИЋ-ЊЕЖИЋ", "ЉУБИЦА", "0101900715006", "012345678", "PS NOVI BEOGRAD", "14.03.2031."}
	with := func(more ...string) []string { return append(more, citizen...) }
	received := []string{"Захтев примио службеник", "Милица Јовановић", "Датум пријема", "Потпис службеника"}
	and := func(more ...string) []string { return append(more, received...) }
	return []mustFields{
		{"R8 request to issue", "issue", procedure.PaperRequest, and(
			"Образац 1", "Захтев за пружање услуге издавања и обнављања", "1 Издавање сертификата", "2 Обнављање сертификата",
			"адреса се не уписује", "у сертификат уписати", "Својеручни потпис корисника", "Место и датум", "ЈМБГ",
			"Електронска пошта за обавештења", "Време пријема"), with("104233")},
		{"R23 request to renew", "renew", procedure.PaperRequest, and(
			"Образац 1", "1 Издавање сертификата", "2 Обнављање сертификата", "Својеручни потпис корисника",
			"адреса се не уписује", "у сертификат уписати", "Уговор на основу којег се обнавља"),
			with("22B7610DE05C4F9981A0B3C2", "BG-017-03-2026-000042/У", "14.03.2021.")},
		{"R3 and E22 unblock", "unblock", procedure.PaperUnblock, and(
			"Образац 2", "Захтев за деблокадом ПИН-а", "1 Деблокада уз задржавање постојећег ПИН-а", "2 Деблокада уз промену ПИН-а",
			"Својеручни потпис корисника", "Потпис службеника о пријему", "Исход", "Деблокада није успела", "бесплатна"), with("104233")},
		{"E23 change of status", "revoke", procedure.PaperStatus, and(
			"Образац 3", "Захтев за промену статуса", "1 Опозив сертификата", "2 Суспензија сертификата", "3 Реактивација",
			"Разлог", "сумња да је други сазнао ПИН", "Тачно време пријема", "О исходу ме обавестити", "раскидам Уговор",
			"Својеручни потпис корисника", "Исход", "Захтев је одбијен"),
			with("3FA91C02D47BE65800119AF4", "22.11.2026. – 14.03.2031.", "10:30", "24")},
		{"change of status without card", "suspend without card", procedure.PaperStatus, and(
			"Презиме", "Идентитет утврђен увидом у исправу", "губитак личне карте"), []string{"пасош 012345678", "3FA91C02D47BE65800119AF4"}},
		{"R9 terms", "issue", procedure.PaperTerms, []string{
			"Општи услови пружања услуге", "Ко може да поднесе захтев", "Рок важења и обнављање", "Обавезе корисника", "Обавезе Пружаоца",
			"Суспензија, реактивација и опозив", "Ограничења употребе и одговорности", "Подаци о личности", "чувају се 10 година",
			"Приговори и спорови", "Прихватање", "Својеручни потпис корисника", "примерак 2 од 2"},
			[]string{"345-01-258/2018-12", "0.4.0.194112.1.2", "1.3.6.1.4.1.33589.1.1.0", "http://ca.mup.gov.rs/MUP_CPS.pdf"}},
		{"R10 to R12 contract", "issue", procedure.PaperContract, []string{
			"Уговор о пружању услуге", "на захтев корисника", "помоћник министра", "М.П.", "својеручни потпис",
			"Потписано у присуству службеника", "Милица Јовановић", "на неодређено време", "примерак 2 од 2"},
			with("BG-017-03-2026-000042/У", "22.11.2026.", "10427", "AMFBCGA7")},
		{"receipt of issuing", "issue", procedure.PaperReceipt, []string{
			"Издавање сертификата", "22.11.2026. у 10:41", "Кориснику је уручено", "један потписан примерак Уговора"},
			[]string{"104233", "BG-017-03", "3FA91C02D47BE65800119AF4", "14.03.2031.", "10427", "AMFBCGA7"}},
		{"receipt of renewal", "renew", procedure.PaperReceipt, []string{
			"Потврда о обновљеном", "Обнављање сертификата", "уклоњени су са чипа", "лична карта са уписаним сертификатом"},
			[]string{"22B7610DE05C4F9981A0B3C2", "3FA91C02D47BE65800119AF4", "15.03.2031."}},
		{"receipt of unblock", "unblock", procedure.PaperReceipt, []string{
			"Потврда о деблокади", "деблокиран, задржан је постојећи", "лична карта и ова потврда"}, []string{"012345678", "104233"}},
		{"receipt of both", "unblock-issue", procedure.PaperReceipt, []string{
			"Деблокада ПИН-а и издавање сертификата", "деблокиран и промењен", "један потписан примерак Уговора"}, []string{"3FA91C02D47BE65800119AF4"}},
		{"E23 confirmation", "revoke", procedure.PaperStatusDone, []string{
			"Потврда о промени статуса", "Опозив сертификата", "опозван", "сумња да је други сазнао ПИН", "22.11.2026. у 10:30", "22.11.2026. у 10:40",
			"Опозив је коначан", "престао је Уговор број"}, []string{"3FA91C02D47BE65800119AF4", "BG-017-03-2026-000042/У", "104233"}},
		{"E33 take-home sheet", "issue", procedure.PaperTakeHome, []string{
			"Сертификат важи до", "Обнављање је могуће од", "три узастопна погрешна уноса", "бесплатна", "било којој", "одмах",
			"Шта да инсталирате", "Како да проверите"}, []string{"14.03.2031.", "15.03.2031.", "BG-017-03-2026-000042/У", "MUP Root CA 4", "MUP Gradjani CA 4"}},
		{"refusal", "refuse", procedure.PaperRefusal, []string{
			"Обавештење о одбијању захтева", "Ваша лична карта је истекла", "Затражите нову личну карту", "било којој"}, []string{"012345678", "104233"}},
		{"refusal of a card that cannot be read", "refuse unreadable", procedure.PaperRefusal, []string{
			"Подаци са чипа Ваше личне карте не могу да се прочитају", "било којој"}, []string{"104233"}},
		{"E21 label of issuing", "issue", procedure.PaperLabel, []string{
			"Чувати до", "Образац 1", "Уговор", "Општи услови", "Полица"},
			[]string{"14.03.2041.", "5006", "012345678", "BG-017-03-2026-000042/У", "3FA91C02D47BE65800119AF4"}},
		{"E21 label of renewal", "renew", procedure.PaperLabel, []string{"Обнављање сертификата", "Образац 1"}, []string{"14.03.2041."}},
		{"E21 label of both", "unblock-issue", procedure.PaperLabel, []string{"Деблокада и издавање", "Образац 1", "Образац 2", "Уговор (1)", "Општи услови (1)"}, nil},
		{"E21 label of unblock", "unblock", procedure.PaperLabel, []string{"Деблокада ПИН-а", "Образац 2"}, nil},
		{"E21 label of status", "revoke", procedure.PaperLabel, []string{"Опозив сертификата", "Образац 3"}, []string{"3FA91C02D47BE65800119AF4"}},
	}
}

// TestMustFields looks for every must-field in both scripts: in the text layer
// that we wrote, and in what pdftotext reads, where it is installed.
func TestMustFields(t *testing.T) {
	frame := []string{"Министарство унутрашњих послова", "Сертификационо тело", "Полицијска станица Нови Београд", "примерак 1 од", "страна 1 од"}
	_, err := exec.LookPath("pdftotext")
	installed := err == nil
	for _, script := range []string{ScriptCyrillic, ScriptLatin} {
		jobs := map[string]Job{}
		for _, s := range scenes() {
			d := s.data()
			d.Script = script
			jobs[s.name] = render(t, d, Options{})
		}
		for _, tt := range mustFieldsOfAll() {
			t.Run(tt.name+" "+script, func(t *testing.T) {
				p := paper(t, jobs[tt.scene], tt.kind)
				want := append([]string{p.Record.Version + ", " + p.Record.Template[:8], "BG-017-03-2026-000042"}, tt.data...)
				for _, w := range append(frame, tt.words...) {
					want = append(want, ours(w, script))
				}
				lookFor(t, "our text layer", shown(t, p.PDF), want)
				if installed {
					lookFor(t, "pdftotext", oneLine(extract(t, p.PDF, "-raw")), want)
				}
			})
		}
	}
}

func lookFor(t *testing.T, reader, text string, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q", reader, w)
		}
	}
}

// TestEnglishSheet: a foreigner takes home both sheets, in one job.
func TestEnglishSheet(t *testing.T) {
	for _, s := range scenes() {
		got := []string{}
		for _, p := range render(t, s.data(), Options{}).Papers {
			if p.Record.Kind != procedure.PaperTakeHome {
				continue
			}
			got = append(got, p.Record.Script)
			if p.Record.Script == English {
				lookFor(t, "our text layer", shown(t, p.PDF), []string{
					"Certificate valid until", "14.03.2031.", "Renewal possible from", "15.03.2031.", "three wrong entries", "free of charge", "any office",
					"at once", "What to install", "How to test", "MUP Root CA 4", "MUP Stranci CA 4", "MÜLLER-ØSTERGÅRD JOSÉ MARÍA",
					"BG-017-03-2026-000042", "Policijska stanica Novi Beograd", "copy 1 of 1", "DEMO",
				})
			}
		}
		want := ""
		switch s.name {
		case "issue", "renew":
			want = ScriptCyrillic
		case "foreigner":
			want = ScriptCyrillic + " " + English
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: take-home sheets %q, want %q", s.name, got, want)
		}
	}
}

// TestPersonalDataOfSheets: the take-home sheet shows name and case number
// alone, the confirmation of a change of status no whole personal number, and
// the papers in Latin letters leave the name as it is on the chip.
func TestPersonalDataOfSheets(t *testing.T) {
	d := scenes()[0].data()
	d.Script = ScriptLatin
	sheet := shown(t, paper(t, render(t, d, Options{}), procedure.PaperTakeHome).PDF)
	for _, never := range []string{"0101900715006", "5006", "012345678", "3FA91C02D47BE65800119AF4"} {
		if strings.Contains(sheet, never) {
			t.Errorf("the take-home sheet shows %q", never)
		}
	}
	if !strings.Contains(sheet, "ЂУРЂЕВИЋ-ЊЕЖИЋ ЉУБИЦА") || strings.Contains(sheet, serbian.Latin("ЉУБИЦА")) {
		t.Errorf("the name is not as on the chip")
	}
}
