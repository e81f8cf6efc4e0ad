package api

// Routes lists the patterns of both ports.
func Routes() []string {
	var patterns []string
	for _, r := range new(server).routes() {
		patterns = append(patterns, r.pattern)
	}
	for pattern := range new(public).routes() {
		patterns = append(patterns, pattern)
	}
	return patterns
}
