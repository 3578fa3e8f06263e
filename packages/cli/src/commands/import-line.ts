import { locales } from '@iam/domain/mail'
import * as z from 'zod'

const part = '[^\\s@\\p{Cc}\\p{Cs}]'
const base64 = z.string().max(200)

/** A line of the import: one person. A member that is not known here is refused: it would be expected to do something. */
const person = z.strictObject({
  email: z
    .string()
    .max(254)
    .regex(new RegExp(`^${part}{1,64}@${part}{1,189}$`, 'u')),
  hash: z.union([
    z.string().max(1024),
    z.object({ algorithm: z.string().max(40), hashIterations: z.int(), salt: base64, value: base64 }),
  ]),
  emailVerified: z.boolean().default(false),
  locale: z.enum(locales).optional(),
})

export type ImportedPerson = z.output<typeof person>

/** Reads a line. @returns the person, or why there is none: in words that hold nothing of the line but names. */
export function readImportLine(line: string): ImportedPerson | string {
  const json = parse(line)
  if (json === undefined) return 'is not JSON'
  const read = person.safeParse(json.value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  if (issue?.code === 'unrecognized_keys') return `has members that are not known: ${issue.keys.join(', ')}`
  const where = issue?.path.join('.') ?? ''
  return where === '' ? 'is not an object' : `has no acceptable ${where}`
}

function parse(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) as unknown }
  } catch {
    return undefined
  }
}
