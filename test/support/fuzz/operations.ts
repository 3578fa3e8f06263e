import { generateOpenApi } from '@iam/iam-api/openapi'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** A JSON Schema as the document has it. */
export type Schema = Readonly<Record<string, unknown>>

export interface Parameter {
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly name: string
  readonly required?: boolean
  readonly schema: Schema
}

/** One operation of the OpenAPI document: what it takes, and what it says it answers. */
export interface Operation {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** Undefined when it takes no body. */
  readonly body: Schema | undefined
  readonly secured: boolean
  readonly answers: ReadonlyMap<number, DocumentedAnswer>
}

export interface DocumentedAnswer {
  /** By media type; empty when the answer has no body. */
  readonly bodies: ReadonlyMap<string, ValidateFunction>
}

interface Described {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly security?: readonly unknown[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

/** Every operation that the routes document: one that is added is fuzzed without more ado. */
export async function documentedOperations(): Promise<Operation[]> {
  const document = JSON.parse(await generateOpenApi()) as Document
  const ajv = new Ajv2020({ strict: false, validateFormats: false, schemas: { api: document } })
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Operation => {
      const at = ['paths', path, method, 'responses'].map(pointer).join('/')
      const answers = Object.entries(described.responses).map(([status, { content = {} }]) => {
        const bodies = Object.keys(content).map((type) => {
          const $ref = `api#/${[at, status, 'content', pointer(type), 'schema'].join('/')}`
          return [type, ajv.compile({ $ref })] as const
        })
        return [Number(status), { bodies: new Map(bodies) }] as const
      })
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase() as Operation['method'],
        path,
        parameters: described.parameters ?? [],
        body: described.requestBody?.content['application/json']?.schema,
        secured: (described.security ?? []).length > 0,
        answers: new Map(answers),
      }
    }),
  )
}

/** A step of a JSON pointer in the fragment of a reference (RFC 6901 6). */
function pointer(step: string): string {
  return encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))
}
