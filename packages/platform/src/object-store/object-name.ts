const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/** Refuses a name that could mean another place than it says: `..`, absolute paths, empty or hidden parts. */
export function requireObjectName(name: string): void {
  if (name.length > 512 || !name.split('/').every((part) => segment.test(part))) {
    throw new TypeError(`'${name}' is no name of an object`)
  }
}
