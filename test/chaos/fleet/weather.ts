import type { Fault } from '@iam/emulator/google'
import type { Seeded } from './seeded.ts'

const publish = { service: 'Publisher', method: 'Publish' } as const
const subscriber = { service: 'Subscriber' } as const

/** What Pub/Sub is like for a while, by a name for the reader of a failure. */
const kinds: Readonly<Record<string, readonly Fault[]>> = {
  fair: [],
  'it takes what is published, and answers late': [{ ...publish, latencyMs: 150, afterEffect: true }],
  'it takes what is published, and the answer is lost': [
    { ...publish, code: 'UNAVAILABLE', afterEffect: true, calls: 20 },
  ],
  'it takes nothing': [{ ...publish, code: 'UNAVAILABLE' }],
  'it is slow': [{ ...publish, latencyMs: 100 }],
  'acknowledgements are lost': [{ ...subscriber, method: 'Acknowledge', code: 'UNAVAILABLE', calls: 5 }],
  'acknowledgements are slow': [{ ...subscriber, method: 'Acknowledge', latencyMs: 300 }],
  'streams cannot be opened': [{ ...subscriber, method: 'StreamingPull', code: 'UNAVAILABLE', calls: 10 }],
}

/** Changes the weather. @returns its name. */
export function changeWeather(faults: { inject(fault: Fault): void; clear(): void }, chance: Seeded): string {
  const name = chance.pick(Object.keys(kinds))
  faults.clear()
  for (const fault of kinds[name] ?? []) faults.inject(fault)
  return name
}
