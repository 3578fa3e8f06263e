/** A waiting time, in whole seconds or minutes, in a language's own words. */
export function durationIn(language: string, seconds: number): string {
  const [amount, unit] =
    seconds < 90 ? [Math.max(1, Math.ceil(seconds)), 'second'] : [Math.ceil(seconds / 60), 'minute']
  const digits = { numberingSystem: 'latn', style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(language, digits).format(amount)
}
