/** Whose a line of the server log is. */

/** Lines of a process, or of the instances of an application: `shop` also means `shop-1`. Lines that are not JSON belong to nobody known. */
export function lineFilter(name: string): (line: string) => boolean {
  const isProcess = new RegExp(`^${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(-\\d+)?$`)
  return (line) => {
    return isProcess.test(fieldOf(line, 'process') ?? '') || fieldOf(line, 'application') === name || fieldOf(line, 'part') === name
  }
}

/** A text field of a JSON line. The whole line is not parsed: a log may have millions. */
function fieldOf(line: string, field: string): string | undefined {
  return new RegExp(`"${field}":"([^"\\\\]*)"`).exec(line)?.[1]
}
