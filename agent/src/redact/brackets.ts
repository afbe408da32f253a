/** Index after the bracket that closes the one at `open`, of whatever kind; the end of the text if none does. Brackets in quotes do not count. */
export function endOfBrackets(text: string, open: number): number {
  let depth = 0
  let quote = ''
  for (let at = open; at < text.length; at++) {
    const char = text[at] as string
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'" || char === '`') quote = char
    else if (OPENS.has(char)) depth++
    else if (CLOSES.has(char) && --depth === 0) return at + 1
  }
  return text.length
}

const OPENS = new Set('[{(')
const CLOSES = new Set(']})')
