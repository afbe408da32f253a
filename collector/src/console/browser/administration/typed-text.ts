/** Values as people type them. */
import type { Schema } from './api-document.ts'

export const isOfType = ({ type = [] }: Schema, name: string): boolean => type === name || (Array.isArray(type) && type.includes(name))

/** A value as it is typed. Secrets are never shown. */
export function textOf(value: unknown, schema: Schema): string {
  if (value === undefined || value === null || schema.writeOnly) return ''
  if (Array.isArray(value))
    return value.every((each) => typeof each === 'string' && !/[,[{]/.test(each)) ? value.join(',') : JSON.stringify(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Lists and maps stay text, which the server reads by their type. */
export function valueOf(text: string, schema: Schema): unknown {
  if (isOfType(schema, 'integer') && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (isOfType(schema, 'boolean')) return text === 'true'
  return text
}
