// npm run generate [file…]: writes the generated files, or those named.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { targets } from './targets.ts'

const asked = process.argv.slice(2)
const unknown = asked.filter((file) => !targets.some((target) => target.file === file))
if (unknown.length > 0) {
  console.error(
    `Not generated: ${unknown.join(', ')}. Generated files: ${targets.map(({ file }) => file).join(', ')}.`,
  )
  process.exit(1)
}
for (const { file, make } of targets) {
  if (asked.length > 0 && !asked.includes(file)) continue
  await writeFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), await make())
  console.log(`wrote ${file}`)
}
