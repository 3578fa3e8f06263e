export type { Program, ProgramFailure } from './supervised-program.ts'
