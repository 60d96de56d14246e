package order

import (
	"github.com/jigap/jigap/ports"
)

// clean takes the figures, times and ids out of an answer that no record can hold, and says
// of one of them why: written as they are, they would be refused at each try. It truncates
// long texts.
func (p *Path[R, A, P]) clean(answer *A) (odd error) {
	common := P(answer).Common()
	if !common.Outcome.Known() { // of a later version, or none: assume least
		common.Outcome = ports.OutcomeUnknown
	}
	if err := ports.CheckProviderRef("ProviderRef", common.ProviderRef); err != nil {
		common.ProviderRef, odd = "", err
	}
	for _, text := range []*string{&common.Code, &common.Message, &common.Review, &common.Alarm} {
		*text = Truncate(*text)
	}
	return ports.Join(odd, p.kind.Clean(answer))
}

// Keep records what the provider said. An inquiry that learnt nothing, or less, does not
// remove what was learnt before. What was reported on the way counts until it is reported
// anew, or another order of the provider is.
func (p *Path[R, A, P]) Keep(next R, answer A) {
	head, progress := next.Head(), p.kind.Progress(next)
	if p.kind.Reports(&answer) {
		progress.Unread = false
	}
	common, before := P(&answer).Common(), P(&progress.Answer).Common()
	if !Taken(*common) && head.ProviderRef != "" && p.Working(next) {
		common.ProviderRef = "" // the provider has named its payment: another id is that of no payment
	}
	if Taken(*common) {
		progress.Named = common.ProviderRef
	}
	if common.ProviderRef == "" || head.ProviderRef == "" || common.ProviderRef == head.ProviderRef {
		p.kind.Remember(&answer, &progress.Answer)
	}
	if common.Outcome == ports.OutcomeUnknown {
		nothing := common.Likely == ports.OutcomeUnknown && common.Code == "" && common.ProviderRef == ""
		if nothing || head.Open && before.Outcome == ports.OutcomeApproved { // what was learnt before stands
			before.Alarm, before.Review = common.Alarm, common.Review
			if before.Outcome.Final() && before.Outcome != ports.OutcomeApproved {
				before.Outcome = ports.OutcomeUnknown
			}
			p.kind.Report(&progress.Answer, &answer)
			return
		}
		if common.Likely == ports.OutcomeUnknown {
			common.Likely = before.Likely
		}
	}
	if common.ProviderRef == "" {
		common.ProviderRef = head.ProviderRef
	}
	if common.ProviderRef != head.ProviderRef && head.ProviderRef != "" {
		progress.Unread = false // it was about another payment
	}
	head.ProviderRef, progress.Answer = common.ProviderRef, answer
	if has := common.Outcome == ports.OutcomeApproved || common.Outcome == ports.OutcomePending; has || common.Outcome.Final() {
		progress.Taken = has
	}
}
