package forms

import (
	"testing"
	"time"

	"salter/app/procedure"
)

// scene is a case of one kind, with all papers that it prints from beginning
// to end.
type scene struct {
	name  string
	kinds []procedure.PaperKind
	do    func(*procedure.PaperData)
}

func (s scene) data() procedure.PaperData {
	d := testData(s.kinds...)
	s.do(&d)
	return d
}

// scenes are every kind of case, in the order of the contract for the papers.
func scenes() []scene {
	return []scene{
		{"issue", kinds(procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract, procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel), issued},
		{"renew", kinds(procedure.PaperRequest, procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel), renewed},
		{"unblock", kinds(procedure.PaperUnblock, procedure.PaperReceipt, procedure.PaperLabel), unblockedAlone},
		{"unblock-issue", kinds(procedure.PaperUnblock, procedure.PaperRequest, procedure.PaperReceipt, procedure.PaperLabel), func(d *procedure.PaperData) {
			issued(d)
			d.Unblock, d.Result.Unblocked, d.Result.PINChanged = procedure.UnblockChange, true, true
		}},
		{"unblock-renew", kinds(procedure.PaperUnblock, procedure.PaperRequest, procedure.PaperReceipt, procedure.PaperLabel), func(d *procedure.PaperData) {
			renewed(d)
			d.Unblock, d.Result.Unblocked = procedure.UnblockKeep, true
		}},
		{"revoke", kinds(procedure.PaperStatus, procedure.PaperStatusDone, procedure.PaperLabel), func(d *procedure.PaperData) {
			changed(d, procedure.ActionRevoke, procedure.StatusMisuse)
			d.Status.EndContract = true
		}},
		{"suspend without card", kinds(procedure.PaperStatus, procedure.PaperStatusDone, procedure.PaperLabel), func(d *procedure.PaperData) {
			changed(d, procedure.ActionSuspend, procedure.StatusLost)
			d.Identity = procedure.Identity{}
			d.Status.Document = "пасош 012345678, МУП Р. Србије"
		}},
		{"reactivate", kinds(procedure.PaperStatus, procedure.PaperStatusDone, procedure.PaperLabel), func(d *procedure.PaperData) {
			changed(d, procedure.ActionReactivate, procedure.StatusReactivateWish)
		}},
		{"reactivate, not received yet", kinds(procedure.PaperStatus), func(d *procedure.PaperData) {
			changed(d, procedure.ActionReactivate, procedure.StatusReactivateWish)
			d.Received, d.Result = time.Time{}, nil
		}},
		{"refuse", kinds(procedure.PaperRefusal), func(d *procedure.PaperData) {
			d.Result, d.Action, d.Service, d.Refusal = nil, procedure.ActionNone, procedure.ServiceCertificate, procedure.CodeCardExpired
		}},
		{"refuse unreadable", kinds(procedure.PaperRefusal), func(d *procedure.PaperData) {
			*d = procedure.PaperData{
				Demo: true, CaseNumber: d.CaseNumber, Office: d.Office, Counter: d.Counter, Clerk: d.Clerk, Now: d.Now,
				Kinds: d.Kinds, Refusal: procedure.CodeUnreadable,
			}
		}},
		{"foreigner", kinds(procedure.PaperUnblock, procedure.PaperRequest, procedure.PaperTerms, procedure.PaperContract, procedure.PaperReceipt, procedure.PaperTakeHome, procedure.PaperLabel), func(d *procedure.PaperData) {
			issued(d)
			d.Unblock, d.Result.Unblocked = procedure.UnblockKeep, true
			d.Identity.DocType, d.Identity.IssuedBy = procedure.DocTypeIF, ""
			d.Identity.Surname, d.Identity.GivenName = "", "MÜLLER-ØSTERGÅRD JOSÉ MARÍA"
			d.Result.Issuer = "MUP Stranci CA 4"
		}},
	}
}

func testScene(t testing.TB, name string) scene {
	t.Helper()
	for _, s := range scenes() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no scene %s", name)
	return scene{}
}

func kinds(k ...procedure.PaperKind) []procedure.PaperKind { return k }

func issued(d *procedure.PaperData) {
	d.Service, d.FormOption = procedure.ServiceCertificate, 1
	d.EarliestRenewal = procedure.Date{Year: 2031, Month: 3, Day: 15}
}

func renewed(d *procedure.PaperData) {
	issued(d)
	d.Action, d.FormOption = procedure.ActionRenew, 2
	d.OldSerial, d.OldNotAfter = "22b7610de05c4f9981a0b3c2", time.Date(2026, 3, 13, 22, 59, 59, 0, time.UTC)
	d.Contract.Date = procedure.Date{Year: 2021, Month: 3, Day: 14}
	d.Result.Retired = 1
}

func unblockedAlone(d *procedure.PaperData) {
	d.Action, d.Service, d.Unblock = procedure.ActionUnblock, procedure.ServiceUnblock, procedure.UnblockKeep
	d.Contract = procedure.ContractRef{}
	d.Result = &procedure.ResultView{Unblocked: true}
}

func changed(d *procedure.PaperData, op procedure.Action, reason procedure.StatusReason) {
	d.Action, d.Service = op, procedure.ServiceStatus
	d.Status = procedure.StatusAnswers{Op: op, Serial: d.Result.Serial, Reason: reason}
	d.StatusForm = map[procedure.Action]int{procedure.ActionRevoke: 1, procedure.ActionSuspend: 2, procedure.ActionReactivate: 3}[op]
	d.Certificate = &procedure.CertificateFact{
		Serial: d.Result.Serial, NotBefore: d.Result.NotBefore, NotAfter: d.Result.NotAfter, Contract: d.Contract.Number,
	}
	d.Contract = procedure.ContractRef{}
	d.Received = d.Now.Add(-11 * time.Minute)
	d.Result = &procedure.ResultView{StatusOp: op, StatusAt: d.Now.Add(-time.Minute)}
}
