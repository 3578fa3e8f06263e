export { type DebianProgramOptions, debianProgram, type Executable } from './debian-program.ts'
export type { DebianProgramName } from './packages.ts'
