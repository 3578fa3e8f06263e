export { configOrExit } from './config-or-exit.ts'
export { ConfigurationError, readEnvironment } from './read-environment.ts'
