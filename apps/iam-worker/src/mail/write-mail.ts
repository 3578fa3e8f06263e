import type { ComposedMail } from '@iam/domain/account'
import type { Facts, Language } from './language.ts'
import { languages } from './words.ts'

/** A mail's words, in both forms. */
export interface WrittenMail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Puts a mail into words, in its language, as text and as HTML that says the same. */
export function writeMail(mail: ComposedMail): WrittenMail {
  const language = languages[mail.locale]
  const words = language.letters[mail.letter]
  const facts: Facts = { tenant: oneLine(mail.tenantName), minutes: mail.minutes ?? 0, params: mail.params }
  const parts: Parts = {
    subject: oneLine(words.subject(facts)),
    before: words.paragraphs(facts).filter((line) => line !== ''),
    button: words.button,
    link: mail.link,
    digits: mail.digits,
    life: mail.minutes === undefined ? undefined : language.lifetime(mail.minutes),
    after: words.closing,
  }
  return { subject: parts.subject, text: asText(language, parts), html: asHtml(language, parts, mail.locale) }
}

interface Parts {
  readonly subject: string
  readonly before: readonly string[]
  readonly button: string | undefined
  readonly link: string | undefined
  readonly digits: string | undefined
  readonly life: string | undefined
  readonly after: string | undefined
}

function asText(language: Language, parts: Parts): string {
  const { before, button, link, digits, life, after } = parts
  const lines = [...before]
  if (button !== undefined && link !== undefined) lines.push(`${button}${lasting(life)}:\n${link}`)
  if (digits !== undefined) lines.push(`${beforeDigits(language, parts)} ${spaced(digits)}`)
  if (after !== undefined) lines.push(after)
  return `${lines.join('\n\n')}\n`
}

function asHtml(language: Language, parts: Parts, locale: string): string {
  const { subject, before, button, link, digits, life, after } = parts
  const body = before.map((line) => `<p>${escape(line)}</p>`)
  if (button !== undefined && link !== undefined) {
    body.push(
      `<p style="margin:2em 0"><a href="${escape(link)}" style="${buttonStyle}">${escape(button)}</a>${escape(lasting(life))}</p>`,
      `<p style="${small}">${escape(language.orLink)}<br><a dir="ltr" href="${escape(link)}">${escape(link)}</a></p>`,
    )
  }
  if (digits !== undefined) {
    body.push(
      `<p>${escape(beforeDigits(language, parts))}<br><strong dir="ltr" style="font-size:1.5em;letter-spacing:.1em">${spaced(digits)}</strong></p>`,
    )
  }
  if (after !== undefined) body.push(`<p style="${small}">${escape(after)}</p>`)
  return `<!doctype html>
<html lang="${locale}" dir="${language.direction}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(subject)}</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:36em;margin:0 auto;padding:1em">
<h1 style="font-size:1.25em">${escape(subject)}</h1>
${body.join('\n')}
</body>
</html>
`
}

/** Without a link, the digits are what lives so long. */
function beforeDigits({ digits, digitsAlone }: Language, { link, life }: Parts): string {
  return link === undefined ? `${digitsAlone}${lasting(life)}:` : digits
}

const buttonStyle =
  'display:inline-block;background:#1d4ed8;color:#fff;padding:.75em 1.5em;border-radius:.375em;text-decoration:none'
const small = 'font-size:.875em;color:#444;overflow-wrap:anywhere'

function lasting(life: string | undefined): string {
  return life === undefined ? '' : ` (${life})`
}

function spaced(digits: string): string {
  return `${digits.slice(0, 4)} ${digits.slice(4)}`
}

/** A name can hold anything; a header is one line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
