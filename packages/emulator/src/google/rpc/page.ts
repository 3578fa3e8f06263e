import { invalidArgument } from './status-error.ts'

/** One page of a list: `pageSize` items (100 when 0, 1000 at most) from where `pageToken` says. Refuses a
 *  token it did not give. */
export function page<Item>(
  items: readonly Item[],
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
): { items: Item[]; nextPageToken: string } {
  const start = pageToken === '' ? 0 : Number(pageToken)
  if (!Number.isSafeInteger(start) || start < 0) throw invalidArgument('The page token is not valid.')
  const end = start + Math.min(pageSize > 0 ? pageSize : 100, 1000)
  return { items: items.slice(start, end), nextPageToken: end < items.length ? String(end) : '' }
}
