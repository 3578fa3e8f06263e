import PDFDocument from 'pdfkit'
import { fontFile } from './font-file.ts'
import { inReadingOrder } from './reading-order.ts'
import type { Line, Report } from './report.ts'

const margin = 56
const sizes = { title: 20, section: 14, text: 10, small: 8 } as const
const grey = '#555555'
const black = '#111111'

/**
 * A report as PDF, with its font inside: Latin, Greek, Cyrillic and Arabic are in it, Arabic joined and from right to
 * left. Other scripts show as boxes.
 */
export async function renderReport(report: Report): Promise<Buffer> {
  const info = { Title: report.title }
  const pdf = new PDFDocument({ size: 'A4', margin, font: await fontFile(), info, lang: 'en' })
  const chunks: Buffer[] = []
  pdf.on('data', (chunk: Buffer) => void chunks.push(chunk))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  pdf.on('end', resolve)
  pdf.on('error', reject)
  write(pdf, report)
  pdf.end()
  await promise
  return Buffer.concat(chunks)
}

type Pdf = InstanceType<typeof PDFDocument>

function write(pdf: Pdf, { title, lead, sections }: Report): void {
  say(pdf, title, { size: sizes.title })
  pdf.moveDown(0.5)
  for (const line of lead) say(pdf, line, { size: sizes.text })
  for (const section of sections) {
    pdf.moveDown(1.5)
    say(pdf, section.title, { size: sizes.section })
    say(pdf, section.about, { size: sizes.text, colour: grey })
    for (const record of section.records) writeRecord(pdf, record)
    if (section.note !== undefined) {
      pdf.moveDown(0.5)
      say(pdf, section.note, { size: sizes.small, colour: grey })
    }
  }
}

function writeRecord(pdf: Pdf, record: readonly Line[]): void {
  pdf.moveDown(0.5)
  for (const { name, value } of record) say(pdf, `${name}: ${inReadingOrder(value)}`, { size: sizes.text })
}

function say(
  pdf: Pdf,
  text: string,
  { size, colour = black }: { readonly size: number; readonly colour?: string },
): void {
  pdf.fontSize(size).fillColor(colour).text(printable(text))
}

/** What turns text around or ends a line would let a value look like another one. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ')
}
