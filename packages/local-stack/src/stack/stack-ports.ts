import { choosePort, freePort } from '../ports/index.ts'

/** The ports that `npm start` takes when they are free; those of Postgres and Redis leave room for the system's own. */
const usual = {
  edge: 8080,
  api: 8081,
  jwks: 8082,
  worker: 8083,
  google: 8085,
  storage: 4443,
  mail: 8025,
  smtp: 1025,
  postgres: 15432,
  redis: 16379,
}

/** One port for each program that listens. */
export type StackPorts = Record<keyof typeof usual, number>

/** The port that browsers and tokens know the stack by, when it is free. */
export const usualEdgePort: number = usual.edge

/**
 * The usual port of each program, or a free one where it is taken, which `remark` is told; for the edge, the
 * first of the given ones.
 */
export async function usualPorts(
  edge: readonly number[],
  remark: (sentence: string) => void,
): Promise<StackPorts> {
  const ports = { ...usual }
  for (const name of portNames()) {
    const [preferred = usual[name], ...others] = name === 'edge' ? edge : []
    const chosen = await choosePort(preferred, name, others)
    ports[name] = chosen.port
    if (chosen.remark !== undefined) remark(chosen.remark)
  }
  return ports
}

/** A free port for each program. */
export async function freePorts(): Promise<StackPorts> {
  const ports = { ...usual }
  for (const name of portNames()) ports[name] = await freePort()
  return ports
}

function portNames(): (keyof StackPorts)[] {
  return Object.keys(usual) as (keyof StackPorts)[]
}
