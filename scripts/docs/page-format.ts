/** docs/reference/pages.md: the JSON of a webhook, from the declarations in the source, word for word. */
import { readFileSync } from 'node:fs'
import { document, section } from './markdown.ts'

export function pageFormatDocument(): string {
  const introduction = [
    'What a receiver in `alerting.receivers[]` with type `webhook` gets: one JSON document by POST for each page, reminder and resolution.',
    'Members are stable; new releases only add members. `version` increases when a member is removed or changes meaning.',
  ].join('\n')
  const pageSource = read('../../collector/src/notify/page.ts')
  const eventsSource = read('../../agent/src/contract/events.ts')
  return document('Pages', introduction, [
    section('Page', typescript(declarationOf(pageSource, 'Page'))),
    section('Holder', typescript(declarationOf(eventsSource, 'Holder'))),
    section('PageHolder', typescript(declarationOf(pageSource, 'PageHolder'))),
    ...['PageService', 'PageRoute', 'PageException', 'PageStatement', 'PageUsual'].map((name) =>
      section(name, typescript(declarationOf(pageSource, name))),
    ),
    section('Change', typescript(declarationOf(pageSource, 'Change'))),
  ])
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

const typescript = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``

/** The text of an exported interface. */
export function declarationOf(source: string, name: string): string {
  return new RegExp(`^export interface ${name} [^]*?^\\}`, 'm').exec(source)?.[0] ?? ''
}
