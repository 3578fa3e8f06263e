import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { choosePort, freePort } from './index.ts'

describe('choosePort', () => {
  let other: Server | undefined
  afterEach(() => void other?.close())

  it('takes the preferred port when it is free', async () => {
    const free = await portJustFreed()

    expect(await choosePort(free, 'edge')).toEqual({ port: free, remark: undefined })
  })

  it.each(['127.0.0.1', '::1'])('names the port that somebody has on %s and takes another', async (host) => {
    const taken = await listen(host)

    const chosen = await choosePort(taken, 'edge')

    expect(chosen.port).not.toBe(taken)
    expect(chosen.remark).toBe(`Port ${taken} (edge) is taken: using ${chosen.port}.`)
  })

  it('takes the first free one of the others it is given', async () => {
    const free = await portJustFreed()
    const taken = await listen('127.0.0.1')

    expect((await choosePort(taken, 'edge', [taken, free])).port).toBe(free)
  })

  it('never gives one port to two callers', async () => {
    const preferred = await portJustFreed()

    const chosen = await Promise.all([choosePort(preferred, 'a'), choosePort(preferred, 'b'), freePort()])

    expect(new Set(chosen.map((each) => (typeof each === 'number' ? each : each.port))).size).toBe(3)
  })

  async function listen(host: string): Promise<number> {
    other = createServer().listen(0, host)
    await once(other, 'listening')
    return (other.address() as AddressInfo).port
  }

  async function portJustFreed(): Promise<number> {
    const port = await listen('127.0.0.1')
    other?.close()
    return port
  }
})
