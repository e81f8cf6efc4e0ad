package db

// Tables lists what copies carry over.
func Tables() []string { return tables() }
