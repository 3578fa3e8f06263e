import { sourceFiles } from '../source-files.ts'
import { outcomeOf, type Step } from '../step.ts'

// `-service` as an ending is left alone: on the wire, a service is a thing with a name.
const empty = /^(?:utils?|helpers?|common|managers?|services?|.+-(?:utils?|helpers?|managers?))$/
const code = /\.[cm]?[jt]sx?$/

/** Names that end so because somebody else's product is called that. */
const products = new Set(['secret-manager'])

/** File and folder names that say nothing about what is inside, so that everything ends up there. */
export const names: Step = {
  name: 'names',
  async run(root) {
    const files = (await sourceFiles(root)).filter((file) => code.test(file))
    return outcomeOf(`${files.length} files`, emptyNames(files))
  },
}

/** The folders and files among the paths whose name says nothing, each once. */
export function emptyNames(files: string[]): string[] {
  return [...new Set(files.flatMap(emptyPartsOf))].map(
    (path) => `${path}: name it after what it does; a drawer for everything hides what the code is about.`,
  )
}

function emptyPartsOf(file: string): string[] {
  const parts = file.split('/')
  return parts.flatMap((part, depth) => {
    const name = part.split('.')[0] ?? ''
    return empty.test(name) && !products.has(name) ? [parts.slice(0, depth + 1).join('/')] : []
  })
}
