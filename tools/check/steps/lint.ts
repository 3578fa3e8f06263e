import { runProgram } from '../run-program.ts'
import type { Step } from '../step.ts'

/** Sizes, types, promises and forbidden globals; warnings and suppressions that suppress nothing fail too. */
export const lint: Step = {
  name: 'lint',
  async run(root) {
    const { status, stdout, stderr } = await runProgram(root, 'oxlint', [])
    const files = / on (\d+) files/.exec(stdout)?.[1] ?? '0'
    // An ignore pattern too many would pass by reading nothing.
    const passed = status === 0 && files !== '0'
    return { passed, note: `${files} files`, findings: stdout + stderr }
  },
}
