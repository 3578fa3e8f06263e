import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { Outcome, Step } from './step.ts'

/** Runs the steps, two at a time where there are cores for it, and says how each went as it ends. */
export async function runSteps(
  stepList: Step[],
  { root, say }: { root: string; say: (line: string) => void },
): Promise<boolean> {
  const started = performance.now()
  const waiting = [...stepList]
  const failed: string[] = []
  async function worker(): Promise<void> {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(step, root, say))) failed.push(step.name)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))
  const took = seconds(started)
  const found = `${failed.join(', ')} found something, printed above`
  say(failed.length === 0 ? `Check passed in ${took}.` : `Check failed in ${took}: ${found}.`)
  return failed.length === 0
}

async function runStep(step: Step, root: string, say: (line: string) => void): Promise<boolean> {
  const started = performance.now()
  const { passed, note, findings } = await step.run(root).catch(brokenDown)
  const verdict = passed ? 'ok' : 'failed'
  say(`${step.name.padEnd(11)} ${verdict.padEnd(7)} ${seconds(started).padStart(6)}  ${note}`.trimEnd())
  if (!passed) say(`\n${findings.trim()}\n`)
  return passed
}

/** A step that cannot be carried out has not passed; the others still run. */
function brokenDown(error: unknown): Outcome {
  return { passed: false, note: 'could not be run', findings: inspect(error) }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
