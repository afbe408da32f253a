/** Paths of the protocol: parts between slashes, `!` escapes the next character (`!/` is a slash, `!!` an exclamation mark). */

/** Splits a percent-decoded path into its parts. One leading and one trailing slash are ignored. */
export function splitPath(path: string): string[] {
  const parts: string[] = []
  let part = ''
  let index = path.startsWith('/') ? 1 : 0
  if (index === path.length) return parts
  for (; index < path.length; index++) {
    const character = path[index]
    if (character === '/') {
      parts.push(part)
      part = ''
    } else if (character === '!' && index + 1 < path.length) part += path[++index]
    else part += character
  }
  if (part !== '' || !path.endsWith('/') || path.endsWith('!/')) parts.push(part)
  return parts
}

/** A part as written in a path. */
export function escapePart(part: string): string {
  return part.replaceAll('!', '!!').replaceAll('/', '!/')
}

/** The path of these parts: `splitPath(joinPath(parts))` gives them back, unless the last one is empty. */
export function joinPath(parts: readonly string[]): string {
  return parts.map(escapePart).join('/')
}
