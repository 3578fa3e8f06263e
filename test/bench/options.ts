import { parseArgs } from 'node:util'

/** How much to measure. */
export interface Options {
  readonly rounds: number
  /** Milliseconds of a contender's turn in each round. */
  readonly ms: number
  /** Rows by name; all when there are none. */
  readonly rows: readonly string[]
  /** Whether a goal that is missed makes the bench fail. */
  readonly gate: boolean
  /** A file for everything that was measured. */
  readonly json: string | undefined
}

const quick = { rounds: 2, secs: 1 }
const thorough = { rounds: 5, secs: 3 }
const usage =
  'Usage: npm run bench -- [--rows login,refresh] [--rounds 5] [--secs 3] [--quick] [--gate] [--json file]'

/** Reads the command line. @throws a sentence when it says something else. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  const usual = values.quick ? quick : thorough
  return {
    rounds: amount('--rounds', values.rounds ?? String(usual.rounds), 30),
    ms: amount('--secs', values.secs ?? String(usual.secs), 60) * 1000,
    rows: values.rows?.split(',') ?? [],
    gate: values.gate,
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        secs: { type: 'string' },
        rows: { type: 'string' },
        quick: { type: 'boolean', default: false },
        gate: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    }).values
  } catch (error) {
    // Its first sentence says what is wrong; the others tell of corners that nobody here is in.
    throw new Error(`${(error as Error).message.split('. ')[0]}.\n${usage}`, { cause: error })
  }
}

function amount(name: string, given: string, most: number): number {
  const number = Number(given)
  if (number > 0 && number <= most) return number
  throw new Error(`${name} takes a number up to ${most}.`)
}
