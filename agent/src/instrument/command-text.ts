/** Texts of the commands of Redis: their names and how many arguments there are, never what these are. */

const MAX_ARGUMENTS = 9
/** Names come from the library's list, or from the application; of those no more are remembered. */
const MAX_NAMES = 500
const texts = new Map<string, string[]>()

/** `get ?`, made once for each number of arguments. */
export function commandText(name: string, argumentCount: number): string {
  const count = Math.min(argumentCount, MAX_ARGUMENTS)
  let byCount = texts.get(name)
  if (!byCount) {
    byCount = []
    if (texts.size < MAX_NAMES) texts.set(name, byCount)
  }
  return (byCount[count] ??= [name, ...Array.from({ length: count }, () => '?')].join(' '))
}
