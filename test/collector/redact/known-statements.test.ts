import { expect, test } from 'vitest'
import { RULE } from '../../../collector/src/redact/key-rules.ts'
import { KnownStatements } from '../../../collector/src/redact/known-statements.ts'

const bytesOf = (text: string): DataView => {
  const bytes = Buffer.from(text)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

test('a statement is known by its bytes, its rule and its database', () => {
  const known = new KnownStatements()
  const text = bytesOf("SELECT 'a'")
  const reading = { rule: RULE.statement, system: 'mysql' } as const
  known.add(text, 0, text.byteLength, { ...reading, safe: Buffer.from('SELECT ?') })
  const find = (view: DataView, asked: Parameters<KnownStatements['find']>[3] = reading) => known.find(view, 0, view.byteLength, asked)
  expect(find(bytesOf("SELECT 'a'"))?.safe?.toString()).toBe('SELECT ?')
  expect(find(bytesOf("SELECT 'b'"))).toBeUndefined()
  expect(find(text, { ...reading, system: 'postgresql' })).toBeUndefined()
  expect(find(text, { ...reading, rule: RULE.summary })).toBeUndefined()
})

test('a long statement takes no memory', () => {
  const known = new KnownStatements()
  const reading = { rule: RULE.statement, system: '' } as const
  for (const length of [4096, 4097]) {
    const text = bytesOf('x'.repeat(length))
    known.add(text, 0, length, { ...reading, safe: undefined })
    expect(known.find(text, 0, length, reading) === undefined, String(length)).toBe(length > 4096)
  }
})
