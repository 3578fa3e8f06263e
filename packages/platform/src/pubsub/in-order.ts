/**
 * Runs work of one key one after the other, and of other keys beside it. What waits behind work that failed is not
 * done: the broker brings it again, after what failed.
 * @param work resolves when it is done. @returns whether it was done; never rejects.
 */
export function inOrder<Item extends { readonly orderingKey: string }>(
  work: (item: Item) => Promise<void>,
  onError: (error: unknown) => void,
): (item: Item) => Promise<boolean> {
  const last = new Map<string, Promise<boolean>>()
  const attempt = async (item: Item): Promise<boolean> => {
    try {
      await work(item)
      return true
    } catch (error) {
      onError(error)
      return false
    }
  }
  return async (item) => {
    const key = item.orderingKey
    if (key === '') return attempt(item)
    const before = last.get(key)
    const mine = (async () => (await before) !== false && (await attempt(item)))()
    last.set(key, mine)
    const done = await mine
    if (last.get(key) === mine) last.delete(key)
    return done
  }
}
