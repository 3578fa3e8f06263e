import { destination, pino, stdSerializers, type DestinationStream, type Logger as PinoLogger } from 'pino'
import { redact } from './redact.ts'

export type Logger = PinoLogger

export interface LoggerOptions {
  /** The process's name, in every line. */
  readonly service: string
  readonly level: string
  /** What stands in every line besides, as it is then. */
  readonly besides?: (() => Record<string, string | boolean>) | undefined
  /** Where lines go; standard output, written asynchronously, unless given. */
  readonly stream?: DestinationStream
}

const severities: Record<string, string> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/** What an error says of itself, and not what it carries: a database's quotes rows, a mail server's its recipients. */
function sparingly(error: Error): object {
  const { type, message, stack } = stdSerializers.err(error)
  const { code } = error as { readonly code?: unknown }
  return { type, message, stack, ...(typeof code === 'string' ? { code } : {}) }
}

/** JSON lines as Cloud Logging reads them. Every finished line is redacted once more, whatever put it together. */
export function openLogger({ service, level, besides, stream }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: sparingly },
      ...(besides === undefined ? {} : { mixin: besides }),
      formatters: { level: (label) => ({ severity: severities[label] ?? 'DEFAULT' }) },
      hooks: { streamWrite: redact },
    },
    stream ?? destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 500 }),
  )
}
