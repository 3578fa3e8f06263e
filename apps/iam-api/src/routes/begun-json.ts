/** A ceremony that was begun, with its time as JSON has it. */
export function toJson<T extends { readonly expiresAt: Date; readonly options: object }>({
  expiresAt,
  ...begun
}: T) {
  return { ...begun, expiresAt: expiresAt.toISOString() }
}
