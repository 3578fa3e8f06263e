import type * as z from 'zod'
import { devOnlyFaults } from '../config/index.ts'

/** Refuses, outside of dev, what `devOnlyFaults` names: to be the refinement of a process's variables. */
export function devOnly(env: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const { variable, message } of devOnlyFaults(env)) {
    context.addIssue({ code: 'custom', path: [variable], message })
  }
}
