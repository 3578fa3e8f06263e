import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../run-program.ts'
import { sourceFiles } from '../source-files.ts'
import type { Step } from '../step.ts'

const scan = ['scan', '--inspect', 'summary', '--error=unused-suppression', '--report-style', 'medium']
const blanket = /^\s*\/[/*]\s*ast-grep-ignore(?!:)/m

/** The rules of tools/lint-rules: what the linter has no rule for, mostly about SQL and the clock. */
export const structure: Step = {
  name: 'structure',
  async run(root) {
    const [{ status, stdout, stderr }, blankets] = await Promise.all([
      runProgram(root, 'ast-grep', scan),
      blanketSuppressions(root),
    ])
    const files = /scannedFileCount=(\d+)/.exec(stderr)?.[1] ?? '0'
    const complaints = stderr.split('\n').filter((line) => !line.startsWith('sg: summary'))
    const passed = status === 0 && files !== '0' && blankets.length === 0
    return {
      passed,
      note: `${files} files`,
      findings: [stdout, ...complaints, ...blankets].join('\n').trim(),
    }
  },
}

/** A suppression without a rule also suppresses the rule against it, so it is looked for in the text. */
async function blanketSuppressions(root: string): Promise<string[]> {
  const files = (await sourceFiles(root)).filter((file) => /\.m?ts$/.test(file))
  const found = await Promise.all(
    files.map(async (file) => (blanket.test(await readFile(join(root, file), 'utf8')) ? [file] : [])),
  )
  return found.flat().map((file) => `${file}: ast-grep-ignore names no rule, so it would hide them all.`)
}
