/** What the pages for users show as commands and as configuration is what the command line and the server accept. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkedSettings, type Settings } from '@spyglass/process/config'
import { declaredSettings } from '@spyglass/process/settings'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { commandOf, parseCommand } from '../../runtime/src/cli/parse.ts'
import { ROOT } from '../support/sources.ts'

const howTo = readdirSync(join(ROOT, 'docs/how-to')).map((name) => `docs/how-to/${name}`)
const pages = ['README.md', 'docs/tutorial.md', 'docs/programs.md', 'docs/databases.md', 'docs/otlp.md', ...howTo]
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

interface Block {
  readonly page: string
  readonly language: string
  readonly text: string
}

const blocks: Block[] = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm)].map(([, language = '', text = '']) => ({ page, language, text })),
)

const groups = new Set(declaredSettings().map(({ path }) => path.replaceAll('[]', '').split('.')[0]!))
const isOurs = (content: unknown): content is Settings =>
  typeof content === 'object' && content !== null && !Array.isArray(content) && Object.keys(content).every((key) => groups.has(key))

const configurations = blocks
  .filter(({ language, text }) => language === 'yaml' && !text.includes('encrypted:v1:')) // a cut value, which no key decrypts
  .map(({ page, text }) => ({ page, text, content: parseAllDocuments(text)[0]!.toJS() as unknown }))
  .filter(({ content }) => isOurs(content))

test('there are such blocks', () => expect(configurations.length).toBeGreaterThan(15))

test.each(configurations)('the configuration on $page is accepted: $text', ({ page, content }) => {
  const given = content as Settings
  expect(() => checkedSettings(given, { origin: page, from: '/' })).not.toThrow()
})

/** The words of a command line after `spyglass`, up to a pipe, a redirection, a comment or the end of a substitution. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [word, quoted] of line.matchAll(/(?:'([^']*)'|"[^"]*"|[^\s'"])+/g)) {
    if (/^(\||>|<|#|&&|;|→)/.test(word)) break
    const ends = quoted === undefined && /[)`]$/.test(word)
    words.push(word.replaceAll(/['"]/g, '').replace(/[)`]+$/, ''))
    if (ends) break
  }
  return words
}

const callOf = (line: string): string | undefined =>
  /(?:^|[\s($→]|npm run (?:--silent )?)spyglass (?:-- )?((?:[a-z]|--help).*)$/.exec(line.replace(/^\$ /, ''))?.[1]

const calls = blocks
  .filter(({ language }) => ['', 'sh'].includes(language))
  .flatMap(({ page, text }) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .filter((line) => !/npm install|useradd|chown|\.service|systemctl/.test(line))
      .flatMap((line) => {
        const call = callOf(line)
        return call === undefined ? [] : [{ page, call }]
      }),
  )

test('there are such commands', () => expect(calls.length).toBeGreaterThan(30))

test.each(calls)('on $page: spyglass $call', ({ call }) => {
  expect(() => parseCommand(wordsOf(call))).not.toThrow()
})

test.each(pages)('the commands that the text of %s names exist, and so do their options', (page) => {
  const prose = textOf(page).replaceAll(/^ *```[^]*?^ *```$/gm, '')
  const wrong = [...prose.matchAll(/`(?:npx )?spyglass ([^`]+)`/g)].flatMap(([, call = '']) => {
    const words = wordsOf(call.replace(/^-- /, ''))
    const command = commandOf(words)
    if (!command) return [`${call}: no such command`]
    const options = words.flatMap((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? [])
    const unknown = command.handsOnOptions ? [] : options.filter((option) => !Object.hasOwn(command.options, option))
    return unknown.map((option) => `${call}: no option --${option}`)
  })
  expect(wrong).toEqual([])
})

test('a mistake in a block is found', () => {
  expect(() => checkedSettings({ listeners: [{ name: 'http', porrt: 1 }] }, { origin: 'x', from: '/' })).toThrow('unknown setting')
  expect(() => parseCommand(wordsOf('deploy ./shop --pathh /x # comment'))).toThrow(/pathh/)
  expect(wordsOf("get 'instance.*.state' datasources.shop | cut -d= -f2")).toEqual(['get', 'instance.*.state', 'datasources.shop'])
})
