/** One input, made from the schema of a value. Lists and maps are typed as on the command line: `a,b` or JSON, `A=1,B=2` or JSON. */
import { h } from '../dom.ts'
import type { Schema } from './api-document.ts'
import { isOfType, textOf, valueOf } from './typed-text.ts'

export interface Field {
  readonly element: HTMLElement
  /** What is to be sent; undefined when nobody changed it. `null` takes a setting back. */
  value(): unknown
}

type Input = HTMLInputElement | HTMLSelectElement

export interface FieldOptions {
  readonly label: string
  readonly schema: Schema
  /** As it is now. */
  readonly present?: unknown
  /** Whether it may be left empty. */
  readonly isOptional?: boolean
}

export function createField(options: FieldOptions): Field {
  const { schema } = options
  const input = inputOf(options)
  const before = textOf(options.present, schema)
  return {
    element: input,
    value() {
      if (input.value === before) return undefined
      return input.value === '' ? null : valueOf(input.value, schema)
    },
  }
}

function inputOf({ label, schema, present, isOptional = false }: FieldOptions): Input {
  const shown = textOf(present, schema)
  const choices = choicesOf(schema)
  if (choices) {
    const empty = isOptional || shown === '' ? [''] : []
    const options = [...empty, ...choices].map((choice) =>
      h('option', { value: choice, selected: choice === shown }, choice || '(not set)'),
    )
    return h('select', { 'aria-label': label }, options)
  }
  const isNumber = isOfType(schema, 'integer') && !isOfType(schema, 'string')
  const input = h('input', {
    'aria-label': label,
    type: schema.writeOnly ? 'password' : isNumber ? 'number' : 'text',
    ...(isNumber ? { min: schema.minimum, max: schema.maximum, step: 1 } : {}),
    placeholder: schema.writeOnly ? 'not shown' : placeholderOf(schema),
    value: shown,
    autocomplete: schema.writeOnly ? 'new-password' : 'off',
    spellcheck: 'false',
  })
  return input
}

function choicesOf(schema: Schema): readonly string[] | undefined {
  if (schema.enum) return schema.enum.filter((value) => value !== null)
  return isOfType(schema, 'boolean') ? ['true', 'false'] : undefined
}

function placeholderOf(schema: Schema): string {
  if (isOfType(schema, 'array')) return 'a,b'
  return isOfType(schema, 'object') ? 'A=1,B=2 or JSON' : ''
}
