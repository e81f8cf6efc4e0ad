package procedure

import "maps"

// steps lists the steps of the case, in order.
func (c Case) steps() []Step {
	var s []Step
	add := func(when bool, steps ...Step) {
		if when {
			s = append(s, steps...)
		}
	}
	certifies := c.Action.Certifies()
	add(c.Unblock != UnblockNone, StepUnblock)
	add(!c.Action.ChangesStatus(), StepCard)
	add(certifies, StepKey)
	add(certifies && c.ContractID != "", StepContract)
	add(certifies, StepRequest, StepWrite)
	add(certifies && c.retires(), StepRetire)
	add(certifies, StepReadBack, StepActivate)
	add(c.Action.ChangesStatus(), StepStatus)
	add(c.Action.ChangesStatus() && c.Status.EndContract, StepEndContract)
	return s
}

// retires reports whether the case removes something old from the chip.
func (c Case) retires() bool { return c.Attempt.Old > 0 || c.Retired > 0 || c.Attempt.RetireTried }

// stepStarts and stepEnds tell which step an event starts and ends: an intent
// starts it, its result ends it.
func (c Case) stepStarts(k Kind) (Step, bool) {
	if k == KindSubmit && c.contractDue() {
		return StepContract, true
	}
	s, ok := map[Kind]Step{
		KindUnblock: StepUnblock, KindLogin: StepCard, KindGenerate: StepKey, KindSubmit: StepRequest,
		KindContractRegistered: StepRequest, KindWrite: StepWrite, KindWritten: StepReadBack, KindRetire: StepRetire,
		KindActivate: StepActivate, KindChangeIntent: StepStatus, KindContractEnd: StepEndContract,
	}[k]
	return s, ok
}

func stepEnds(k Kind) (Step, bool) {
	s, ok := map[Kind]Step{
		KindUnblocked: StepUnblock, KindPINVerified: StepCard, KindKey: StepKey, KindContractRegistered: StepContract,
		KindCertificate: StepRequest, KindWritten: StepWrite, KindRetired: StepRetire, KindReadBack: StepReadBack,
		KindActive: StepActivate, KindStatusChanged: StepStatus, KindContractEnded: StepEndContract,
	}[k]
	return s, ok
}

// stepFails tells which step an event ends without success.
func stepFails(e Event) (Step, bool) {
	switch e.Kind {
	case KindStepFailed:
		if b, ok := e.Body.(*StepFailure); ok {
			return b.Step, true
		}
	case KindReadBack:
		b, ok := e.Body.(*ReadBack)
		return StepReadBack, ok && !b.Found
	case KindLoginFailed:
		return StepCard, true
	case KindRefusal, KindUnusable:
		return StepRequest, true
	case KindStatusRefused:
		return StepStatus, true
	}
	return "", false
}

// stepsAfter folds the progress of the work.
func (c Case) stepsAfter(e Event) map[Step]StepView {
	if e.Kind == KindAttemptBegun {
		return nil
	}
	ended, ends := stepEnds(e.Kind)
	started, starts := c.stepStarts(e.Kind)
	failed, fails := stepFails(e)
	if !ends && !starts && !fails {
		return c.Steps
	}
	steps := maps.Clone(c.Steps)
	if steps == nil {
		steps = map[Step]StepView{}
	}
	end := func(s Step, state StepState) {
		v := steps[s]
		v.Step, v.State = s, state
		if !v.Started.IsZero() {
			v.Took = e.At.Sub(v.Started)
		}
		steps[s] = v
	}
	if ends {
		end(ended, StepDone)
	}
	if fails {
		end(failed, StepFailed)
	}
	if starts {
		steps[started] = StepView{Step: started, State: StepNow, Started: e.At}
	}
	return steps
}
