import { advantageOf, medianOf, timesOf, type Metric, type Series } from '../measure/sample.ts'
import { labels } from './labels.ts'

/** What a row is to reach. `subject` is the contender it is asked of. */
export type Goal = { readonly subject: string; readonly metric: Metric } & (
  | { readonly over: string; readonly atLeast: number }
  | { readonly of: string; readonly atMost: number }
  | { readonly atMost: number }
)

/** How a goal came out. `met` is undefined where something it compares was not measured, or answered wrongly. */
export interface Verdict {
  readonly text: string
  readonly value: number
  readonly met: boolean | undefined
}

/** Judges a goal by what was measured. An advantage counts cost and rate alike: 2 is twice as good. */
export function judge(goal: Goal, measured: readonly Series[]): Verdict {
  const subject = find(measured, goal.subject)
  const what = `${goal.subject}: ${labels[goal.metric].name}`
  if ('over' in goal) {
    const base = find(measured, goal.over)
    const value = subject && base ? advantageOf(subject, base, goal.metric) : NaN
    const text = `${what} at least ${goal.atLeast} times as good as ${goal.over}`
    return { text, value, met: compare(value, value >= goal.atLeast) }
  }
  if ('of' in goal) {
    const base = find(measured, goal.of)
    const value = subject && base ? timesOf(subject, base, goal.metric) : NaN
    return {
      text: `${what} at most ${goal.atMost} times ${goal.of}’s`,
      value,
      met: compare(value, value <= goal.atMost),
    }
  }
  const value = subject ? medianOf(subject, goal.metric) : NaN
  const text = `${what} up to ${goal.atMost}${labels[goal.metric].unit}`
  return { text, value, met: compare(value, value <= goal.atMost) }
}

/** What answered wrongly is compared with nothing. */
function find(measured: readonly Series[], name: string): Series | undefined {
  return measured.find((series) => series.name === name && series.errors === 0)
}

function compare(value: number, met: boolean): boolean | undefined {
  return Number.isNaN(value) ? undefined : met
}
