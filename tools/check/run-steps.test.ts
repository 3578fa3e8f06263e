import { expect, test } from 'vitest'
import { runSteps } from './run-steps.ts'
import type { Step } from './step.ts'

const good: Step = { name: 'good', run: async () => ({ passed: true, note: '3 files', findings: 'chatter' }) }
const bad: Step = {
  name: 'bad',
  run: async () => ({ passed: false, note: '', findings: 'line 1\nline 2\n' }),
}
const broken: Step = { name: 'broken', run: async () => Promise.reject(new Error('no such program')) }

async function run(...steps: Step[]) {
  const said: string[] = []
  const passed = await runSteps(steps, { root: '/', say: (line) => said.push(line) })
  return { passed, said }
}

test('says one line for a step that passed and ends with one sentence', async () => {
  const { passed, said } = await run(good)
  expect(passed).toBe(true)
  expect(said).toEqual([
    expect.stringMatching(/^good +ok +\d\.\d s {2}3 files$/),
    expect.stringMatching(/^Check passed in \d\.\d s\.$/),
  ])
})

test('prints what a step found whole, runs the others, and names the step at the end', async () => {
  const { passed, said } = await run(bad, good)
  expect(passed).toBe(false)
  expect(said).toContain('\nline 1\nline 2\n')
  expect(said).toContainEqual(expect.stringMatching(/^good +ok/))
  expect(said.at(-1)).toMatch(/^Check failed in .*: bad found something, printed above\.$/)
})

test('a step that cannot be run has failed', async () => {
  const { passed, said } = await run(broken, good)
  expect(passed).toBe(false)
  expect(said.join('\n')).toContain('no such program')
})
