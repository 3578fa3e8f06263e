import { checkout, runProgram } from '../run-program.ts'
import { sourceFiles, sourceFolders } from '../source-files.ts'
import { outcomeOf, type Step } from '../step.ts'

const config = `${checkout}.dependency-cruiser.cjs`
const module = /\.(ts|mjs|cjs)$/

/** Who may import whom: the rules of .dependency-cruiser.cjs. */
export const boundaries: Step = {
  name: 'boundaries',
  async run(root) {
    const files = (await sourceFiles(root)).filter((file) => module.test(file))
    const folders = sourceFolders.filter((folder) => files.some((file) => file.startsWith(`${folder}/`)))
    const args = ['--config', config, '--output-type', 'json', ...folders]
    const { stdout, stderr } = await runProgram(root, 'depcruise', args)
    if (!stdout.startsWith('{')) return { passed: false, note: '', findings: stderr }
    const cruised = JSON.parse(stdout) as Cruised
    const note = `${cruised.modules.length} modules`
    return outcomeOf(note, [...unseen(files, cruised), ...violated(cruised)])
  },
}

type Violation = {
  rule: { name: string }
  from: string
  to: string
  cycle?: { name: string }[]
  via?: { name: string }[]
}

type Cruised = {
  modules: { source: string }[]
  summary: { violations: Violation[]; ruleSetUsed: { forbidden: { name: string; comment: string }[] } }
}

/** Without a compiler it can use, the program sees no modules and reports no violations: that is no pass. */
export function unseen(files: string[], { modules }: Pick<Cruised, 'modules'>): string[] {
  const seen = new Set(modules.map(({ source }) => source))
  const missed = files.filter((file) => !seen.has(file))
  return missed.map((file) => `${file} was not read: whatever it imports went unchecked.`)
}

function violated({ summary }: Cruised): string[] {
  const reasons = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]))
  return summary.violations.map(({ rule, from, to, cycle, via }) => {
    const path = (cycle ?? via)?.map(({ name }) => name) ?? [to]
    return `${rule.name}: ${[from, ...path].join(' -> ')}\n    ${reasons.get(rule.name)}`
  })
}
