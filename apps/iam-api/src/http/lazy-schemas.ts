import { Ajv, type Options, type ValidateFunction } from 'ajv'
import type {
  FastifyInstance,
  FastifySchema,
  FastifySchemaCompiler,
  FastifySchemaValidationError,
} from 'fastify'
import fastJsonStringify from 'fast-json-stringify'

type Part = { readonly schema: unknown; readonly httpPart?: string }

/**
 * Compiles each route's schemas when they are first used. Compiling them all at the start would double the
 * time until the first answer. Bodies are neither coerced nor trimmed: what differs from its schema is refused.
 */
export function compileSchemasLazily(app: FastifyInstance): void {
  const strict = lazyAjv({
    coerceTypes: false,
    removeAdditional: false,
    allErrors: false,
    useDefaults: false,
  })
  const lenient = lazyAjv({
    coerceTypes: 'array',
    // Or 1e309, which is coerced to Infinity, would be under no maximum.
    strictNumbers: false,
    removeAdditional: false,
    allErrors: false,
    useDefaults: true,
  })
  const validator: FastifySchemaCompiler<FastifySchema> = (part) => {
    const ajv = part.httpPart === 'body' || part.httpPart === 'headers' ? strict : lenient
    return lazyValidator(ajv, part)
  }
  app.setValidatorCompiler(validator)
  app.setSerializerCompiler(({ schema }) => {
    let serialize: ((value: unknown) => string) | undefined
    return (value) => (serialize ??= fastJsonStringify(schema as fastJsonStringify.Schema))(value)
  })
}

function lazyAjv(options: Options): () => Ajv {
  let ajv: Ajv | undefined
  return () => (ajv ??= new Ajv(options))
}

function lazyValidator(ajv: () => Ajv, { schema }: Part) {
  let compiled: ValidateFunction | undefined
  const validate = (data: unknown): boolean => {
    compiled ??= ajv().compile(schema as object)
    const valid = compiled(data)
    validate.errors = (compiled.errors ?? null) as FastifySchemaValidationError[] | null
    return valid
  }
  validate.errors = null as FastifySchemaValidationError[] | null
  return validate
}
