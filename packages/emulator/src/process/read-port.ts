/** The port a flag gives; 0 is any free one. Refuses what is no port. */
export function readPort(flag: string): number {
  const port = Number(flag)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${flag} is no port`)
  return port
}
