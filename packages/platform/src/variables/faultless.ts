import type * as z from 'zod'

/** A refinement of variables that finds at most one fault, and tells it of the one variable that has it. */
export function faultless<T>(variable: keyof T & string, faultIn: (read: T) => string | undefined) {
  return (read: T, context: z.RefinementCtx): void => {
    const message = faultIn(read)
    if (message !== undefined) context.addIssue({ code: 'custom', path: [variable], message })
  }
}
