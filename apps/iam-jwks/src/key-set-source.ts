import { readFile } from 'node:fs/promises'

const largest = 1024 * 1024
const patience = 3_000

/** Reads the document where the worker put it. Rejects when it cannot be had, or is not of a sane size. */
export async function readSource(source: URL): Promise<string> {
  if (source.protocol === 'file:') return bounded(await readFile(source, 'utf8'))
  const response = await fetch(source, { redirect: 'error', signal: AbortSignal.timeout(patience) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The object store answered ${response.status}.`)
  }
  if (Number(response.headers.get('content-length') ?? 0) > largest)
    throw new Error('The document is too large.')
  return bounded(await response.text())
}

function bounded(document: string): string {
  if (document.length > largest) throw new Error('The document is too large.')
  return document
}
