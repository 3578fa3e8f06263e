export { configOrExit } from './config-or-exit.ts'
export { devOnlyFaults } from './dev-only.ts'
export { ConfigurationError, readEnvironment } from './read-environment.ts'
