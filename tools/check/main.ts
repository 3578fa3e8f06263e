// npm run check [-- step…]: everything that must hold before a change is merged, or only the named steps.
import { runSteps } from './run-steps.ts'
import { checkout } from './run-program.ts'
import { steps } from './steps.ts'

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(
    `No such step: ${unknown.join(', ')}. The steps are ${steps.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}
const chosen = asked.length === 0 ? steps : steps.filter(({ name }) => asked.includes(name))
const passed = await runSteps(chosen, { root: checkout, say: (line) => console.log(line) })
process.exitCode = passed ? 0 : 1
