import { eventSchemas } from './events.ts'
import type { EventSchema } from './define-event.ts'
import { publishedSchema } from './published-schema.ts'

/** What consumers get, by file name: a schema for each event, and a page that lists them. */
export function publishedFiles(): { readonly name: string; readonly text: string }[] {
  const events = Object.entries(eventSchemas).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    { name: 'README.md', text: page(events) },
    ...events.map(([name, event]) => ({
      name: `iam.${name}.json`,
      text: `${JSON.stringify(publishedSchema(name, event), undefined, 2)}\n`,
    })),
  ]
}

const keptFor = {
  regulated: '7 years',
  security: '1 year',
  operational: '90 days',
  analytics: 'as analytics does',
}

function page(events: readonly [string, EventSchema][]): string {
  const rows = events.map(([name, { description, retention }]) => {
    const topic = `iam.${name.slice(0, name.indexOf('.'))}.v1`
    return `| [\`iam.${name}\`](iam.${name}.json) | \`${topic}\` | ${retention}, ${keptFor[retention]} | ${description} |`
  })
  return `${[...preface, ...rows].join('\n')}\n`
}

// Written by npm run generate, as the schemas are.
const preface = [
  '# Events',
  '',
  'What this service publishes on Pub/Sub, and a JSON Schema (2020-12) of each message: envelope and payload. The names stand behind the deployment’s namespace: by default the subject is `melmastoon.iam.user.registered.v1` and its topic `melmastoon.iam.user.v1`. The subject is also an attribute of the message, beside `eventId` and `tenantId`, so that a subscription can filter by it.',
  '',
  '- An event may come more than once, with the same `eventId`. Events of one topic and one `orderingKey` come in their order.',
  '- Ids are all that a payload says of a person. Whoever is entitled to more asks the API.',
  '- A version grows: expect members that you do not know, and words that a list does not hold yet. Nothing that a version promises is taken back, renamed, retyped or narrowed; what needs that is a new version beside it, `…v2`.',
  '',
  '| subject | topic | kept | when |',
  '|---|---|---|---|',
]
