/** What the Tab key offers in `spyglass shell`: commands, their options, and names that the server has now. */
import type { Answers } from '../administration/index.ts'
import type { AdminClient } from '@spyglass/process/admin-socket'
import { commands } from './commands.ts'
import { commandOf } from './parse.ts'

/** The completions of the last word, and that word, as readline wants them. */
export async function completeLine(line: string, client: Pick<AdminClient, 'call'>): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/)
  const word = words.at(-1) ?? ''
  const candidates = await candidatesFor(words.slice(0, -1), word, client)
  const found = candidates.filter((candidate) => candidate.startsWith(word)).sort()
  return [found, word]
}

async function candidatesFor(before: readonly string[], word: string, client: Pick<AdminClient, 'call'>): Promise<readonly string[]> {
  const command = commandOf(before)
  if (!command) return nextWords(before)
  if (word.startsWith('-')) return Object.keys(command.options).map((name) => `--${name}`)
  if (command.completes === 'names' || command.completes === 'settings' || command.completes === 'operations')
    return namesWithPrefix(client, word).catch(() => []) // completion stays silent; the command itself reports what is wrong
  return []
}

/** The names of commands that begin with these words: their next word. */
function nextWords(before: readonly string[]): readonly string[] {
  const names = [...commands.filter(({ isForServer }) => isForServer).map(({ name }) => name), 'help', 'exit']
  const next = names.map((name) => name.split(' ')).filter((parts) => before.every((word, i) => parts[i] === word))
  return [...new Set(next.flatMap((parts) => parts[before.length] ?? []))]
}

/** Names of resources, of attributes where the prefix goes on after a resource, and of what is configured. */
export async function namesWithPrefix(client: Pick<AdminClient, 'call'>, prefix: string): Promise<readonly string[]> {
  const [live, configured] = await Promise.all([
    client.call('names', { prefix }) as Promise<readonly string[]>,
    client.call('list', { pattern: `${prefix}*` }) as Promise<Answers['list']>,
  ])
  return [...new Set([...live, ...configured.map(({ name }) => name)])].sort()
}
