package procedure

// Names in Error.Fields, one for each input that can be missing.
const (
	FieldFace           = "face"
	FieldKnowsPIN       = "knows_pin"
	FieldLastTry        = "last_try"
	FieldPapers         = "papers" // the contract was not rendered
	FieldRequestSigned  = "request_signed"
	FieldTermsSigned    = "terms_signed"
	FieldContractSigned = "contract_signed"
	FieldContractSealed = "contract_sealed"
	FieldWanted         = "wanted"
	FieldAddress        = "address"
	FieldAgain          = "again"
	FieldCardReturned   = "card_returned"
	FieldCitizenPapers  = "citizen_papers"
	FieldArchived       = "archived"
)
