import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const name = 'DejaVuSans.ttf'

/** Where the font is: beside the bundle that this is part of, or in its package. */
export async function fontFile(): Promise<string> {
  const beside = join(import.meta.dirname, name)
  const isThere = await access(beside).then(
    () => true,
    () => false,
  )
  return isThere ? beside : createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}`)
}
