import { locales } from '@iam/domain/mail'
import { html, type Content, type Html } from './html.ts'
import { stylesheetPath } from './stylesheet.ts'
import { languages, type Words } from './words/index.ts'
import type { Locale } from '@iam/domain/mail'

/** What surrounds a page. */
export interface Frame {
  readonly locale: Locale
  readonly words: Words
  readonly title: string
  /** Whose page it is; undefined where no tenant is known. */
  readonly tenant: { readonly name: string; readonly base: string } | undefined
  /** Where the page is in other languages: its path, with a query that lacks only the language. */
  readonly here: string | undefined
  readonly wide?: boolean
  /** After how many seconds the page is to be loaded anew: for one that waits for something. */
  readonly refresh?: number
  /** The path of the script that the page needs. */
  readonly script?: string
  /** Whether the form was refused: the title says so first, because it is what is read out first. */
  readonly failed?: boolean
}

/** A whole page around its content. */
export function layout(frame: Frame, content: Content): Html {
  const { locale, words, title, tenant, wide, failed, refresh } = frame
  const named = tenant === undefined ? title : `${title} · ${tenant.name}`
  return html`<!doctype html>
<html lang="${locale}" dir="${words.direction}">
<head>
<meta charset="utf-8">
<title>${failed === true && `${words.errorPrefix} `}${named}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${
  refresh !== undefined &&
  html`<meta http-equiv="refresh" content="${refresh}">
`
}<link rel="stylesheet" href="${stylesheetPath}">
${frame.script !== undefined && html`<script src="${frame.script}" defer></script>`}
</head>
<body${wide === true && html` class="wide"`}>
<a class="skip" href="#content">${words.skip}</a>
<header>${tenant !== undefined && brand(tenant)}</header>
<main id="content">
${content}
</main>
<footer>${languageLinks(frame)}</footer>
</body>
</html>
`
}

function brand({ name, base }: { readonly name: string; readonly base: string }): Html {
  const [initial = ''] =
    new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next().value?.segment ?? ''
  return html`<div class="brand"><a href="${base}"><span class="mark" aria-hidden="true">${initial.toUpperCase()}</span><span>${name}</span></a></div>`
}

function languageLinks({ locale, words, here }: Frame): Content {
  if (here === undefined) return undefined
  const glue = here.includes('?') ? '&' : '?'
  const links = locales.map((each) => {
    const { name } = languages[each]
    return each === locale
      ? html`<li><span lang="${each}" aria-current="true">${name}</span></li>`
      : html`<li><a href="${here}${glue}lang=${each}" lang="${each}" hreflang="${each}">${name}</a></li>`
  })
  return html`<nav aria-label="${words.chooseLanguage}"><ul class="languages">${links}</ul></nav>`
}
