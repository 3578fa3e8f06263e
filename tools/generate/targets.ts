import { publishedFiles } from '@iam/domain/event-schema'
import { generateOpenApi } from '@iam/iam-api/openapi'
import { makeKmsProtos } from '@iam/platform/kms'
import { generateDatabaseTypes } from './database-types.ts'
import { makeSloRules } from './slo-rules.ts'

/** A file that a program writes and nobody edits. */
export type Target = {
  /** Its path from the root of the checkout; see `isGenerated`. */
  file: string
  /** What belongs in it now. Run again on the same sources, it returns the same text. */
  make: () => Promise<string>
}

/** Where the schemas are that consumers of our events get. */
export const eventFolder = 'packages/domain/events'

/** Every generated file. The one list: `npm run generate` writes them, `npm run check` compares them. */
export const targets: Target[] = [
  { file: 'packages/domain/src/db/database.generated.ts', make: generateDatabaseTypes },
  { file: 'apps/iam-api/src/openapi.generated.json', make: generateOpenApi },
  { file: 'packages/platform/src/kms/kms-protos.generated.json', make: makeKmsProtos },
  { file: 'infra/slo/rules.generated.yaml', make: makeSloRules },
  ...publishedFiles().map(({ name, text }) => ({ file: `${eventFolder}/${name}`, make: async () => text })),
]

/** Whether a path is one that only a program may write: named `.generated.`, or among the events’ schemas. */
export function isGenerated(file: string): boolean {
  return file.includes('.generated.') || /^packages\/domain\/events\/[^/]+$/.test(file)
}
