package procedure

// BroughtForm is a form that the citizen brought filled in (R4), with the
// number circled on it: 1 or 2 on Obrazac 1, 1 to keep and 2 to change on
// Obrazac 2, the number of status.form_numbers on Obrazac 3.
type BroughtForm struct {
	Kind    PaperKind `json:"kind"`
	Circled int       `json:"circled"`
}

// FormsBrought lists the forms that are in place of printed ones.
type FormsBrought struct {
	Forms []BroughtForm `json:"forms"`
}
