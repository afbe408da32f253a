/** Values of settings: read from text by their type, and shown without what is secret. */
import type { List, Section, Setting, Settings } from '@spyglass/process/settings'
import { fail } from './errors.ts'
import { isTree, type Target } from './settings-tree.ts'

export const SECRET = '(secret)'

/**
 * A value as a command line gives it, by the type of its setting: `20`, `true`, `a,b` or `["a","b"]`, `A=1,B=2` or `{"A":"1"}`. A text for
 * something that it cannot be stays a text, and the schema says what is allowed.
 */
export function valueFrom(given: unknown, setting: Setting, within = false): unknown {
  if (typeof given !== 'string' || within) return given
  switch (setting.type) {
    case 'int':
      return /^-?\d{1,16}$/.test(given.trim()) ? Number(given) : given
    case 'boolean':
      return { true: true, false: false }[given] ?? given
    case 'texts':
      return jsonOr(given, (text) => (text === '' ? [] : text.split(',').map((part) => part.trim())))
    case 'map':
      return jsonOr(given, pairsOf)
    default:
      return given
  }
}

/** The values of a new entry, by their names. @throws SPY_ADMIN_NAME_UNKNOWN */
export function entryFrom(values: Readonly<Record<string, unknown>>, settings: Settings, entry: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const node = Object.hasOwn(settings, name) ? settings[name] : undefined
      if (!node) throw fail('SPY_ADMIN_NAME_UNKNOWN', [`${entry}.${name}`])
      return [name, node.type === 'section' || node.type === 'list' ? value : valueFrom(value, node)]
    }),
  )
}

function jsonOr(text: string, otherwise: (text: string) => unknown): unknown {
  if (!/^\s*[[{]/.test(text)) return otherwise(text)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function pairsOf(text: string): unknown {
  if (text === '') return {}
  const pairs = text.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1)] as const)
  return pairs.every(([name]) => name !== '') && text.includes('=') ? Object.fromEntries(pairs) : text
}

/** A value as it may be shown, logged and kept in the history. */
export function shown(value: unknown, target: Target): unknown {
  if (value === undefined) return undefined
  return target.type === 'setting' ? shownSetting(value, target.node) : shownGroup(value, target.node)
}

function shownSetting(value: unknown, { secret }: Setting): unknown {
  if (secret === true) return SECRET
  return typeof value === 'string'
    ? withoutUser(value)
    : Array.isArray(value)
      ? value.map((each) => (typeof each === 'string' ? withoutUser(each) : each))
      : value
}

function shownGroup(value: unknown, node: Section | List): unknown {
  if (Array.isArray(value)) return value.map((entry) => shownGroup(entry, node))
  if (!isTree(value)) return SECRET // not what the section holds: it may be anything
  return Object.fromEntries(
    Object.entries(value).map(([name, inside]) => {
      const child = Object.hasOwn(node.settings, name) ? node.settings[name] : undefined
      if (!child) return [name, SECRET]
      return [name, child.type === 'section' || child.type === 'list' ? shownGroup(inside, child) : shownSetting(inside, child)]
    }),
  )
}

/** User and password in a URL. */
const withoutUser = (text: string): string => text.replace(/\/\/[^/@]*@/g, `//${SECRET}@`)
