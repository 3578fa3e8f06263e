import type { Writable } from 'node:stream'

/** How far something long has come: a bar where somebody is looking, a line now and then elsewhere. */
export interface Progress {
  /** @param total undefined where nobody knows it. */
  step(what: string, done: number, total?: number): void
  /** A line that stays. */
  say(line: string): void
  /** Takes the bar away. */
  end(): void
}

const width = 24
/** Milliseconds between two pictures. */
const redraw = 50
/** Where nobody is looking: a line for each tenth, or for so many. */
const tenth = 10
const many = 10_000

/** Progress on a stream, a terminal or not. */
export function openProgress(stream: Writable & { readonly isTTY?: boolean }): Progress {
  return stream.isTTY === true ? bar(stream) : lines(stream)
}

function bar(stream: Writable): Progress {
  let isShown = false
  let drawnAt = 0
  const end = (): void => {
    if (isShown) stream.write('\r\u001B[K')
    isShown = false
  }
  return {
    step: (what, done, total) => {
      if (done !== total && performance.now() - drawnAt < redraw) return
      drawnAt = performance.now()
      isShown = true
      stream.write(`\r\u001B[K${draw(what, done, total)}`)
    },
    say: (line) => {
      end()
      stream.write(`${line}\n`)
    },
    end,
  }
}

function draw(what: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${what} ${done}`
  const full = total === 0 ? width : Math.round((width * Math.min(done, total)) / total)
  return `${what} [${'#'.repeat(full)}${'·'.repeat(width - full)}] ${done}/${total}`
}

function lines(stream: Writable): Progress {
  return {
    step: (what, done, total) => {
      const every = total === undefined ? many : Math.max(1, Math.ceil(total / tenth))
      if (done !== total && done % every !== 0) return
      stream.write(total === undefined ? `${what} ${done}\n` : `${what} ${done}/${total}\n`)
    },
    say: (line) => void stream.write(`${line}\n`),
    end: () => undefined,
  }
}
