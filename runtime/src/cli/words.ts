/** Splits a line of `spyglass shell` into words, with quotes and backslashes as in a POSIX shell; nothing is expanded. */
import { fail } from '../errors.ts'

const WORD = /(?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S])+/y
const PIECE = /'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^'"\\]+/g

/**
 * The words of a line; none for an empty one or a comment (`#` where a word would begin).
 * @throws SPY_ARGUMENT_UNKNOWN for a quote that is not closed
 */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = []
  for (let at = skipBlanks(line, 0); at < line.length && line[at] !== '#'; at = skipBlanks(line, at)) {
    WORD.lastIndex = at
    const word = WORD.exec(line)?.[0]
    const end = at + (word?.length ?? 0)
    if (word === undefined || /\S/.test(line[end] ?? ' ')) throw fail('SPY_ARGUMENT_UNKNOWN', [`A quote is not closed: ${line.slice(at)}`])
    words.push(unquoted(word))
    at = end
  }
  return words
}

function unquoted(word: string): string {
  return word.replaceAll(PIECE, (piece) => {
    if (piece.startsWith("'")) return piece.slice(1, -1)
    if (piece.startsWith('"')) return piece.slice(1, -1).replaceAll(/\\([\\"$`])/g, '$1')
    return piece.startsWith('\\') ? piece.slice(1) : piece
  })
}

function skipBlanks(line: string, from: number): number {
  let at = from
  while (at < line.length && /\s/.test(line[at] ?? '')) at++
  return at
}
