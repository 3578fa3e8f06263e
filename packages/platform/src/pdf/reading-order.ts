const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u
const letter = /\p{L}/u

/**
 * A text whose words are set one after the other from the left, in the order in which they are to stand there: words that
 * are read from the right follow each other from the right. The letters inside each are turned by the font. Enough for
 * names and labels; a text that mixes directions inside a word, or runs over more than a line, is not for this.
 */
export function inReadingOrder(text: string): string {
  if (!rightToLeft.test(text)) return text
  const words = text.split(' ')
  const first = words.find((word) => letter.test(word)) ?? ''
  const runs = runsOf(words)
  const turned = runs.map(({ isTurned, words: run }) => (isTurned ? run.toReversed() : run))
  return (rightToLeft.test(first) ? turned.toReversed() : turned).flat().join(' ')
}

interface Run {
  readonly isTurned: boolean
  readonly words: string[]
}

/** Words of one direction that stand together; what has no letters goes with those before it. */
function runsOf(words: readonly string[]): Run[] {
  const runs: Run[] = []
  for (const word of words) {
    const last = runs.at(-1)
    const isTurned = letter.test(word) || last === undefined ? rightToLeft.test(word) : last.isTurned
    if (last?.isTurned === isTurned) last.words.push(word)
    else runs.push({ isTurned, words: [word] })
  }
  return runs
}
