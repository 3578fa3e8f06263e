export { openLogger, type Logger, type LoggerOptions } from './open-logger.ts'
export { redact } from './redact.ts'
