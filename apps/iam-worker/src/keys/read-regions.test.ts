import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildKeySet, type EndorsedKey } from '@iam/domain/key-set'
import { IssuerKey } from '@iam/testkit/issuer'
import { testAnchors } from '@iam/testkit/kms'
import { openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readRegions } from './read-regions.ts'

const { publisher, endorser } = testAnchors
const { env, issuer } = testDeployment

describe('the key sets of other regions', () => {
  let world: World
  let directory: string
  let document: string
  const server = createServer((_, response) => void response.end(document))
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    directory = await mkdtemp(join(tmpdir(), 'regions-'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const now = world.clock()
    const until = Math.floor(now.getTime() / 1000) + 1_000
    const says = { env, iss: issuer, sign_until: until, verify_until: until }
    const key = (await new IssuerKey().endorsed(endorser, says)) as unknown as EndorsedKey
    const input = { issuer, region: 'qa', keys: [key], version: 7, now, lifetime: 1_000 }
    document = (await buildKeySet(publisher, input)).document
  })
  afterAll(async () => {
    server.close()
    await rm(directory, { recursive: true })
    await world.close()
  })

  test('are read where each is, and one that is away holds up no other', async () => {
    const { port } = server.address() as AddressInfo
    const file = join(directory, 'jwks.jwt')
    await writeFile(file, document.replaceAll('x', 'y'))
    const sources = new Map([
      ['qa', `http://127.0.0.1:${port}/jwks.jwt`],
      ['nowhere', 'http://127.0.0.1:9/jwks.jwt'],
      ['altered', pathToFileURL(file).href],
      ['missing', pathToFileURL(join(directory, 'missing')).href],
    ])
    const names = [...sources.keys()]
    const pins = { env, issuer, anchors: [publisher.kid], endorsementAnchors: [endorser.kid], names }
    const told = new Map<string, string | undefined>()
    const regionFailed = (region: string, fault: string | undefined) => void told.set(region, fault)
    await readRegions({ db: world.workerDb, regionFailed }, { pins, sources }, world.clock())
    expect(told.get('qa')).toBeUndefined()
    expect(told.get('nowhere')).toBeTypeOf('string')
    expect(told.get('altered')).toBe('not_ours')
    expect(told.get('missing')).toContain('ENOENT')
    const kept = await world.admin.selectFrom('iam.key_set_part').select(['region', 'version']).execute()
    expect(kept).toEqual([{ region: 'qa', version: '7' }])
  })
})
