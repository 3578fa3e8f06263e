import { parseArgs } from 'node:util'

/** What `npm start` was asked to do. */
export interface StartArguments {
  /** Leave the stack running and return. */
  detach: boolean
  /** Begin with empty data. */
  reset: boolean
  /** Stop the stack by itself after so many milliseconds. */
  forMs: number | undefined
  help: boolean
}

/** How `npm start` is used. */
export const usage = `Usage: npm start -- [--detach] [--reset] [--for 30m]

  --detach    return when everything is ready; npm stop ends it
  --reset     begin with empty data
  --for 30m   stop by itself after a while (s, m or h)`

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Reads the arguments. Refuses what it does not know, with the usage. */
export function startArguments(args: readonly string[]): StartArguments {
  const { detach, reset, help, for: duration } = parsed(args)
  return { detach, reset, help, forMs: duration === undefined ? undefined : milliseconds(duration) }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        detach: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        for: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error })
  }
}

function milliseconds(duration: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(duration) ?? []
  if (count === undefined) throw new Error(`--for takes a number and s, m or h, for example 30m.\n\n${usage}`)
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}
