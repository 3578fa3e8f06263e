import { faultNotice, field, form, type Fault } from './fields.ts'
import type { View } from './answer.ts'
import { nextField } from './factor-parts.ts'
import { html } from './html.ts'
import { withNext } from './sign-in-step.ts'
import type { Visit } from './visit.ts'

/** The second step of a sign-in that is unusual, for who has no second factor: the code that was mailed to them. */
export function mailedCodeView(visit: Visit, fault?: Fault): View {
  const { words, base } = visit
  const { title, submit: label, startOver, mailLead, mailLost } = words.secondFactor
  const code = field(
    {
      name: 'code',
      label: words.fields.code,
      hint: words.hints.code,
      autocomplete: 'one-time-code',
      code: true,
      first: true,
    },
    fault,
  )
  const mailed = html`<input type="hidden" name="mailed" value="yes">`
  return {
    title,
    content: html`<h1>${title}</h1>
<p class="lead">${mailLead}</p>
${faultNotice(fault)}
${form(visit, { action: `${base}/second-factor`, submit: label }, [nextField(visit), mailed, code])}
<p class="more">${mailLost} <a href="${base}/${withNext(visit, 'sign-in')}">${startOver}</a></p>`,
  }
}
