/** A page for a program: as it is, or in a form of the user's own, signed if there is a key. */
import { createHmac } from 'node:crypto'
import type { Page } from '../page.ts'
import type { MessageMaker } from './message.ts'

export const webhook: MessageMaker = ({ url = '', key, template }, page, now) => {
  const body = template === undefined ? page : filled(JSON.parse(template), page)
  return [{ url, body, ...(key === undefined ? {} : { headersOf: (text) => signed(text, key, now) }) }]
}

/** The time is signed as well, so that a receiver can refuse what somebody sends again later. */
function signed(body: string, key: string, now: number): Readonly<Record<string, string>> {
  const time = Math.floor(now / 1000)
  return { 'x-spyglass-signature': `t=${time},v1=${createHmac('sha256', key).update(`${time}.${body}`).digest('hex')}` }
}

/** Only texts of the document are filled, so whatever a page says, the document stays whole. */
function filled(value: unknown, page: Page): unknown {
  if (typeof value === 'string') return value.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) => memberText(page, path))
  if (Array.isArray(value)) return value.map((one) => filled(one, page))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, page)]))
}

/** Empty where the page has no such member. */
function memberText(page: Page, path: string): string {
  let value: unknown = page
  for (const name of path.split('.'))
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
