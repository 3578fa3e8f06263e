import { randomInt } from 'node:crypto'
import { packStatuses, slotsPerList } from '@iam/domain/status-list-token'
import type { StatusListWay } from '../agent/protocol.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { databaseTurns } from './relay.ts'
import type { Row } from './row.ts'

const ways: readonly StatusListWay[] = ['nothing changed', 'steady state', 'first build']

/** Ten million sessions in lists that are half full, half a per cent of them revoked. */
const lists = 153
const revoked = 327

/**
 * Rounds of the publisher, which come every five seconds: one that finds nothing, one in which nine sessions were
 * revoked and the lists are due that are signed anew, and the first one of a leader, which builds every list.
 */
export const statusList: Row = {
  name: 'status-list',
  title: `a round of the publisher of status lists: ${lists} lists, ten million sessions, 0.5 % revoked`,
  metrics: ['totalUs', 'serverUs', 'backendUs', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'nothing changed', metric: 'p50Ms', atMost: 5 },
    { subject: 'steady state', metric: 'p50Ms', atMost: 50 },
    { subject: 'first build', metric: 'p99Ms', atMost: 5_000 },
  ],
  measure: async (bench) => {
    const urls = await bench.databaseUrls('unused')
    const contenders = ways.map((way): Contender => {
      return { name: way, work: { kind: 'status lists', way, urls, lists, revoked } }
    })
    return { series: await interleave(contenders, databaseTurns(bench)), remarks: [sizes()] }
  },
}

function sizes(): string {
  const [half, full] = [bytesOf(revoked), bytesOf(2 * revoked)]
  return `A list's lst has ${half} bytes half full, and ${full} full; signed, a third more and 500 besides.`
}

function bytesOf(many: number): number {
  return packStatuses(Array.from({ length: many }, () => randomInt(slotsPerList))).length
}
