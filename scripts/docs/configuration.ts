/** docs/reference/configuration.md, from the schema of spyglass.yaml. */
import { Secrets } from '@spyglass/process/config'
import { type DeclaredSetting, declaredSettings, type Setting } from '@spyglass/process/settings'
import { z } from 'zod'
import { code, document, section, table } from './markdown.ts'

export function configurationPage(): string {
  const groups = Map.groupBy(declaredSettings(), ({ path }) => path.split(/[.[]/)[0] ?? '')
  const single = [...groups].filter(([, settings]) => settings.length === 1).flatMap(([, settings]) => settings)
  const several = [...groups].filter(([, settings]) => settings.length > 1)
  const introduction = [
    'Settings of `spyglass.yaml`. Every setting has a default unless it is marked as required; an empty file is a valid configuration.',
    'An invalid file stops the start and lists every error: its path, the value and what is allowed.',
    '`[]` stands for each entry of a list. The column Applies says when a new value counts: at once, with the next generation of the instances',
    '(`reload`), or when the processes that read it start again (`restart`).',
  ].join('\n')
  return document('Configuration', introduction, [
    section('Top level', rows(single)),
    ...several.map(([name, settings]) => section(name, rows(settings))),
    section(
      'secrets.yaml',
      SECRETS,
      allSecrets()
        .map((path) => `- ${code(path)}`)
        .join('\n'),
    ),
  ])
}

const SECRETS =
  'In the data folder, mode 0600, created at first start with random passwords. To change a password, edit the file and restart. Only Spyglass processes use `internal.token`.'

/** Paths of everything in secrets.yaml. */
export function allSecrets(): string[] {
  return pathsOf('', z.toJSONSchema(Secrets, { io: 'input' }))
}

function pathsOf(path: string, { properties }: z.core.JSONSchema.BaseSchema): string[] {
  if (!properties) return [path]
  return Object.entries(properties).flatMap(([name, child]) =>
    pathsOf(path === '' ? name : `${path}.${name}`, child as z.core.JSONSchema.BaseSchema),
  )
}

function rows(settings: readonly DeclaredSetting[]): string {
  return table(
    ['Setting', 'Allowed', 'Default', 'Applies', 'Meaning'],
    settings.map(({ path, setting, applies }) => [
      code(path),
      allowed(setting),
      setting.required ? '**required**' : setting.default === undefined ? '' : code(JSON.stringify(setting.default)),
      applies === 'live' ? 'at once' : applies,
      setting.description,
    ]),
  )
}

function allowed(setting: Setting): string {
  switch (setting.type) {
    case 'int':
      return `a whole number, ${setting.max === undefined ? `at least ${setting.min}` : `${setting.min} to ${setting.max}`}`
    case 'choice':
      return setting.values.map(code).join(', ')
    case 'text': {
      const pattern = setting.checks?.find(({ is }) => is instanceof RegExp)?.is
      return pattern instanceof RegExp ? `text like ${code(pattern.source)}` : 'text'
    }
    default:
      return { boolean: '`true` or `false`', url: 'a URL', texts: 'a list', map: 'names with texts' }[setting.type]
  }
}
