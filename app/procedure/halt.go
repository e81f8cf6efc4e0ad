package procedure

// Halt stops the counter for good, until the program is started anew: somebody
// who looked at the whole journal found that it does not hold. The first reason
// stands.
func (e *Engine) Halt(why *Error) {
	e.update(func() {
		if e.stop == nil {
			e.stop = why
		}
		e.backoff.reset()
	})
	e.wake()
}
