/** The fast path from values to JSON: one compiled writer per attribute, without a tree. Requests with a path or limits use tree.ts. */
import type { OpenType } from '@spyglass/agent/contract'
import { type Builder, type Form, attributeBuilders, builderOf } from './open-values.ts'

type Writer = Builder<string>

const text: Form<string> = {
  unknown: 'null',
  leaf: (json) => json,
  array: (items) => `[${items.join(',')}]`,
  object(names) {
    const keys = names.map((name, at) => `${at === 0 ? '' : ','}${JSON.stringify(name)}:`)
    return (values) => {
      let all = '{'
      for (let at = 0; at < keys.length; at++) all += keys[at]! + values[at]!
      return `${all}}`
    }
  },
  map: (keys, values) => `{${keys.map((key, at) => `${JSON.stringify(key)}:${values[at]}`).join(',')}}`,
}

/** Compiles the writer of a type. */
export function writerOf(type: OpenType): Writer {
  return builderOf(type, text)
}

/** The writers of all attributes of a kind. */
export const writersOf = attributeBuilders(text)
