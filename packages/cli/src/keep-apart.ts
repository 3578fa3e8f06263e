/**
 * The arguments with thumbprints that begin with a dash behind `--`, where they are not taken for options: one key in
 * sixty-four has such an id.
 */
export function keepApart(args: readonly string[]): string[] {
  const isThumbprint = (arg: string) => /^-[\w-]{42}$/.test(arg)
  const apart = args.filter(isThumbprint)
  const others = args.filter((arg) => !isThumbprint(arg))
  return apart.length === 0 ? others : [...others, '--', ...apart]
}
