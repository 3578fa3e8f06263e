/** Slots in each list, one bit each. A token's `idx` is below this. */
export const slotsPerList = 131_072

/** How many lists a region may have: half full, they hold 33 million grants. Whoever serves them asks for no others. */
export const mostLists = 512

/** A list's name: its region's, and its number in it. */
export function statusListId(region: string, shard: number): string {
  return `${region}-${shard}`
}

/** Where a list is, and what tokens and the list itself call it. */
export function statusListUri(issuer: string, id: string): string {
  return `${issuer}/.well-known/status-lists/${id}`
}

/** What a list's name says; undefined where it is none that there can be. */
export function parseStatusListId(
  id: string,
): { readonly region: string; readonly shard: number } | undefined {
  const [, region, digits] = /^([A-Za-z0-9-]{1,63})-(0|[1-9]\d{0,2})$/.exec(id) ?? []
  const shard = Number(digits)
  return region === undefined || shard >= mostLists ? undefined : { region, shard }
}
