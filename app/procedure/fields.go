package procedure

// Names in Error.Fields, one for each input that can be missing.
const (
	FieldFace            = "face"
	FieldKnowsPIN        = "knows_pin"
	FieldLastTry         = "last_try"
	FieldPapers          = "papers" // the contract was not rendered
	FieldRequestSigned   = "request_signed"
	FieldTermsSigned     = "terms_signed"
	FieldContractSigned  = "contract_signed"
	FieldContractSealed  = "contract_sealed"
	FieldWanted          = "wanted"
	FieldAddress         = "address"
	FieldAgain           = "again"
	FieldCardReturned    = "card_returned"
	FieldCitizenPapers   = "citizen_papers"
	FieldArchived        = "archived"
	FieldService         = "service"
	FieldUnblock         = "unblock" // keep or change
	FieldUnblockSigned   = "unblock_signed"
	FieldUnblockReceived = "unblock_received"
	FieldStatusSigned    = "status_signed"
	FieldStatusReceived  = "status_received"
	FieldReceivedAt      = "received_at" // in the future, or before the citizen could have come
	FieldOp              = "op"
	FieldSerial          = "serial"
	FieldReason          = "reason"
	FieldDocument        = "document"
	FieldContract        = "contract"
	FieldPersonalNumber  = "personal_number"
	FieldCardNumber      = "card_number"
	FieldChoice          = "choice"
	FieldSearch          = "search"
	FieldReference       = "reference" // of the operator's answer
)

// Names in Error.Fields of CodePINWeak: why a new PIN is weak (E14).
const (
	WeakRepeat   = "repeat"   // the same digits over and over
	WeakSequence = "sequence" // digits in a row
	WeakBirth    = "birth"    // of the date of birth
	WeakPersonal = "personal" // part of the personal number
	WeakCard     = "card"     // part of the card number
)
