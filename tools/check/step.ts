/** What one step found: nothing when it passed, otherwise what it prints whole. */
export type Outcome = {
  passed: boolean
  /** What was looked at, in a few words: "212 modules". */
  note: string
  findings: string
}

/** One thing `npm run check` looks at, in the tree whose root it is given. */
export type Step = {
  name: string
  run: (root: string) => Promise<Outcome>
}

/** The outcome of a step that lists what it found, one finding a line. */
export function outcomeOf(note: string, findings: string[]): Outcome {
  return { passed: findings.length === 0, note, findings: findings.join('\n') }
}
