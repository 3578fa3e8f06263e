import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isGenerated, type Target, targets } from '../../generate/targets.ts'
import { sourceFiles } from '../source-files.ts'
import { outcomeOf, type Step } from '../step.ts'

/** Each generated file is what its program makes of today's sources, and each has a program. */
export const generated: Step = {
  name: 'generated',
  run: async (root) => outcomeOf(`${targets.length} files`, await staleFiles(root, targets)),
}

/** A sentence for each generated file that is missing, edited, outdated or made by nothing. */
export async function staleFiles(root: string, targetList: Target[]): Promise<string[]> {
  const stale: string[] = []
  // One after the other: some of them start a database.
  for (const { file, make } of targetList) {
    const [made, written] = [await make(), await readFile(join(root, file), 'utf8').catch(() => undefined)]
    if (made !== written) stale.push(`${file} is not what its sources make: npm run generate ${file}`)
  }
  const known = new Set(targetList.map(({ file }) => file))
  const orphans = (await sourceFiles(root)).filter((file) => isGenerated(file) && !known.has(file))
  return [...stale, ...orphans.map((file) => `${file} is in no list: add it to tools/generate/targets.ts.`)]
}
