/** The shapes of requests and answers of administration, and of all groups of settings, as components of the OpenAPI document. */
import { arrayOf, groupSchema, type JsonSchema, objectOf, ref, text } from './json-schema.ts'
import { places } from './routes/index.ts'

const any: JsonSchema = {}
const changeNumber: JsonSchema = { type: 'integer', description: 'Number in the history.' }
const applies: JsonSchema = { type: 'string', enum: ['live', 'reload', 'restart'], description: 'When a new value counts.' }
const milliseconds: JsonSchema = { type: 'integer', format: 'int64', description: 'Milliseconds since the epoch.' }

const answers: Readonly<Record<string, JsonSchema>> = {
  Listed: objectOf({ name: text, type: { type: 'string', enum: ['section', 'entry', 'setting', 'operation'] }, description: text }),
  SettingValue: objectOf(
    {
      name: text,
      value: { description: 'Absent: not set, and there is no default. That of a secret is `(secret)`.' },
      source: { type: 'string', enum: ['default', 'file', 'command line', 'change'], description: 'Each wins over those before it.' },
      applies,
      secret: { type: 'boolean' },
      unit: { ...text, description: 'UCUM unit.' },
      description: text,
      change: changeNumber,
    },
    ['value', 'unit', 'change'],
  ),
  SettingChange: objectOf({ name: text, before: any, after: any, applies }, ['before', 'after']),
  ChangeResult: objectOf(
    {
      change: { ...changeNumber, description: 'Number in the history. Absent: a dry run, or nothing changed.' },
      changed: arrayOf(ref('SettingChange')),
      needs: objectOf({
        live: { ...arrayOf(text), description: 'Settings that count already.' },
        reload: { ...arrayOf(text), description: 'Instances that the server now reloads, one after the other.' },
        start: { ...arrayOf(text), description: 'Instances that the change adds, which the server now starts.' },
        stop: { ...arrayOf(text), description: 'Instances that the change takes away, which the server now stops.' },
        restart: { ...arrayOf(text), description: 'Processes that have the change after a restart; `server` means all of them.' },
      }),
      takesBack: {
        ...objectOf({ change: changeNumber, time: milliseconds, actor: text, verb: text, names: arrayOf(text), reason: text }, ['reason']),
        description: 'Of an undo: the change that it takes back.',
      },
    },
    ['change', 'takesBack'],
  ),
  HistoryEntry: objectOf(
    {
      change: changeNumber,
      time: milliseconds,
      actor: text,
      verb: { type: 'string', enum: ['set', 'create', 'delete', 'invoke', 'undo', 'expire'] },
      names: arrayOf(text),
      changed: arrayOf(ref('SettingChange')),
      reason: text,
      until: milliseconds,
      undoes: changeNumber,
      arguments: { type: 'object' },
      result: text,
      failed: { type: 'boolean' },
    },
    ['reason', 'until', 'undoes', 'arguments', 'result', 'failed'],
  ),
  Difference: objectOf(
    {
      name: text,
      file: { description: 'In spyglass.yaml as it is now.' },
      started: { description: 'In spyglass.yaml as it was when the server started.' },
      desired: { description: 'With the changes that commands made.' },
      because: arrayOf({ type: 'string', enum: ['file', 'change', 'pending'] }),
      change: changeNumber,
    },
    ['file', 'started', 'desired', 'change'],
  ),
  Problem: {
    ...objectOf(
      {
        type: { ...text, const: 'about:blank' },
        title: text,
        status: { type: 'integer' },
        detail: text,
        code: { ...text, description: 'Stable; programs compare it, never the text.', pattern: '^SPY_' },
      },
      [],
    ),
    description: 'What is wrong (RFC 9457).',
  },
}

/** All of them by name. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const groups = places().map(({ group, schema }): [string, JsonSchema] => [schema, groupSchema(schema, group)])
  return { ...answers, ...Object.fromEntries(groups) }
}
