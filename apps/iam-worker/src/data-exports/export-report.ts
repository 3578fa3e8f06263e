import type { ExportDocument } from '@iam/domain/data-request'
import type { Line, Report } from '@iam/platform/pdf'

/** Of each section, in the PDF: whoever has more of one reads it by a program. */
const mostRecords = 500

/** An export as something to read. The JSON file is the authoritative one; this says the same in other words. */
export function exportReport(document: ExportDocument): Report {
  const { request, organisation, person, contents, sections, elsewhere } = document
  return {
    title: 'Your personal data',
    lead: [
      `What ${organisation.name} knows of you (${person.email}), put together on ${request.madeAt}.`,
      `Request ${request.id} of ${request.askedAt}. The JSON file that comes with this one has the same, for programs.`,
      'Times are UTC. Values that would open your account, and keyed hashes, are named but not shown.',
    ],
    sections: [
      ...contents.map(({ name, about, withheld }) => {
        const records = sections[name] ?? []
        const left = records.length - mostRecords
        const notes = [
          ...(records.length === 0 ? ['There is nothing of this.'] : []),
          ...(left > 0 ? [`${left} more are in the JSON file.`] : []),
          ...(withheld.length > 0
            ? [`Not shown: ${withheld.map((one) => `${words(one.name)} (${one.because})`).join(', ')}.`]
            : []),
        ]
        return {
          title: sentence(words(name)),
          about,
          records: records.slice(-mostRecords).map(linesOf),
          ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
        }
      }),
      {
        title: 'Elsewhere',
        about: 'What is not kept in the sections above.',
        records: elsewhere.map(({ about, exported }) => [{ name: about, value: exported }]),
      },
    ],
  }
}

function linesOf(record: Readonly<Record<string, unknown>>): Line[] {
  return Object.entries(record).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [{ name: words(name), value: textOf(value) }],
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
