/** Text that is HTML already. Only the `html` tag makes it, so that nothing else passes unescaped. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** Use `html`. */
  static of(text: string): Html {
    return new Html(text)
  }

  toString(): string {
    return this.#text
  }
}

/** What can stand in a template: undefined and false leave nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[]

/** A template whose values are escaped, for text and for quoted attributes, unless they are templates themselves. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  const text = parts.reduce((before, part, at) => `${before}${textOf(values[at - 1])}${part}`)
  return Html.of(text)
}

function textOf(value: Content): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value))
  return value.map(textOf).join('')
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
