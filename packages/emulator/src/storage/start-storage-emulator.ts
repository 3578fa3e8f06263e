import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DirectoryLock } from '../files/directory-lock.ts'
import { answer } from './answer.ts'
import { ObjectFiles } from './object-files.ts'

export type StorageEmulatorOptions = {
  /** 0 or absent: any free port. */
  port?: number | undefined
  /** Where the objects are; when absent, a temporary directory that goes with the emulator. */
  directory?: string | undefined
  /** Buckets that are to be there, made unless they are. Elsewhere the infrastructure makes them. */
  buckets?: readonly string[] | undefined
}

export type StorageEmulator = {
  /** `http://127.0.0.1:port`: the client's `apiEndpoint`, and where `/<bucket>/<object>` is read. */
  endpoint: string
  port: number
  /** Drops every connection; calling it again does nothing more. */
  stop: () => Promise<void>
}

/** Starts the object store on this machine.
 *  Refuses a port that is taken and a directory that another emulator uses. */
export async function startStorageEmulator(options: StorageEmulatorOptions = {}): Promise<StorageEmulator> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'storage-emulator-'))
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lock = new DirectoryLock(directory)
  const release = () => {
    lock.release()
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
  }
  try {
    const files = new ObjectFiles(directory)
    for (const bucket of options.buckets ?? []) if (!files.hasBucket(bucket)) files.createBucket(bucket)
    const server = createServer((incoming, outgoing) => void answer(files, incoming, outgoing))
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { endpoint: `http://127.0.0.1:${port}`, port, stop: () => stop(server, release) }
  } catch (error) {
    release()
    throw error
  }
}

async function stop(server: Server, release: () => void): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  release()
}
