/** The token with its last character but one another: never the same token, and not only in spare bits. */
export function altered(token: string): string {
  const other = token.at(-2) === 'A' ? 'B' : 'A'
  return `${token.slice(0, -2)}${other}${token.slice(-1)}`
}
