import { runProgram } from '../run-program.ts'
import type { Step } from '../step.ts'

/** The compiler over every project. One checker: on two cores more of them only cost memory. */
export const types: Step = {
  name: 'types',
  async run(root) {
    const { status, stdout, stderr } = await runProgram(root, 'tsc', [
      '-b',
      '--checkers',
      '1',
      '--pretty',
      'false',
    ])
    return { passed: status === 0, note: '', findings: stdout + stderr }
  },
}
