import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'

const largest = 1024 * 1024
const patience = 3_000

/** Reads the document where the worker put it. Rejects when it cannot be had, or is not of a sane size. */
export async function readSource(source: URL): Promise<string> {
  const document = await readIfThere(source)
  if (document === undefined) throw new Error('The object store has no such document.')
  return document
}

/** The same of what may not be there: undefined then. */
export async function readIfThere(source: URL): Promise<string | undefined> {
  if (source.protocol !== 'file:') return download(source)
  const document = await readFile(source, 'utf8').catch(unlessMissing)
  requireSane(document?.length ?? 0)
  return document
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Without fetch, which takes a sixth of this process's memory. A redirect is an answer like any other but 200. */
async function download(source: URL): Promise<string | undefined> {
  const get = source.protocol === 'https:' ? getHttps : getHttp
  const [response] = (await once(get(source, { signal: AbortSignal.timeout(patience) }), 'response')) as [
    IncomingMessage,
  ]
  if (response.statusCode !== 200) {
    response.destroy()
    if (response.statusCode === 404) return undefined
    throw new Error(`The object store answered ${String(response.statusCode)}.`)
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    requireSane(length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function requireSane(length: number): void {
  if (length > largest) throw new Error('The document is too large.')
}
