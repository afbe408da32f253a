/** Acts on any names: the command line's list, get, set, history, undo and diff. */
import { spyglassSettings } from '../../settings/index.ts'
import { verbRoles } from '../../admin-socket/index.ts'
import { arrayOf, exampleOf, ref, text } from '../json-schema.ts'
import { dottedSettings } from './dotted-settings.ts'
import { actOptions, actParameters, type ApiRoute, changeParameters, changeResult, type QueryParameter } from './route.ts'

const TAG = 'administration'

const pattern: QueryParameter = { schema: text, description: 'Dotted name; `*` matches any characters. Default: all.' }

const only = (query: Readonly<Record<string, unknown>>, ...names: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(names.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])))

export const actRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/names',
    tag: TAG,
    summary: 'Lists what is configured, by dotted name: sections, entries, settings and operations.',
    role: verbRoles.list,
    isChange: false,
    query: { pattern },
    result: arrayOf(ref('Listed')),
    call: ({ query }) => ({ method: 'list', params: only(query, 'pattern') }),
  },
  {
    method: 'GET',
    path: '/settings',
    tag: TAG,
    summary: 'Shows settings: their value, where it comes from, and when a new one counts.',
    role: verbRoles.get,
    isChange: false,
    query: { name: { schema: arrayOf(text), description: 'Dotted name or pattern; may be repeated. Default: all settings.' } },
    result: arrayOf(ref('SettingValue')),
    call: ({ query }) => ({ method: 'get', params: { names: query['name'] ?? ['*'] } }),
  },
  {
    method: 'PATCH',
    path: '/settings',
    tag: TAG,
    summary: 'Changes settings by their dotted names, all or none of them. `null` takes one back to what the file says, or to its default.',
    role: verbRoles.set,
    isChange: true,
    query: changeParameters,
    body: {
      schema: dottedSettings(),
      isRequired: true,
      example: { 'agent.slowStatementMs': exampleOf(spyglassSettings.agent.settings.slowStatementMs) },
    },
    result: changeResult,
    call: (input) => ({ method: 'set', params: { values: input.body, ...actOptions(input) } }),
  },
  {
    method: 'GET',
    path: '/history',
    tag: TAG,
    summary: 'Shows who changed what, when and why, oldest first.',
    role: verbRoles.history,
    isChange: false,
    query: {
      pattern,
      limit: { schema: { type: 'integer', minimum: 1, maximum: 100_000, default: 50 }, description: 'Only the last ones.' },
    },
    result: arrayOf(ref('HistoryEntry')),
    call: ({ query }) => ({ method: 'history', params: { limit: 50, ...only(query, 'pattern', 'limit') } }),
  },
  {
    method: 'POST',
    path: '/undo',
    tag: TAG,
    summary: 'Takes a change of settings back.',
    role: verbRoles.undo,
    isChange: true,
    query: {
      change: {
        schema: { type: 'integer', minimum: 1 },
        description:
          'Its number in the history. Default: the last one in force, by any user. A deployment is a change, too: its undo puts the version before it into service again.',
      },
      ...actParameters,
    },
    result: changeResult,
    call: (input) => ({ method: 'undo', params: { ...only(input.query, 'change'), ...actOptions(input) } }),
  },
  {
    method: 'GET',
    path: '/diff',
    tag: TAG,
    summary: 'Shows settings whose value differs: changed by commands, changed in the file since the start, or not in force yet.',
    role: verbRoles.diff,
    isChange: false,
    result: arrayOf(ref('Difference')),
    call: () => ({ method: 'diff', params: {} }),
  },
]
