import { runProgram } from '../run-program.ts'
import type { Step } from '../step.ts'

/** The formatter, changing nothing; `npm run format` makes the changes. */
export const format: Step = {
  name: 'format',
  async run(root) {
    const { status, stdout, stderr } = await runProgram(root, 'biome', ['check', '--reporter=summary'])
    const findings = `${stdout}${stderr}\nnpm run format [-- file…] puts these right.`
    return { passed: status === 0, note: '', findings }
  },
}
