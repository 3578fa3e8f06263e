import { runProgram } from '../run-program.ts'
import type { Step } from '../step.ts'

/** Files, exports and packages that nothing uses: they are read and updated for nothing. */
export const unused: Step = {
  name: 'unused',
  async run(root) {
    const { status, stdout, stderr } = await runProgram(root, 'knip', ['--no-progress', '--no-config-hints'])
    return { passed: status === 0, note: '', findings: stdout + stderr }
  },
}
