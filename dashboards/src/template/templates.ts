/**
 * Handlebars as we use it: no HTML escaping (its `&quot;` breaks JSON and YAML alike), strict names, and helpers that throw where
 * Handlebars would render nothing.
 */
import Handlebars from 'handlebars'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fail } from '../errors.ts'

export interface Templates {
  /** Adds a helper; it gets the positional arguments. */
  helper(name: string, fn: (...args: unknown[]) => string): void
  /** Adds a block helper; it gets the rendered content and the named arguments. */
  block(name: string, fn: (content: string, named: Readonly<Record<string, unknown>>) => string): void
  /** @throws SPY_TEMPLATE_UNREADABLE, SPY_TEMPLATE_VALUE_MISSING */
  render(file: string, values: object): string
}

const FOLDER = new URL('../../templates/', import.meta.url)

/** Creates a set of helpers, with the templates of these folders as partials, each under its name without endings. */
export function createTemplates(partialFolders: readonly string[]): Templates {
  const handlebars = Handlebars.create()
  for (const folder of partialFolders) {
    for (const file of readdirSync(new URL(`${folder}/`, FOLDER))) {
      handlebars.registerPartial(basename(file).split('.')[0] ?? file, read(`${folder}/${file}`))
    }
  }
  const templates: Templates = {
    helper: (name, fn) => handlebars.registerHelper(name, (...args: unknown[]) => fn(...args.slice(0, -1))),
    block(name, fn) {
      handlebars.registerHelper(name, function block(this: unknown, options: Handlebars.HelperOptions) {
        return fn(options.fn(this), options.hash as Record<string, unknown>)
      })
    },
    render: (file, values) => handlebars.compile(read(file), { noEscape: true, strict: true })(values),
  }
  addQuoting(templates)
  handlebars.registerHelper('default', (value: unknown, otherwise: unknown) => value ?? otherwise)
  return templates
}

function addQuoting(templates: Templates): void {
  templates.helper('json', (value) => quoted(value))
  templates.helper('env', (value) => quoted(value).replaceAll('$', '$$$$'))
}

/** JSON, which YAML reads as well. Strict mode does not cover the arguments of helpers, so this looks for itself. */
function quoted(value: unknown): string {
  if (value === undefined) throw fail('SPY_TEMPLATE_VALUE_MISSING', ['of a board or a provisioning file', 'a name'])
  return JSON.stringify(value)
}

function read(file: string): string {
  try {
    return readFileSync(new URL(file, FOLDER), 'utf8').trim()
  } catch (error) {
    throw fail('SPY_TEMPLATE_UNREADABLE', [file, String(error)], error)
  }
}
