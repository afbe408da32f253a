/** The program behind `scripts.start` of a package.json, which is started without a shell and without npm. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { messageOf } from '@spyglass/agent/contract'
import { fail } from '../errors.ts'

export interface StartScript {
  /** Absolute path of the program. */
  readonly file: string
  readonly args: readonly string[]
  /** Modules that are loaded before it: `--import`, `--require`. */
  readonly imports: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Options of Node that a program which is already running can no longer be given. */
  readonly unapplied?: readonly string[]
  /** The program is a Fastify plugin: `fastify start FILE`. */
  readonly isFastifyPlugin?: boolean
}

/** Node's options that are followed by a value of their own, if it is not part of the same word. */
const WITH_VALUE = new Set([
  '--import',
  '--require',
  '-r',
  '--env-file',
  '--env-file-if-exists',
  '-C',
  '--conditions',
  '--title',
  '--loader',
])
const LOADS = /^(--import|--require|-r)$/
const READS = /^--env-file(-if-exists)?$/
/** Node's options that make no difference to what the program does here. */
const NEEDLESS = /^--(no-warnings|trace-|watch|inspect|experimental-strip-types|no-deprecation|disable-warning)/
/** Commands that start the program in a process of their own, with what has to be loaded to do the same here. */
const RUNNERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tsx', ['tsx']],
  ['ts-node', ['ts-node/register']],
])
const OPERATOR = /[|&;<>`]|\$\(/

/**
 * Undefined when the script is not one program of Node (a shell's list of commands, or a tool that starts another process), or not one that
 * `isWanted`; its files are read only then.
 * @throws SPY_APPLICATION_ENV_FILE
 */
export function parseStartScript(
  folder: string,
  script: string,
  isWanted: (file: string) => boolean = () => true,
): StartScript | undefined {
  if (OPERATOR.test(script)) return undefined
  const words = wordsOf(script)
  const environment: Record<string, string> = {}
  if (words[0] === 'cross-env') words.shift()
  for (let pair = assignment(words[0]); pair; pair = assignment(words[0])) {
    environment[pair[0]] = pair[1]
    words.shift()
  }
  const [command = '', ...rest] = words
  const program = programOf(folder, command, rest)
  if (!program || !isWanted(program.file)) return undefined
  const { environmentFiles, ...found } = program
  const fromFiles = Object.fromEntries(environmentFiles.flatMap((file) => Object.entries(environmentFile(file))))
  return { ...found, environment: { ...fromFiles, ...environment } }
}

interface EnvironmentFile {
  readonly path: string
  readonly option: string
}

type Found = Omit<StartScript, 'environment'> & { readonly environmentFiles: readonly EnvironmentFile[] }

function programOf(folder: string, command: string, words: readonly string[]): Found | undefined {
  if (command === 'node') return underNode(folder, words, [])
  const imports = RUNNERS.get(command)
  if (imports) return underNode(folder, words[0] === 'watch' ? words.slice(1) : words, imports)
  if (command === 'fastify' && words[0] === 'start') return fastifyPlugin(folder, words.slice(1))
  const file = binOf(folder, command)
  return file === undefined ? undefined : { file, args: words, imports: [], environmentFiles: [] }
}

function underNode(folder: string, words: readonly string[], before: readonly string[]): Found | undefined {
  const imports = [...before]
  const environmentFiles: EnvironmentFile[] = []
  const unapplied: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (!word.startsWith('-')) {
      const file = existingFile(folder, word)
      if (file === undefined) return undefined
      return { file, args: words.slice(at + 1), imports, environmentFiles, ...(unapplied.length > 0 ? { unapplied } : {}) }
    }
    const equals = word.indexOf('=')
    const option = equals < 0 ? word : word.slice(0, equals)
    const value = equals < 0 ? (WITH_VALUE.has(option) ? (words[++at] ?? '') : '') : word.slice(equals + 1)
    if (LOADS.test(option)) imports.push(value)
    else if (READS.test(option)) environmentFiles.push({ path: resolve(folder, value), option })
    else if (!NEEDLESS.test(option)) unapplied.push(value === '' ? option : `${option}=${value}`)
  }
  return undefined
}

/** As Node reads it: https://nodejs.org/api/cli.html#--env-filefile */
function environmentFile({ path, option }: EnvironmentFile): Record<string, string> {
  if (option.endsWith('-if-exists') && !existsSync(path)) return {}
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
  } catch (error) {
    throw fail('SPY_APPLICATION_ENV_FILE', [path, messageOf(error)], error)
  }
}

/** Options of fastify-cli may stand before the file; the file is the last word that is one. */
function fastifyPlugin(folder: string, words: readonly string[]): Found | undefined {
  const file = words.map((word) => (word.startsWith('-') ? undefined : existingFile(folder, word))).findLast((path) => path !== undefined)
  return file === undefined ? undefined : { file, args: [], imports: [], environmentFiles: [], isFastifyPlugin: true }
}

/** A program of a package: npm links it under node_modules/.bin. Those that start another process are of no use here. */
function binOf(folder: string, command: string): string | undefined {
  if (STARTS_ANOTHER.has(command)) return undefined
  const file = join(folder, 'node_modules/.bin', command)
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
  return /^#!.*\bnode\b/.test(readFileSync(file, 'utf8').slice(0, 100)) ? file : undefined
}

const STARTS_ANOTHER = new Set([
  'nest',
  'nodemon',
  'pm2',
  'pm2-runtime',
  'concurrently',
  'npm-run-all',
  'ts-node-dev',
  'dotenv',
  'dotenvx',
  'env-cmd',
  'forever',
  'npm-run-all2',
  'run-s',
  'run-p',
  'wattpm',
  'turbo',
  'nx',
])

const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '/index.js']

function existingFile(folder: string, name: string): string | undefined {
  return ENDINGS.map((ending) => resolve(folder, name + ending)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

function assignment(word: string | undefined): [string, string] | undefined {
  const found = /^([A-Za-z_]\w*)=(.*)$/s.exec(word ?? '')
  return found ? [found[1] ?? '', found[2] ?? ''] : undefined
}

/** Splits as a shell does where nothing is expanded: quotes hold words together. */
function wordsOf(script: string): string[] {
  return [...script.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}
