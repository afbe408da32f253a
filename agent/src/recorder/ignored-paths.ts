/** Paths whose requests are neither recorded nor counted. */

let ignored: RegExp | undefined

/** A star at the end of a path stands for anything. */
export function setIgnoredPaths(paths: readonly string[]): void {
  ignored = paths.length === 0 ? undefined : new RegExp(`^(?:${paths.map(patternOf).join('|')})(?:[?#]|$)`)
}

/** `url` is a path, perhaps with a query. */
export function isIgnored(url: string | undefined): boolean {
  return ignored !== undefined && url !== undefined && ignored.test(url)
}

function patternOf(path: string): string {
  const literal = path.replace(/\*$/, '').replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  return path.endsWith('*') ? `${literal}[^?#]*` : literal
}
