/** What the Tab key offers, in `spyglass shell` and in the shells of the system: commands, their options, and names that the server has now. */
import type { AdminClient } from '@spyglass/process/admin-socket'
import { candidateSources } from './candidates.ts'
import type { CommandDeclaration } from './command-declaration.ts'
import { commands } from './commands.ts'
import { commandOf } from './parse.ts'

type Client = Pick<AdminClient, 'call'>

/** The completions of the last word of a line, and that word, as readline wants them. */
export async function completeLine(line: string, client: Client): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/)
  return [[...(await completions(words, client))], words.at(-1) ?? '']
}

/** What the last of the words after `spyglass` may become. One that ends with `=` wants a value. */
export async function completions(words: readonly string[], client: Client): Promise<readonly string[]> {
  const word = words.at(-1) ?? ''
  const candidates = await candidatesFor(words.slice(0, -1), word, client)
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(word)).sort()
}

async function candidatesFor(before: readonly string[], word: string, client: Client): Promise<readonly string[]> {
  const command = commandOf(before)
  if (!command) return nextWords(before)
  const given = argumentsIn(command, before.slice(command.name.split(' ').length))
  if (given === undefined) return [] // the value of an option
  const options = word.startsWith('-') ? Object.keys(command.options).map((name) => `--${name}`) : []
  if (word.startsWith('-') && !command.handsOnOptions) return options
  const source = command.completes && candidateSources[command.completes]
  const names = await source?.({ client, word, given }).catch(() => []) // completion stays silent; the command itself reports what is wrong
  return [...options, ...(names ?? [])]
}

/** What is no option; undefined where the last word is an option that the next one is the value of. */
function argumentsIn({ options, handsOnOptions }: CommandDeclaration, words: readonly string[]): readonly string[] | undefined {
  const given: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const option = word.startsWith('--') ? word.slice(2) : undefined
    if (option === undefined) given.push(word)
    else if (options[option] ? options[option].value !== undefined : handsOnOptions && !option.includes('=')) {
      if (++at >= words.length) return undefined
      if (!options[option]) given.push(`${option}=${words[at]}`)
    } else if (handsOnOptions && option.includes('=')) given.push(option)
  }
  return given
}

/** The names of commands that begin with these words: their next word. */
function nextWords(before: readonly string[]): readonly string[] {
  const names = [...commands.filter(({ isForServer }) => isForServer).map(({ name }) => name), 'help', 'exit']
  const next = names.map((name) => name.split(' ')).filter((parts) => before.every((word, i) => parts[i] === word))
  return [...new Set(next.flatMap((parts) => parts[before.length] ?? []))]
}
