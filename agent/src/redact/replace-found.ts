/** The one loop that copies a text around its secrets. */

/** A place in a text, and what stands there instead. */
export interface Replacement {
  readonly start: number
  readonly end: number
  readonly by: string
}

/**
 * The text with one replacement for each match of `form`; without one, the match stays. The search goes on behind the replacement, so a text
 * is read once. `form` is global.
 */
export function replaceFound(text: string, form: RegExp, replacementOf: (found: RegExpExecArray) => Replacement | undefined): string {
  let result = ''
  let from = 0
  form.lastIndex = 0
  for (let found = form.exec(text); found; found = form.exec(text)) {
    const replacement = replacementOf(found)
    if (replacement === undefined) continue
    result += text.slice(from, replacement.start) + replacement.by
    from = replacement.end
    form.lastIndex = Math.max(from, found.index + 1)
  }
  return from === 0 ? text : result + text.slice(from)
}

/** Index of the next line break, or of the end of the text. */
export function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
