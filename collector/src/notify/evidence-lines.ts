/** The evidence of a page in lines: how bad it is, who holds what, what failed. */
import { type Language, type Words, wordsOf } from '../words/index.ts'
import type { Page, PageHolder, PageService, PageUsual } from './page.ts'

const MAX_EACH = 5

export function evidenceLines({ language, usual, holders, service }: Pick<Page, 'language' | 'usual' | 'holders' | 'service'>): string[] {
  const words = wordsOf(language)
  return [
    ...(usual ? [usualLine(usual, words)] : []),
    ...holders.map((holder) => holderLine(holder, language)),
    ...(service ? serviceLines(service, words) : []),
  ]
}

export function holderLine({ session, ...holder }: PageHolder, language?: Language): string {
  return wordsOf(language).holder({ ...holder, blockers: session?.blockers ?? [] })
}

function usualLine({ what, unit, now, usual, limit }: PageUsual, words: Words): string {
  const [usually, present, most] = [usual, now, limit].map((number) => (number === undefined ? undefined : shown(number, unit)))
  return words.usual({ what: named(what, words.measures), now: present, usual: usually ?? '', limit: most })
}

/** The attribute of a metric has no other name. */
const named = (what: string, measures: Words['measures']): string =>
  Object.hasOwn(measures, what) ? measures[what as keyof Words['measures']] : what

function serviceLines({ routes, exceptions, statements }: PageService, words: Words): string[] {
  return [
    ...routes.slice(0, MAX_EACH).map(({ p95Ms, ...route }) => words.route({ ...route, p95: shown(p95Ms, 'ms') })),
    ...exceptions.slice(0, MAX_EACH).map((one) => words.exception(one)),
    ...statements.slice(0, MAX_EACH).map((one) => words.statement(one)),
  ]
}

/** In the unit that people read: `340 ms`, `5.5 %`, `12.5 MiB`. */
export function shown(number: number, unit: string): string {
  const round = (value: number): string => String(Math.round(value * 10) / 10)
  if (unit === '1') return `${round(number * 100)} %`
  if (unit === 's') return number < 1 ? `${round(number * 1000)} ms` : `${round(number)} s`
  if (unit === 'By') return `${round(number / 1024 ** 2)} MiB`
  return unit === 'ms' ? `${round(number)} ms` : round(number)
}
