import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TorExitList } from '@iam/platform/tor-exits'
import { expect, test } from 'vitest'
import { renewTorExits } from './renew-tor-exits.ts'

test('the list that iam-worker brings is the one that iam-api reads, and stays when no other can be had', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tor-exits-'))
  let list = '192.0.2.7\n'
  const server = createServer((_request, response) => response.end(list))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const config = { store: { url: `file://${directory}`, endpoint: undefined } }
  try {
    const exits = new TorExitList(join(directory, 'tor-exits.txt'))
    for (const address of ['192.0.2.7', '192.0.2.8']) {
      list = `${address}\n`
      await renewTorExits(config, url)
      await exits.load()
      expect(exits.includes(address)).toBe(true)
    }
    list = 'maintenance'
    await expect(renewTorExits(config, url)).rejects.toThrow('no exit')
    expect(await readFile(join(directory, 'tor-exits.txt'), 'utf8')).toBe('192.0.2.8\n')
  } finally {
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true })
  }
})
